/* SPDX-License-Identifier: Apache-2.0 */
#include "template.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "log/keys.h"
#include "util/memory.h"

#define FIELDS_MAX 4
#define VALUES_MAX 20
#define LINE_WIDTH 100

/**
 * struct template_value - what a name stands for
 * @name: without the signs around it
 */
struct template_value {
	const char *name;
	char *text;
};

struct template_values {
	struct template_value items[VALUES_MAX];
	size_t count;
};

/**
 * struct fields - the integers of a hook that its event has
 * @names: as in the log and in the record
 */
struct fields {
	char *names[FIELDS_MAX];
	const struct hook_parameter *parameters[FIELDS_MAX];
	size_t count;
};

static const struct template_value *value_at(const char *text, const struct template_values *values)
{
	for (size_t i = 0; *text == '@' && i < values->count; i++) {
		size_t length = strlen(values->items[i].name);

		if (strncmp(text + 1, values->items[i].name, length) == 0 && text[1 + length] == '@')
			return &values->items[i];
	}
	return NULL;
}

char *template_fill(const char *text, const struct template_values *values)
{
	char *filled = xstrdup("");

	while (*text) {
		const struct template_value *value = value_at(text, values);
		int length = (int)(1 + strcspn(text + 1, "@"));

		if (value)
			xappend(&filled, "", "%s", value->text);
		else
			xappend(&filled, "", "%.*s", length, text);
		text += value ? strlen(value->name) + 2 : (size_t)length;
	}
	return filled;
}

/* Takes the text. */
static void add(struct template_values *values, const char *name, char *text)
{
	assert(values->count < VALUES_MAX);
	values->items[values->count++] = (struct template_value){ name, text };
}

static char *change_case(const char *text, int (*change)(int))
{
	char *changed = xstrdup(text);

	for (char *c = changed; *c; c++)
		*c = (char)change((unsigned char)*c);
	return changed;
}

/* "tp_btf/sched_switch" is tp_sched_switch, "lsm.s/file_open" is lsm_file_open. */
static char *event_name(const struct hook *hook)
{
	CLEANUP(cleanup_free) char *kind = xstrndup(hook->section, strcspn(hook->section, "._/"));
	CLEANUP(cleanup_free) char *name = change_case(hook->name, tolower);

	return xasprintf("%s_%s", kind, name);
}

/* The line of the function's name, broken where it becomes too long. */
static char *program_of(const struct hook *hook)
{
	char *text = xasprintf("int BPF_PROG(on_%s", hook->name);
	size_t width = strlen(text);

	for (size_t i = 0; i < hook->count; i++) {
		const struct hook_parameter *parameter = &hook->parameters[i];
		size_t length = strlen(parameter->type) + strlen(parameter->name) + strlen(", ");
		bool is_long = width + length >= LINE_WIDTH;

		xappend(&text, is_long ? ",\n\t     " : ", ", "%s%s", parameter->type, parameter->name);
		width = is_long ? strlen("\t     ") + 7 + length : width + length;
	}
	xappend(&text, "", ")");
	return text;
}

static bool has_field(const struct fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcmp(fields->names[i], name) == 0)
			return true;
	return false;
}

/* The log has keys of its own, and the others begin with a small letter. */
static char *field_name(const struct fields *fields, const char *parameter)
{
	CLEANUP(cleanup_free) char *name = change_case(parameter, tolower);
	bool is_valid = islower((unsigned char)*name) && !log_key_is_reserved(name);
	char *field = xasprintf("%s%s", is_valid ? "" : "arg_", name);

	while (has_field(fields, field))
		xappend(&field, "", "_");
	return field;
}

/* What an earlier LSM has decided is no field. */
static void collect_fields(const struct hook *hook, struct fields *ret)
{
	size_t count = hook->count - (hook_is_lsm(hook) && hook->has_result);

	*ret = (struct fields){ 0 };
	for (size_t i = 0; i < count && ret->count < FIELDS_MAX; i++) {
		const struct hook_parameter *parameter = &hook->parameters[i];
		bool is_result = hook->has_result && i + 1 == hook->count;

		if (!parameter->size)
			continue;
		ret->names[ret->count] = field_name(ret, is_result ? "retval" : parameter->name);
		ret->parameters[ret->count++] = parameter;
	}
}

static void add_fields(struct template_values *values, const struct project *project)
{
	char *members = xstrdup(""), *assignments = xstrdup("");
	CLEANUP(cleanup_free) char *rows = xstrdup("");
	struct fields fields;

	collect_fields(&project->hook, &fields);
	for (size_t i = 0; i < fields.count; i++) {
		const struct hook_parameter *parameter = fields.parameters[i];

		xappend(&members, "", "\t__%c%u %s;\n", parameter->is_signed ? 's' : 'u', 8 * parameter->size,
			fields.names[i]);
		xappend(&assignments, "", "\tevent->%s = %s;\n", fields.names[i], parameter->name);
		xappend(&rows, "", "\tBPFLOCK_FIELD(struct %s_record, %s, BPFLOCK_FIELD_%s, \"%s of %s\"),\n",
			project->name, fields.names[i], parameter->is_signed ? "INT" : "UINT", parameter->name,
			project->hook.name);
		free(fields.names[i]);
	}
	add(values, "MEMBERS", members);
	add(values, "ASSIGNMENTS", assignments);
	add(values, "FIELDS_ROW", xstrdup(fields.count ? "\t\t.fields = BPFLOCK_TABLE(fields),\n" : ""));
	add(values, "FIELDS",
	    fields.count ? xasprintf("static const struct bpflock_field fields[] = {\n%s};\n\n", rows) : xstrdup(""));
}

static const char *commands_of(const struct project *project)
{
	if (project->meson)
		return "meson setup build\nmeson compile -C build\nmeson test -C build\nmeson install -C build\n";
	return "make\nmake check\nmake install\n";
}

struct template_values *template_values_of(const struct project *project)
{
	struct template_values *values = xcalloc(1, sizeof(*values));
	const struct hook *hook = &project->hook;
	CLEANUP(cleanup_free) char *upper_hook = change_case(hook->name, toupper);
	CLEANUP(cleanup_free) char *upper = change_case(project->name, toupper);

	add(values, "NAME", xstrdup(project->name));
	add(values, "UPPER", xstrdup(upper));
	add(values, "SECTION", xstrdup(hook->section));
	add(values, "HOOK", change_case(hook->name, tolower));
	add(values, "MACRO", xasprintf("%s_%s", upper, upper_hook));
	add(values, "EVENT", event_name(hook));
	add(values, "DECLARATIONS", xasprintf("%s%s", hook->declarations, *hook->declarations ? "\n" : ""));
	add(values, "PROGRAM", program_of(hook));
	add(values, "RETURN", xstrdup(hook_is_lsm(hook) && hook->has_result ? "ret" : "0"));
	add(values, "COMMANDS", xstrdup(commands_of(project)));
	add_fields(values, project);
	return values;
}

void template_values_free(struct template_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free(values->items[i].text);
	free(values);
}
