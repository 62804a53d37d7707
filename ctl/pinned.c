/* SPDX-License-Identifier: Apache-2.0 */
#include "pinned.h"

#include <bpflock/protected.h>
#include <glob.h>
#include <string.h>

#include "util/memory.h"

/* Only enforcers pin a generation: see docs/architecture.md. */
#define GENERATIONS BPFLOCK_PINS "/v*/plugins/*/g[0-9]*"

/* "NAME (generation N)" */
static void append_generation(char **list, const char *path)
{
	const char *generation = strrchr(path, '/');
	const char *name = memrchr(path, '/', (size_t)(generation - path));

	xappend(list, ", ", "%.*s (generation %s)", (int)(generation - name - 1), name + 1, generation + 2);
}

void pinned_print(FILE *stream)
{
	CLEANUP(cleanup_free) char *list = xstrdup("");
	glob_t found = { 0 };

	if (glob(GENERATIONS, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			append_generation(&list, found.gl_pathv[i]);
	globfree(&found);
	if (*list)
		fprintf(stream,
			"Pinned below " BPFLOCK_PINS ", and in force: %s.\n"
			"Start bpflock to take over, or remove this by bpflock --unload.\n",
			list);
	else
		fputs("Nothing is pinned below " BPFLOCK_PINS ": no enforcer is in force.\n", stream);
}
