/* SPDX-License-Identifier: Apache-2.0 */
/* Suggestions for a mistyped name: the nearest valid names. */
#ifndef BPFLOCK_CONFIG_SUGGEST_H
#define BPFLOCK_CONFIG_SUGGEST_H

#include <stddef.h>

#include "util/report.h"

/* A list of valid names, built while an error is reported. */
struct config_names {
	char **items;
	size_t count;
};

void config_names_add(struct config_names *names, const char *name);
void config_names_clear(struct config_names *names);

/* Sets the remedy "did you mean 'NEAREST'? valid: ALL", without the question where no name is near. */
void config_suggest(struct report_item *item, const struct config_names *valid, const char *text);

/* For long lists: names only the nearest ones, at any distance. */
void config_suggest_nearest(struct report_item *item, const struct config_names *valid, const char *text);

#endif
