/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "control/control.h"
#include "ctl.h"
#include "util/memory.h"

const char *argp_program_version = "bpflockctl " BPFLOCK_VERSION;

/* The completions in this directory have the same verbs and options. */
static const struct verb verbs[] = {
	{ "status", "", "what runs, whether it enforces, and what was counted", verb_status },
	{ "ping", "", "whether the daemon answers", verb_ping },
	{ "verify", "", "verify now that the enforcers enforce", verb_verify },
	{ "plugins", "[NAME]", "the installed plugins, or the description of one", verb_plugins },
	{ "grant", "OPERATION... --for TIME --reason TEXT", "allow operations for a time", verb_grant },
	{ "grants", "", "what is allowed for a time", verb_grants },
	{ "revoke", "ID", "end a grant before its time", verb_revoke },
	{ "check", "", "whether this machine has what bpflock needs, without a daemon", verb_check },
	{ "bugreport", "[FILE]", "one archive for whoever is to find a fault", verb_bugreport },
	{ "advise", "[FILE]", "what was used according to a log, and what can be blocked", verb_advise },
	{ "policy", "[PLUGIN]", "the rule of each operation, and where it comes from", verb_policy },
	{ "monitor", "", "what happens, as the log has it", verb_monitor },
	{ "metrics", "", "what is counted and in force, in the format of Prometheus", verb_metrics },
	{ "explain", "[N]", "why the last or the Nth last decision went as it did", verb_explain },
	{ "reload", "", "put the configuration in force that the files contain now", verb_reload },
	{ "stop", "", "stop the daemon", verb_stop },
};

static const struct argp_option common_options[] = {
	{ "socket", 's', "PATH", 0, "The socket of the daemon (default: " CONTROL_PATH ")", -1 },
	{ "daemon", 'd', "PATH", 0, "The daemon's binary (default: " BPFLOCK_DAEMON ")", -1 },
	{ "json", 'j', NULL, 0, "Print the result as JSON", -1 },
	{ 0 },
};

static error_t parse_common(int key, char *argument, struct argp_state *state)
{
	struct ctl *ctl = state->input;

	switch (key) {
	case 's':
		ctl->socket = argument;
		return 0;
	case 'd':
		ctl->daemon = argument;
		return 0;
	case 'j':
		ctl->json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp common = { .options = common_options, .parser = parse_common };

/**
 * struct inputs - of the two parsers of a verb
 */
struct inputs {
	struct ctl *ctl;
	void *own;
};

static error_t parse_verb(int key, char *argument, struct argp_state *state)
{
	struct inputs *inputs = state->input;

	(void)argument;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = inputs->ctl;
	state->child_inputs[1] = inputs->own;
	return 0;
}

void ctl_parse(struct ctl *ctl, const struct argp *own, void *input, int argc, char **argv)
{
	const struct argp_child children[] = { { .argp = &common }, { .argp = own }, { 0 } };
	const struct argp argp = {
		.parser = parse_verb,
		.children = own ? children : (const struct argp_child[]){ children[0], { 0 } },
	};
	struct inputs inputs = { ctl, input };

	argp_parse(&argp, argc, argv, 0, NULL, &inputs);
}

/**
 * struct command - the command line, up to the verb
 * @verb: NULL where there is none
 * @argc: the words from the verb on
 */
struct command {
	struct ctl ctl;
	const struct verb *verb;
	int argc;
	char **argv;
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static error_t parse_command(int key, char *argument, struct argp_state *state)
{
	struct command *command = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &command->ctl;
		return 0;
	case ARGP_KEY_ARG:
		command->verb = find_verb(argument);
		if (!command->verb)
			argp_error(state, "there is no verb '%s'", argument);
		command->argc = state->argc - state->next + 1;
		command->argv = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a verb is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* argp frees what a filter returns, if it is not the text that it was given. */
static char *list_verbs(int key, const char *text, void *input)
{
	char *list;

	(void)input;
	if (key != ARGP_KEY_HELP_PRE_DOC)
		return (char *)(uintptr_t)text;
	list = xasprintf("%s\n\nVerbs:\n", text);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		CLEANUP(cleanup_free) char *usage = xasprintf("%s %s", verbs[i].name, verbs[i].arguments);

		xappend(&list, "", "  %-16s %s\n", usage, verbs[i].summary);
	}
	xappend(&list, "", "\nOptions:");
	return list;
}

static const struct argp_child command_children[] = { { .argp = &common }, { 0 } };

static const struct argp command_argp = {
	.parser = parse_command,
	.args_doc = "VERB [OPTION...]",
	.doc = "Asks and steers a running bpflock.\v"
	       "bpflockctl VERB --help describes a verb. Colours are used on a terminal, unless NO_COLOR is set.\n\n"
	       "Exit status: 0; 1 a required enforcer does not enforce, the new configuration was refused, or another "
	       "failure; 2 the command line is wrong; 3 no daemon listens; 4 the daemon does not let this process do it; "
	       "5 the daemon does not answer.",
	.children = command_children,
	.help_filter = list_verbs,
};

int main(int argc, char **argv)
{
	struct command command = { .ctl = { .socket = CONTROL_PATH, .daemon = BPFLOCK_DAEMON } };
	CLEANUP(cleanup_free) char *name = NULL;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&command_argp, argc, argv, ARGP_IN_ORDER, NULL, &command);
	name = xasprintf("bpflockctl %s", command.verb->name);
	command.argv[0] = name;
	return command.verb->run(&command.ctl, command.argc, command.argv);
}
