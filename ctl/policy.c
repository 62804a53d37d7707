/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule each operation has, and where it comes from. */
#include <string.h>

#include "client.h"
#include "findings.h"
#include "table.h"
#include "util/json.h"
#include "util/memory.h"

enum { KEY_DIFF = 256 };

/**
 * struct wanted - the command line
 * @plugin: NULL for all
 */
struct wanted {
	const char *plugin;
	bool diff;
};

static const struct argp_option options[] = {
	{ "diff", KEY_DIFF, NULL, 0, "Only what a reload would change. The exit status is 1 where that is something",
	  0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct wanted *wanted = state->input;

	if (key == KEY_DIFF)
		wanted->diff = true;
	else if (key == ARGP_KEY_ARG && !wanted->plugin)
		wanted->plugin = argument;
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[PLUGIN]",
	.doc = "Shows which rule decides each operation, and which line of the configuration that rule comes from.",
};

/* baseline decides about some operations without a look at the namespaces. */
static const char *baseline_note(const struct json_object *operation)
{
	const char *baseline = json_get_text(operation, "baseline");

	if (strcmp(baseline, "allow") == 0)
		return ", everybody may";
	return strcmp(baseline, "deny") == 0 ? ", also on the host" : "";
}

/* The rule and its flags, to be freed. */
static char *rule_of(const struct json_object *operation)
{
	if (!operation)
		return xstrdup("");
	if (json_get_bool(operation, "missing"))
		return xstrdup("not in this kernel");
	return xasprintf("%s%s%s%s", json_get_text(operation, "rule"), baseline_note(operation),
			 json_get_bool(operation, "exceptions") ? ", exceptions" : "",
			 json_get_bool(operation, "audited") ? ", only audited" : "");
}

static enum colour colour_of(const struct json_object *operation)
{
	const char *rule = json_get_text(operation, "rule");

	if (json_get_bool(operation, "audited"))
		return COLOUR_DOUBTFUL;
	if (strcmp(rule, "block") == 0 || strcmp(rule, "restricted") == 0)
		return COLOUR_BAD;
	if (strcmp(json_get_text(operation, "baseline"), "allow") == 0)
		return COLOUR_NONE;
	return strcmp(rule, "baseline") == 0 ? COLOUR_DOUBTFUL : COLOUR_NONE;
}

static void add_rule(struct table *table, const struct json_object *operation)
{
	CLEANUP(cleanup_free) char *rule = rule_of(operation);

	table_add(table, rule, operation ? colour_of(operation) : COLOUR_NONE);
}

/* Where the rule was written: `block = dev_mem at FILE:LINE`. */
static void add_origin(struct table *table, const char *plugin, const struct json_object *operation)
{
	const char *option = json_get_text(operation, "option");
	CLEANUP(cleanup_free) char *origin = NULL;

	if (strcmp(json_get_text(operation, "rule"), "level") == 0)
		origin = xasprintf("an option of %s itself", plugin);
	else if (*option)
		origin = xasprintf("%s = %s at %s", option, json_get_text(operation, "item"),
				   json_get_text(operation, "origin"));
	table_add(table, origin ? origin : "", COLOUR_NONE);
}

static void add_operation(struct table *table, const struct json_object *plugin, const struct json_object *operation)
{
	table_add(table, json_get_text(plugin, "name"), COLOUR_NONE);
	table_add(table, json_get_text(operation, "name"), COLOUR_NONE);
	add_rule(table, operation);
	add_origin(table, json_get_text(plugin, "name"), operation);
}

static void print_policies(const struct json_object *plugins)
{
	static const char *const headers[] = { "PLUGIN", "OPERATION", "RULE", "FROM", NULL };
	struct table table;

	if (!json_length(plugins)) {
		puts("No enforcer runs.");
		return;
	}
	table_begin(&table, headers);
	for (size_t i = 0; i < json_length(plugins); i++) {
		const struct json_object *plugin = json_object_array_get_idx(plugins, i);
		const struct json_object *operations = json_get_list(plugin, "operations");

		for (size_t j = 0; j < json_length(operations); j++)
			add_operation(&table, plugin, json_object_array_get_idx(operations, j));
	}
	table_end(&table);
}

static const struct json_object *find(const struct json_object *list, const char *name)
{
	for (size_t i = 0; i < json_length(list); i++) {
		const struct json_object *object = json_object_array_get_idx(list, i);

		if (strcmp(json_get_text(object, "name"), name) == 0)
			return object;
	}
	return NULL;
}

/**
 * struct diff - the table of what differs
 */
struct diff {
	struct table table;
	size_t count;
};

/* Either operation may be NULL. */
static void compare(struct diff *diff, const char *plugin, const struct json_object *now,
		    const struct json_object *then)
{
	CLEANUP(cleanup_free) char *old = rule_of(now), *new = rule_of(then);

	if (strcmp(old, new) == 0)
		return;
	table_add(&diff->table, plugin, COLOUR_NONE);
	table_add(&diff->table, json_get_text(now ? now : then, "name"), COLOUR_NONE);
	add_rule(&diff->table, now);
	add_rule(&diff->table, then);
	add_origin(&diff->table, plugin, then);
	diff->count++;
}

/* Operations of the plugins in `now`. Those of the others are only in `then`. */
static void compare_all(struct diff *diff, const struct json_object *now, const struct json_object *then, bool swapped)
{
	for (size_t i = 0; i < json_length(now); i++) {
		const struct json_object *plugin = json_object_array_get_idx(now, i);
		const char *name = json_get_text(plugin, "name");
		const struct json_object *other = find(then, name), *others = json_get_list(other, "operations");
		const struct json_object *operations = json_get_list(plugin, "operations");

		for (size_t j = 0; j < json_length(operations); j++) {
			const struct json_object *operation = json_object_array_get_idx(operations, j);

			if (swapped && !other)
				compare(diff, name, NULL, operation);
			else if (!swapped)
				compare(diff, name, operation, find(others, json_get_text(operation, "name")));
		}
	}
}

static int print_diff(const struct json_object *parameters)
{
	static const char *const headers[] = { "PLUGIN", "OPERATION", "IN FORCE", "CONFIGURED", "FROM", NULL };
	const struct json_object *now = json_get_list(parameters, "plugins");
	const struct json_object *then = json_get_list(parameters, "configured");
	struct diff diff = { 0 };

	table_begin(&diff.table, headers);
	compare_all(&diff, now, then, false);
	compare_all(&diff, then, now, true);
	if (diff.count) {
		table_end(&diff.table);
		return EXIT_NOT_SO;
	}
	table_free(&diff.table);
	puts("The policy in force is the one that is configured.");
	return EXIT_SUCCESS;
}

static int print(const struct wanted *wanted, const struct json_object *parameters)
{
	if (wanted->diff)
		return print_diff(parameters);
	print_policies(json_get_list(parameters, "plugins"));
	return EXIT_SUCCESS;
}

int verb_policy(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *parameters = json_new();
	struct wanted wanted = { 0 };
	struct reply reply;
	int status;

	ctl_parse(ctl, &argp, &wanted, argc, argv);
	json_add_text(parameters, "plugin", wanted.plugin);
	if (wanted.diff)
		json_add_bool(parameters, "diff", true);
	status = client_ask(ctl, "Policy", parameters, &reply);
	if (status)
		return status;
	if (!ctl->json)
		findings_print(reply.parameters);
	if (reply_is_to_print(ctl, &reply, &status))
		status = print(&wanted, reply.parameters);
	reply_clear(&reply);
	return status;
}
