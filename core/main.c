/* SPDX-License-Identifier: Apache-2.0 */
#include <argp.h>
#include <stdlib.h>

#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/unload.h"
#include "util/crash.h"
#include "util/memory.h"
#include "util/streams.h"

extern char **environ;

const char *argp_program_version = "bpflock " BPFLOCK_VERSION;

enum command {
	COMMAND_RUN,
	COMMAND_CHECK,
	COMMAND_LIST,
	COMMAND_HELP_PLUGIN,
	COMMAND_DUMP,
	COMMAND_DESCRIBE,
	COMMAND_UNLOAD,
	COMMAND_RESET_KEPT
};

struct arguments {
	enum command command;
	const char *plugin;
	const char *what;
	const char *file;
	const char **assignments;
	size_t assignment_count;
};

enum { KEY_CHECK = 256, KEY_LIST, KEY_HELP_PLUGIN, KEY_DUMP, KEY_DESCRIBE, KEY_UNLOAD, KEY_RESET_KEPT };

static const struct argp_option options[] = {
	{ "config", 'c', "FILE", 0,
	  "Read this file and no other (default: " BPFLOCK_CONFIG_DIR "/bpflock.conf and " BPFLOCK_CONFIG_DIR
	  "/conf.d/*.conf)",
	  0 },
	{ "option", 'o', "SECTION.KEY=VALUE", 0, "Set an option; overrides files and environment", 0 },
	{ "check-config", KEY_CHECK, NULL, 0, "Say whether the configuration is valid, and exit", 1 },
	{ "dump-config", KEY_DUMP, NULL, 0, "Print every value with its origin, and exit", 1 },
	{ "list-plugins", KEY_LIST, NULL, 0, "List the installed plugins, and exit", 1 },
	{ "help-plugin", KEY_HELP_PLUGIN, "NAME", 0, "Describe a plugin's options, events and operations, and exit",
	  1 },
	{ "describe", KEY_DESCRIBE, "WHAT", 0,
	  "Print plugins, machine, outputs, or the schema of the log as JSON, and exit", 1 },
	{ "unload", KEY_UNLOAD, NULL, 0,
	  "Remove what a dead daemon left in force, of one plugin (bpflock --unload NAME) or of all", 1 },
	{ "reset-kept", KEY_RESET_KEPT, "NAME", 0,
	  "Remove the maps that a plugin keeps over restarts, while no daemon runs, and exit", 1 },
	{ 0 },
};

static void add_assignment(struct arguments *arguments, const char *assignment)
{
	size_t count = arguments->assignment_count + 2;

	arguments->assignments = xreallocarray(arguments->assignments, count, sizeof(*arguments->assignments));
	arguments->assignments[arguments->assignment_count++] = assignment;
	arguments->assignments[arguments->assignment_count] = NULL;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case 'c':
		arguments->file = argument;
		break;
	case 'o':
		add_assignment(arguments, argument);
		break;
	case KEY_CHECK:
		arguments->command = COMMAND_CHECK;
		break;
	case KEY_DUMP:
		arguments->command = COMMAND_DUMP;
		break;
	case KEY_LIST:
		arguments->command = COMMAND_LIST;
		break;
	case KEY_HELP_PLUGIN:
		arguments->command = COMMAND_HELP_PLUGIN;
		arguments->plugin = argument;
		break;
	case KEY_DESCRIBE:
		arguments->command = COMMAND_DESCRIBE;
		arguments->what = argument;
		break;
	case KEY_UNLOAD:
		arguments->command = COMMAND_UNLOAD;
		break;
	case KEY_RESET_KEPT:
		arguments->command = COMMAND_RESET_KEPT;
		arguments->plugin = argument;
		break;
	case ARGP_KEY_ARG:
		if (arguments->command == COMMAND_UNLOAD && !arguments->plugin) {
			arguments->plugin = argument;
			break;
		}
		argp_error(state, "unexpected argument '%s'", argument);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Locks and audits this machine with eBPF.\v"
	       "Without a command it runs in the foreground until it gets SIGTERM or SIGINT; SIGHUP "
	       "reads the configuration anew.\n\n"
	       "Exit status: 0; 1 other failure; 2 configuration; 69 the kernel lacks something; "
	       "75 another instance runs; 77 missing privilege, or an enforcer in a pid namespace of its own.",
};

static int run(const struct arguments *arguments, const struct config_sources *sources)
{
	switch (arguments->command) {
	case COMMAND_CHECK:
		return command_check_config(sources);
	case COMMAND_DUMP:
		return command_dump_config(sources);
	case COMMAND_LIST:
		return command_list_plugins(sources);
	case COMMAND_HELP_PLUGIN:
		return command_help_plugin(sources, arguments->plugin);
	case COMMAND_DESCRIBE:
		return command_describe(sources, arguments->what);
	case COMMAND_UNLOAD:
		return unload(arguments->plugin);
	case COMMAND_RESET_KEPT:
		return reset_kept(arguments->plugin);
	case COMMAND_RUN:
		break;
	}
	return daemon_run(sources);
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct config_sources sources;
	int status;

	/* Without a stream there is nowhere to say so. */
	if (streams_open() < 0)
		return EXIT_FAILURE;
	crash_install();
	/* EX_USAGE of argp is not one of ours: a bad command line is a bad configuration. */
	argp_err_exit_status = EXIT_CONFIG;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	sources = (struct config_sources){
		.file = arguments.file,
		.main_file = BPFLOCK_CONFIG_DIR "/bpflock.conf",
		.drop_in_dir = BPFLOCK_CONFIG_DIR "/conf.d",
		.environment = (const char *const *)environ,
		.assignments = arguments.assignments,
	};
	status = run(&arguments, &sources);
	free(arguments.assignments);
	return status;
}
