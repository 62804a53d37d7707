/* SPDX-License-Identifier: Apache-2.0 */
/* Why something was decided, or would be. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "client.h"
#include "terminal.h"
#include "util/json.h"

enum { KEY_OPERATION = 256 };

/**
 * struct question - the command line
 * @number:    which decision, from the last one on, which is 1
 * @operation: NULL: about a decision
 */
struct question {
	unsigned long number;
	const char *operation;
};

static const struct argp_option options[] = {
	{ "operation", KEY_OPERATION, "NAME", 0, "What is decided about this operation now", 0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct question *question = state->input;
	char *end;

	switch (key) {
	case KEY_OPERATION:
		question->operation = argument;
		return 0;
	case ARGP_KEY_ARG:
		errno = 0;
		question->number = strtoul(argument, &end, 10);
		if (!isdigit((unsigned char)argument[0]) || *end || errno || question->number > INT32_MAX)
			argp_error(state, "'%s' is not a number", argument);
		return state->arg_num ? ARGP_ERR_UNKNOWN : 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[N]",
	.doc = "Says why the last decision went as it did, or the Nth last one, which rule decided, where that rule was "
	       "written, and what to change. Of the decisions that the log has the last 64 are known.",
};

static enum colour colour_of(const char *verdict)
{
	if (strcmp(verdict, "denied") == 0)
		return COLOUR_BAD;
	return strcmp(verdict, "would_deny") == 0 ? COLOUR_DOUBTFUL : COLOUR_GOOD;
}

static void print_verdict(const char *what, const char *verdict)
{
	printf("%-12s%s%s%s\n", what, terminal_colour(colour_of(verdict), stdout),
	       strcmp(verdict, "would_deny") == 0 ? "would be denied, is only audited" : verdict,
	       terminal_colour(COLOUR_END, stdout));
}

/* "baseline: profile = baseline at FILE:LINE" */
static void print_rule(const struct json_object *object)
{
	printf("%-12s%s", "rule", json_get_text(object, "rule"));
	if (*json_get_text(object, "option"))
		printf(": %s = %s at %s", json_get_text(object, "option"), json_get_text(object, "item"),
		       json_get_text(object, "origin"));
	if (json_get_bool(object, "outdated"))
		printf(" (the policy has changed since)");
	putchar('\n');
}

static void print_sentences(const struct json_object *object)
{
	printf("%-12s%s\n%-12s%s\n", "why", json_get_text(object, "why"), "to change", json_get_text(object, "change"));
}

static void print_task(const struct json_object *object, const struct json_object *event)
{
	struct json_object *initial;

	printf("%-12s%s, process %llu, uid %llu, child of %s (%llu)\n", "task", json_get_text(event, "comm"),
	       json_get_uint(event, "tgid"), json_get_uint(event, "uid"), json_get_text(event, "pcomm"),
	       json_get_uint(event, "ppid"));
	if (*json_get_text(object, "cgroup"))
		printf("%-12s%s\n", "cgroup", json_get_text(object, "cgroup"));
	if (*json_get_text(object, "unit"))
		printf("%-12s%s\n", "unit", json_get_text(object, "unit"));
	if (json_object_object_get_ex(object, "initial_namespaces", &initial))
		printf("%-12s%s\n", "namespaces",
		       json_object_get_boolean(initial) ? "initial" : "not the initial pid and network namespaces");
}

static void print_decision(const struct json_object *decision)
{
	struct json_object *event = NULL;

	json_object_object_get_ex(decision, "event", &event);
	printf("%-12s%s of %s (%s)\n", "operation", json_get_text(decision, "operation"),
	       json_get_text(decision, "plugin"), json_get_text(event, "operation"));
	print_verdict("verdict", json_get_text(decision, "verdict"));
	printf("%-12s%s", "time", json_get_text(event, "time"));
	if (json_get_uint(event, "count"))
		printf(", the last of %llu", json_get_uint(event, "count"));
	putchar('\n');
	print_task(decision, event);
	print_rule(decision);
	print_sentences(decision);
}

static void print_operation(const struct json_object *operation)
{
	struct json_object *policy = NULL;

	json_object_object_get_ex(operation, "policy", &policy);
	printf("%-12s%s of %s (%s)\n", "operation", json_get_text(policy, "name"), json_get_text(operation, "plugin"),
	       json_get_text(policy, "text"));
	if (json_get_bool(policy, "missing")) {
		puts("            not in this kernel");
		return;
	}
	print_verdict("host", json_get_text(operation, "initial"));
	print_verdict("containers", json_get_text(operation, "others"));
	if (json_get_bool(policy, "exceptions"))
		printf("%-12s%s\n", "exceptions", "are looked for before a container is denied it");
	print_rule(policy);
	print_sentences(operation);
}

static void print(const struct json_object *parameters, bool operations)
{
	const struct json_object *list = json_get_list(parameters, "operations");

	if (!operations)
		print_decision(parameters);
	for (size_t i = 0; i < json_length(list); i++) {
		if (i)
			putchar('\n');
		print_operation(json_object_array_get_idx(list, i));
	}
}

int verb_explain(struct ctl *ctl, int argc, char **argv)
{
	struct question question = { .number = 1 };
	struct json_object *parameters;
	struct reply reply;
	int status;

	ctl_parse(ctl, &argp, &question, argc, argv);
	parameters = json_new();
	json_add_text(parameters, "operation", question.operation);
	if (!question.operation)
		json_add_uint(parameters, "number", question.number);
	status = client_ask(ctl, question.operation ? "ExplainOperation" : "Explain", parameters, &reply);
	if (!status && reply_is_to_print(ctl, &reply, &status))
		print(reply.parameters, question.operation);
	reply_clear(&reply);
	return status;
}
