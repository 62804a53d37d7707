/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/describe.h"

#include <stdint.h>
#include <string.h>

#include "config/config.h"
#include "daemon/options.h"
#include "loader/loader.h"
#include "policy/policy.h"
#include "util/json.h"
#include "util/memory.h"

const char *describe_kind(const struct plugin *plugin)
{
	if (plugin_is_guard(plugin))
		return "guard";
	return plugin_is_enforcer(plugin) ? "enforcer" : "observer";
}

static const char *type_name(const struct bpflock_option *option)
{
	static const char *const names[] = {
		[BPFLOCK_OPTION_BOOL] = "yes | no",
		[BPFLOCK_OPTION_UINT] = "number",
		[BPFLOCK_OPTION_SIZE] = "size: 4096, 64K, 1M",
		[BPFLOCK_OPTION_DURATION] = "duration: 500ms, 10s, 0",
		[BPFLOCK_OPTION_CHOICE] = "one of",
		[BPFLOCK_OPTION_STRING] = "text",
		[BPFLOCK_OPTION_CGROUP] = "path of a cgroup",
		[BPFLOCK_OPTION_CIDR] = "network or address: 10.0.0.0/8",
		[BPFLOCK_OPTION_PORTS] = "port or range: 443, 1024-65535",
		[BPFLOCK_OPTION_USER] = "name or uid of a user",
		[BPFLOCK_OPTION_PATH] = "path of a file or directory",
	};

	return names[option->type];
}

static struct json_object *new_named(const char *name, const char *summary)
{
	struct json_object *object = json_new();

	json_add_text(object, "name", name);
	json_add_text(object, "summary", summary);
	return object;
}

static struct json_object *new_option(const char *plugin, const struct bpflock_option *option)
{
	CLEANUP(cleanup_free) char *variable = config_variable_name(plugin, option->name);
	struct json_object *object = new_named(option->name, option->summary), *values = json_new_list();
	const struct bpflock_value *rows = option->values.rows;

	for (__u32 i = 0; i < option->values.count; i++)
		json_append(values, new_named(rows[i].name, rows[i].summary));
	json_add_text(object, "type", type_name(option));
	json_add_bool(object, "list", option->flags & BPFLOCK_OPTION_LIST);
	json_add_text(object, "default", option->initial);
	json_add_text(object, "variable", variable);
	json_add(object, "values", values);
	return object;
}

static void append_options(struct json_object *list, const char *plugin, const struct bpflock_table *table)
{
	const struct bpflock_option *options = table->rows;

	for (__u32 i = 0; i < table->count; i++)
		json_append(list, new_option(plugin, &options[i]));
}

struct json_object *describe_core_options(void)
{
	struct json_object *list = json_new_list();

	append_options(list, CONFIG_CORE_SECTION, &core_options);
	return list;
}

static struct json_object *new_options(const struct plugin *plugin)
{
	struct json_object *list = json_new_list();

	if (plugin_is_enforcer(plugin)) {
		append_options(list, plugin->name, &enforcer_options);
		append_options(list, plugin->name, policy_defaults(&plugin->descriptor));
		append_options(list, plugin->name, &policy_options);
	} else {
		append_options(list, plugin->name, &observer_options);
	}
	append_options(list, plugin->name, &plugin->descriptor.options);
	return list;
}

static struct json_object *new_field(const struct bpflock_field *field)
{
	struct json_object *object = new_named(field->name, field->summary);

	json_add_bool(object, "key", field->flags & BPFLOCK_FIELD_KEY);
	json_add_bool(object, "detail", field->flags & BPFLOCK_FIELD_DETAIL);
	return object;
}

static struct json_object *new_event(const struct bpflock_event_type *event)
{
	struct json_object *object = new_named(event->name, event->summary), *fields = json_new_list();
	const struct bpflock_field *rows = event->fields.rows;

	for (__u32 i = 0; i < event->fields.count; i++)
		json_append(fields, new_field(&rows[i]));
	json_add(object, "fields", fields);
	return object;
}

