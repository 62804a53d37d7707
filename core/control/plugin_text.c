/* SPDX-License-Identifier: Apache-2.0 */
#include "control/plugin_text.h"

#include <string.h>

#include "util/json.h"

#define NAME "name"
#define SUMMARY "summary"

void plugin_text_line(const struct json_object *plugin, FILE *stream)
{
	const char *refusal = json_get_text(plugin, "refusal");

	if (*refusal)
		fprintf(stream, "%-15s %-8s %-9s refused: %s\n", json_get_text(plugin, NAME), "-", "-", refusal);
	else
		fprintf(stream, "%-15s %-8s %-9s %s, %s\n", json_get_text(plugin, NAME),
			json_get_text(plugin, "version"), json_get_bool(plugin, "enabled") ? "enabled" : "disabled",
			strcmp(json_get_text(plugin, "kind"), "observer") == 0 ? "observer" : "enforcer",
			json_get_text(plugin, SUMMARY));
}

/* Calls a function for each item of a list. */
static void each(const struct json_object *object, const char *key,
		 void (*print)(const struct json_object *item, FILE *stream), FILE *stream)
{
	const struct json_object *list = json_get_list(object, key);

	for (size_t i = 0; i < json_length(list); i++)
		print(json_object_array_get_idx(list, i), stream);
}

static void print_value(const struct json_object *value, FILE *stream)
{
	const char *summary = json_get_text(value, SUMMARY);

	fprintf(stream, "    %-16s %s\n", json_get_text(value, NAME), *summary ? summary : "the same as the one above");
}

static void print_option(const struct json_object *option, FILE *stream)
{
	fprintf(stream, "%s = %s\n    %s (%s%s)\n    %s\n", json_get_text(option, NAME),
		json_get_text(option, "default"), json_get_text(option, SUMMARY), json_get_text(option, "type"),
		json_get_bool(option, "list") ? "; a list, separated by commas" : "",
		json_get_text(option, "variable"));
	each(option, "values", print_value, stream);
}

static void print_field(const struct json_object *field, FILE *stream)
{
	fprintf(stream, "    %-16s %s%s%s\n", json_get_text(field, NAME), json_get_text(field, SUMMARY),
		json_get_bool(field, "key") ? "; decisions that differ in it have lines of their own" : "",
		json_get_bool(field, "detail") ? "; in logfmt only with log_details = yes" : "");
}

static void print_event(const struct json_object *event, FILE *stream)
{
	fprintf(stream, "event=%s\n    %s\n", json_get_text(event, NAME), json_get_text(event, SUMMARY));
	each(event, "fields", print_field, stream);
}

static const char *baseline_note(const struct json_object *operation)
{
	const char *baseline = json_get_text(operation, "baseline");

	if (strcmp(baseline, "allow") == 0)
		return "; profile baseline allows everybody this";
	return strcmp(baseline, "deny") == 0 ? "; profile baseline denies this on the host as well" : "";
}

static void print_operation(const struct json_object *operation, FILE *stream)
{
	const char *aliases = json_get_text(operation, "aliases");

	fputs(json_get_text(operation, NAME), stream);
	if (*aliases)
		fprintf(stream, "  (or %s)", aliases);
	if (json_get_bool(operation, "missing"))
		fputs("  (not in this kernel)", stream);
	fprintf(stream, "\n    %s%s\n", json_get_text(operation, SUMMARY), baseline_note(operation));
}

static void print_group(const struct json_object *group, FILE *stream)
{
	const struct json_object *operations = json_get_list(group, "operations");

	fprintf(stream, "@%s\n   ", json_get_text(group, NAME));
	for (size_t i = 0; i < json_length(operations); i++)
		fprintf(stream, " %s", json_object_get_string(json_object_array_get_idx(operations, i)));
	putc('\n', stream);
}

static void print_program(const struct json_object *program, FILE *stream)
{
	const char *operations = json_get_text(program, "operations"), *note = "";

	if (json_get_bool(program, "missing"))
		note = json_get_bool(program, "optional") ?
			       "  (not in this kernel, where another program does its work)" :
			       "  (not in this kernel: the plugin cannot run)";
	fprintf(stream, "%s%s\n    %s\n", json_get_text(program, "hook"), note,
		*operations ? operations : "decides no operation");
}

void plugin_text_details(const struct json_object *plugin, FILE *stream)
{
	const char *name = json_get_text(plugin, NAME);

	fprintf(stream, "%s %s: %s\n%s\n\n[%s]\n\n", name, json_get_text(plugin, "version"),
		json_get_text(plugin, SUMMARY), json_get_text(plugin, "license"), name);
	each(plugin, "options", print_option, stream);
	fputs("\nEvents:\n\n", stream);
	each(plugin, "events", print_event, stream);
	if (json_length(json_get_list(plugin, "operations"))) {
		fputs("\nOperations, for block and allow:\n\n", stream);
		each(plugin, "operations", print_operation, stream);
		fputs("\nGroups, and their operations in this kernel:\n\n", stream);
		each(plugin, "groups", print_group, stream);
	}
	if (strcmp(json_get_text(plugin, "kind"), "observer") == 0)
		return;
	fputs("\nHooks, and the operations that are decided there:\n\n", stream);
	each(plugin, "programs", print_program, stream);
}
