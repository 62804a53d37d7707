/* SPDX-License-Identifier: Apache-2.0 */
/* What is allowed for a time: grant, grants, revoke. */
#include <bpflock/plugin.h>
#include <string.h>

#include "client.h"
#include "config/number.h"
#include "table.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/memory.h"

static const struct argp_option grant_options[] = {
	{ "for", 'f', "TIME", 0, "How long: 90s, 10m, 1h; at most grant_max of [bpflock]", 0 },
	{ "reason", 'r', "TEXT", 0, "Why: it is in the log", 0 },
	{ "unit", 'u', "UNIT", 0, "For the tasks of this unit", 0 },
	{ "cgroup", 'c', "PATH", 0, "For the tasks of this cgroup and of all below it", 0 },
	{ "everyone", 'e', NULL, 0, "For all tasks, also those of containers", 0 },
	{ 0 },
};

/* The parameters of Grant; owned. */
struct grant_input {
	struct json_object *parameters;
	struct json_object *operations;
	bool has_time;
	bool has_reason;
};

static void add_time(struct grant_input *input, const char *text, const struct argp_state *state)
{
	__u64 time;

	if (config_number_parse(BPFLOCK_OPTION_DURATION, text, &time) < 0 || time % NANOSECONDS)
		argp_error(state, "'%s' is not a time in whole seconds (valid: 90s, 10m, 1h)", text);
	json_add_uint(input->parameters, "seconds", time / NANOSECONDS);
	input->has_time = true;
}

static void check_grant(const struct grant_input *input, const struct argp_state *state)
{
	if (!json_length(input->operations))
		argp_error(state, "an operation is missing");
	if (!input->has_time)
		argp_error(state, "--for is missing");
	if (!input->has_reason)
		argp_error(state, "--reason is missing");
}

static error_t parse_grant(int key, char *argument, struct argp_state *state)
{
	struct grant_input *input = state->input;

	switch (key) {
	case 'f':
		add_time(input, argument, state);
		return 0;
	case 'r':
		json_add_text(input->parameters, "reason", argument);
		input->has_reason = true;
		return 0;
	case 'u':
		json_add_text(input->parameters, "unit", argument);
		return 0;
	case 'c':
		json_add_text(input->parameters, "cgroup", argument);
		return 0;
	case 'e':
		json_add_bool(input->parameters, "everyone", true);
		return 0;
	case ARGP_KEY_ARG:
		json_append(input->operations, json_text(argument));
		return 0;
	case ARGP_KEY_END:
		check_grant(input, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp grant_argp = {
	.options = grant_options,
	.parser = parse_grant,
	.args_doc = "OPERATION...",
	.doc = "Allows operations for a time, whatever the policy of their enforcer says: to tasks in the initial "
	       "namespaces, unless --unit, --cgroup or --everyone says otherwise. OPERATION is a name or a @group, as in "
	       "`allow`. The kernel ends the grant, also when no daemon runs. What protects bpflock itself cannot be "
	       "granted. Every use is in the log.",
};

int verb_grant(struct ctl *ctl, int argc, char **argv)
{
	struct grant_input input = { .parameters = json_new(), .operations = json_new_list() };
	struct reply reply;
	int status;

	ctl_parse(ctl, &grant_argp, &input, argc, argv);
	json_add(input.parameters, "operations", input.operations);
	status = client_ask(ctl, "Grant", input.parameters, &reply);
	if (!status && reply_is_to_print(ctl, &reply, &status))
		printf("Granted, as number %llu.\n", json_get_uint(reply.parameters, "id"));
	reply_clear(&reply);
	return status;
}

static char *join(const struct json_object *texts)
{
	char *list = xstrdup("");

	for (size_t i = 0; i < json_length(texts); i++)
		xappend(&list, ",", "%s", json_object_get_string(json_object_array_get_idx(texts, i)));
	return list;
}

static void print_grants(const struct json_object *grants)
{
	static const char *const headers[] = { "ID", "PLUGIN", "OPERATIONS", "FOR", "SECONDS", "REASON", NULL };
	struct table table;

	if (!json_length(grants)) {
		puts("Nothing is granted.");
		return;
	}
	table_begin(&table, headers);
	for (size_t i = 0; i < json_length(grants); i++) {
		const struct json_object *grant = json_object_array_get_idx(grants, i);
		CLEANUP(cleanup_free) char *operations = join(json_get_list(grant, "operations"));

		table_add_number(&table, json_get_uint(grant, "id"), COLOUR_END);
		table_add(&table, json_get_text(grant, "plugin"), COLOUR_END);
		table_add(&table, operations, COLOUR_END);
		table_add(&table, json_get_text(grant, "scope"), COLOUR_END);
		table_add_number(&table, json_get_uint(grant, "seconds_left"), COLOUR_END);
		table_add(&table, json_get_text(grant, "reason"), COLOUR_END);
	}
	table_end(&table);
}

static const struct argp grants_argp = { .doc = "Lists the grants that are in force." };

int verb_grants(struct ctl *ctl, int argc, char **argv)
{
	struct reply reply;
	int status;

	ctl_parse(ctl, &grants_argp, NULL, argc, argv);
	status = client_ask(ctl, "Grants", NULL, &reply);
	if (!status && reply_is_to_print(ctl, &reply, &status))
		print_grants(json_get_list(reply.parameters, "grants"));
	reply_clear(&reply);
	return status;
}

static error_t parse_revoke(int key, char *argument, struct argp_state *state)
{
	__u64 *id = state->input;

	if (key == ARGP_KEY_ARG && !*id) {
		if (config_number_parse(BPFLOCK_OPTION_UINT, argument, id) < 0 || !*id)
			argp_error(state, "'%s' is not the number of a grant", argument);
		return 0;
	}
	if (key == ARGP_KEY_NO_ARGS)
		argp_error(state, "the number of the grant is missing");
	return ARGP_ERR_UNKNOWN;
}

static const struct argp revoke_argp = {
	.parser = parse_revoke,
	.args_doc = "ID",
	.doc = "Ends a grant before its time.",
};

int verb_revoke(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *parameters = json_new();
	struct reply reply;
	__u64 id = 0;
	int status;

	ctl_parse(ctl, &revoke_argp, &id, argc, argv);
	json_add_uint(parameters, "id", id);
	status = client_ask(ctl, "Revoke", parameters, &reply);
	if (!status && reply_is_to_print(ctl, &reply, &status))
		printf("Grant %llu has ended.\n", id);
	reply_clear(&reply);
	return status;
}
