/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/schema.h"

#include <string.h>

#include "log/keys.h"
#include "log/log.h"
#include "log/text.h"
#include "policy/policy.h"
#include "util/json.h"
#include "util/memory.h"

/* Which events have a key. */
enum scope { EVERY, DECISIONS, TASKS };

/* Keys that the core gives to events. */
static const struct core_key {
	enum log_key key;
	bool text;
	bool required;
	enum scope scope;
	const char *meaning;
} core_keys[] = {
	{ LOG_KEY_OPERATION, true, true, DECISIONS, "the kernel's own wording of the operation, or its name" },
	{ LOG_KEY_OP, true, false, DECISIONS, "the operation's name in block and allow" },
	{ LOG_KEY_TGID, false, true, TASKS, "process, in the initial pid namespace" },
	{ LOG_KEY_PID, false, true, TASKS, "thread, in the initial pid namespace" },
	{ LOG_KEY_PPID, false, true, TASKS, "parent process, in the initial pid namespace" },
	{ LOG_KEY_UID, false, true, TASKS, "real user id, in the initial user namespace" },
	{ LOG_KEY_CGROUPID, false, true, TASKS, "inode number of the directory of the task's cgroup" },
	{ LOG_KEY_COMM, true, true, TASKS, "name of the thread; not trusted" },
	{ LOG_KEY_PCOMM, true, true, TASKS, "name of the parent; not trusted" },
	{ LOG_KEY_TRUNCATED, true, false, EVERY, "names of the fields that were cut, separated by commas" },
	{ LOG_KEY_COUNT, false, false, DECISIONS, "number of decisions that the line stands for" },
	{ LOG_KEY_COMMS, true, false, DECISIONS, "several: the decisions differ in comm, or in a field that is a key" },
	{ LOG_KEY_AGAIN, true, false, EVERY, "yes: the line may be there twice, because a daemon was killed" },
	{ LOG_KEY_GRANT, false, false, DECISIONS, "number of the grant that allowed it" },
	{ LOG_KEY_LOGINUID, false, false, TASKS, "who has logged in" },
	{ LOG_KEY_UNIT, true, false, TASKS, "systemd service or scope of the task" },
	{ LOG_KEY_CONTAINER, true, false, TASKS, "id of the task's container" },
	{ LOG_KEY_ORIGIN, true, false, DECISIONS, "file and line, variable or option that the rule comes from" },
};

static struct json_object *new_type(const char *type, const char *description)
{
	struct json_object *schema = json_new();

	json_add_text(schema, "type", type);
	json_add_text(schema, "description", description);
	return schema;
}

/* `bound` is "minimum" or "maximum": of 0. */
static struct json_object *new_integer(const char *bound, const char *description)
{
	struct json_object *schema = new_type("integer", description);

	json_add_uint(schema, bound, 0);
	return schema;
}

static struct json_object *new_constant(const char *text)
{
	struct json_object *schema = json_new();

	json_add_text(schema, "const", text);
	return schema;
}

static struct json_object *new_level(void)
{
	struct json_object *schema = json_new(), *levels = json_new_list();

	for (enum log_level level = LOG_LEVEL_INFO; level <= LOG_LEVEL_ERROR; level++)
		json_append(levels, json_text(log_level_name(level)));
	json_add(schema, "enum", levels);
	return schema;
}

/* A number that has no name is logged as a number. */
static struct json_object *new_named(const struct bpflock_field *field)
{
	const struct bpflock_value *values = field->values.rows;
	struct json_object *schema = json_new(), *either = json_new_list(), *names = json_new_list();
	struct json_object *name = json_new();

	for (__u32 i = 0; i < field->values.count; i++)
		json_append(names, json_text(values[i].name));
	json_add(name, "enum", names);
	json_append(either, name);
	json_append(either, new_integer("minimum", NULL));
	json_add(schema, "anyOf", either);
	json_add_text(schema, "description", field->summary);
	return schema;
}

static struct json_object *new_texts(const char *description)
{
	struct json_object *schema = new_type("array", description);

	json_add(schema, "items", new_type("string", NULL));
	return schema;
}

static struct json_object *new_formatted(const char *format, const char *description)
{
	struct json_object *schema = new_type("string", description);

	json_add_text(schema, "format", format);
	return schema;
}

static struct json_object *new_ip6(const char *description)
{
	struct json_object *schema = json_new(), *either = json_new_list();

	json_append(either, new_formatted("ipv6", NULL));
	json_append(either, new_formatted("ipv4", NULL));
	json_add(schema, "anyOf", either);
	json_add_text(schema, "description", description);
	return schema;
}

static struct json_object *new_mac(const char *description)
{
	struct json_object *schema = new_type("string", description);

	json_add_text(schema, "pattern", "^([0-9a-f]{2}:){5}[0-9a-f]{2}$");
	return schema;
}

