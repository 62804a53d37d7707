/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "kit.h"
#include "util/memory.h"

static const struct verb {
	const char *name;
	const char *arguments;
	const char *summary;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "check", "FILE...", "what is wrong with a plugin, as far as that can be seen without running it",
	  verb_check },
	{ "doc", "FILE", "the manual page of a plugin, from its tables", verb_doc },
	{ "new", "NAME", "a new plugin that builds and runs, for its author to go on from", verb_new },
};

static int print_help(FILE *stream, int status)
{
	fputs("Usage: bpflock-plugin VERB [ARGUMENT...]\n\n", stream);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(stream, "  %-6s %-16s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].summary);
	fputs("\n`bpflock-plugin VERB --help` lists the options of a verb.\n", stream);
	return status;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return print_help(stdout, EXIT_SUCCESS);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("bpflock-plugin " BPFLOCK_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; argc >= 2 && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (argc >= 2)
		fprintf(stderr, "bpflock-plugin: there is no verb '%s'\n", argv[1]);
	return print_help(stderr, EX_USAGE);
}