static struct json_object *new_events(const struct bpflock_plugin *descriptor)
{
	const struct bpflock_event_type *events = descriptor->events.rows;
	struct json_object *list = json_new_list();

	for (__u32 i = 0; i < descriptor->events.count; i++)
		json_append(list, new_event(&events[i]));
	return list;
}

static struct json_object *new_operations(const struct operations *operations)
{
	static const char *const baselines[] = {
		[BPFLOCK_BASELINE_ALLOW] = "allow",
		[BPFLOCK_BASELINE_DENY] = "deny",
	};
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < operations->count; i++) {
		const struct operation *operation = &operations->items[i];
		struct json_object *object = new_named(operation->name, operation->summary);

		json_add_text(object, "text", operation->text);
		json_add_text(object, "aliases", *operation->aliases ? operation->aliases : NULL);
		json_add_bool(object, "missing", operation->index < 0);
		json_add_text(object, "baseline", baselines[operation->baseline]);
		json_append(list, object);
	}
	return list;
}

/**
 * struct groups - the list of groups that is being made
 */
struct groups {
	const struct operations *operations;
	struct json_object *list;
};

/* The operations that this kernel has. */
static void append_group(void *context, const char *group)
{
	const struct groups *groups = context;
	struct json_object *object = json_new(), *names = json_new_list();

	for (size_t i = 0; i < groups->operations->count; i++) {
		const struct operation *operation = &groups->operations->items[i];

		if (operation->index >= 0 && operation_is_in(operation, group))
			json_append(names, json_text(operation->name));
	}
	json_add_text(object, "name", group);
	json_add(object, "operations", names);
	json_append(groups->list, object);
}

static void append_program(void *context, const struct program *program)
{
	struct json_object *object = json_new();

	json_add_text(object, "hook", program->hook);
	json_add_text(object, "operations", program->operations);
	json_add_bool(object, "optional", program->optional);
	json_add_bool(object, "missing", program->missing);
	json_append(context, object);
}

static void add_details(struct json_object *object, const struct plugin *plugin, const struct kernel *kernel)
{
	struct json_object *programs = json_new_list();
	struct groups groups = { .operations = &plugin->operations, .list = json_new_list() };

	if (plugin->operations.count)
		operations_each_group(&plugin->operations, append_group, &groups);
	json_add(object, "options", new_options(plugin));
	json_add(object, "events", new_events(&plugin->descriptor));
	json_add(object, "operations", new_operations(&plugin->operations));
	json_add(object, "groups", groups.list);
	if (plugin_is_enforcer(plugin))
		programs_each(plugin, kernel, append_program, programs);
	json_add(object, "programs", programs);
}

struct json_object *describe_plugin(const struct plugin *plugin, bool enabled, const struct kernel *kernel)
{
	const struct bpflock_plugin *descriptor = &plugin->descriptor;
	struct json_object *object = json_new();

	json_add_text(object, "name", plugin->name);
	json_add_text(object, "path", plugin->path);
	json_add_bool(object, "enabled", enabled);
	json_add_text(object, "refusal", plugin->refusal);
	if (plugin->refusal)
		return object;
	json_add_text(object, "version", descriptor->version);
	json_add_text(object, "kind", describe_kind(plugin));
	json_add_text(object, "summary", descriptor->summary);
	json_add_text(object, "license", descriptor->license);
	if (kernel)
		add_details(object, plugin, kernel);
	return object;
}

void describe_finding(void *list, const struct kernel_finding *finding)
{
	static const char *const states[] = {
		[REPORT_ERROR] = "missing",
		[REPORT_WARNING] = "limited",
		[REPORT_NOTICE] = "note",
	};
	struct json_object *object = json_new();

	json_add_text(object, "check", finding->check);
	json_add_text(object, "state", finding->item ? states[finding->item->level] : "ok");
	json_add_text(object, "found", finding->found);
	json_add_text(object, "text", finding->item ? finding->item->message : NULL);
	json_add_text(object, "remedy", finding->item ? finding->item->remedy : NULL);
	json_append(list, object);
}