static struct json_object *new_field(const struct bpflock_field *field)
{
	switch (field->type) {
	case BPFLOCK_FIELD_UINT:
	case BPFLOCK_FIELD_HEX:
	case BPFLOCK_FIELD_MODE:
	case BPFLOCK_FIELD_UID:
		return new_integer("minimum", field->summary);
	case BPFLOCK_FIELD_INT:
		return new_type("integer", field->summary);
	case BPFLOCK_FIELD_ERRNO:
		return new_integer("maximum", field->summary);
	case BPFLOCK_FIELD_ENUM:
		return new_named(field);
	case BPFLOCK_FIELD_STRV:
		return new_texts(field->summary);
	case BPFLOCK_FIELD_IP4:
		return new_formatted("ipv4", field->summary);
	case BPFLOCK_FIELD_IP6:
		return new_ip6(field->summary);
	case BPFLOCK_FIELD_MAC:
		return new_mac(field->summary);
	case BPFLOCK_FIELD_TIME:
		return new_formatted("date-time", field->summary);
	default:
		return new_type("string", field->summary);
	}
}

/* Every verdict with every rule that can give it. The rules behind the last one here have the texts of baseline. */
static struct json_object *new_reason(void)
{
	struct json_object *schema = json_new(), *reasons = json_new_list();

	for (__u32 rule = 0; rule <= BPFLOCK_RULE_GRANT; rule++)
		for (__u32 verdict = 0; verdict < BPFLOCK_VERDICTS; verdict++)
			if (policy_reason(rule, verdict))
				json_append(reasons, json_text(policy_reason(rule, verdict)));
	json_add(schema, "enum", reasons);
	json_add_text(schema, "description", "the verdict and, in brackets, the rule that decided");
	return schema;
}

/**
 * struct line - the schema of one kind of line that is being made
 */
struct line {
	struct json_object *properties;
	struct json_object *required;
};

static void add(struct line *line, const char *key, struct json_object *schema, bool required)
{
	json_add(line->properties, key, schema);
	if (required)
		json_append(line->required, json_text(key));
}

static bool has_key(const struct core_key *key, const struct bpflock_event_type *type)
{
	switch (key->scope) {
	case DECISIONS:
		return type->flags & BPFLOCK_EVENT_DECISION;
	case TASKS:
		return !(type->flags & BPFLOCK_EVENT_NO_TASK);
	default:
		return true;
	}
}

static void add_core_keys(struct line *line, const struct bpflock_event_type *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(core_keys); i++) {
		const struct core_key *row = &core_keys[i];

		if (has_key(row, type))
			add(line, log_keys[row->key],
			    row->text ? new_type("string", row->meaning) : new_integer("minimum", row->meaning),
			    row->required);
	}
	if (!(type->flags & BPFLOCK_EVENT_DECISION))
		return;
	add(line, "retval", new_integer("maximum", "0, or the negative errno of a denial"), true);
	add(line, log_keys[LOG_KEY_REASON], new_reason(), true);
}

static struct json_object *end(const struct line *line, const char *title)
{
	struct json_object *schema = new_type("object", NULL);

	json_add_text(schema, "title", title);
	json_add(schema, "properties", line->properties);
	json_add(schema, "required", line->required);
	return schema;
}

static struct line begin(const char *subsys, struct json_object *event, struct json_object *level)
{
	struct line line = { json_new(), json_new_list() };

	add(&line, log_keys[LOG_KEY_SUBSYS], new_constant(subsys), true);
	add(&line, log_keys[LOG_KEY_EVENT], event, true);
	add(&line, log_keys[LOG_KEY_TIME], new_formatted("date-time", "when it happened"), true);
	add(&line, log_keys[LOG_KEY_LEVEL], level, true);
	return line;
}

/* A record may be too short for a field, so none is required. */
static struct json_object *new_event(const struct plugin *plugin, const struct bpflock_event_type *type)
{
	struct line line = begin("bpf", new_constant(type->name), new_constant("info"));
	const struct bpflock_field *fields = type->fields.rows;
	struct json_object *schema;

	add(&line, log_keys[LOG_KEY_BPFPROG], new_constant(plugin->name), true);
	add_core_keys(&line, type);
	for (__u32 i = 0; i < type->fields.count; i++)
		add(&line, fields[i].name, new_field(&fields[i]), false);
	schema = end(&line, type->summary);
	json_add_bool(schema, "additionalProperties", false);
	return schema;
}

static struct json_object *new_daemon_line(void)
{
	struct line line = begin("bpflock", new_type("string", "see docs/log.md"), new_level());

	return end(&line, "a line of the daemon itself");
}

struct json_object *schema_of_log(const struct plugins *plugins)
{
	struct json_object *schema = json_new(), *lines = json_new_list();

	json_append(lines, new_daemon_line());
	for (size_t i = 0; i < plugins->count; i++) {
		const struct plugin *plugin = &plugins->items[i];
		const struct bpflock_event_type *events = plugin->descriptor.events.rows;

		for (__u32 event = 0; !plugin->refusal && event < plugin->descriptor.events.count; event++)
			json_append(lines, new_event(plugin, &events[event]));
	}
	json_add_text(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_add_text(schema, "title", "a line of the log of bpflock, with log_format = json");
	json_add(schema, "oneOf", lines);
	return schema;
}
