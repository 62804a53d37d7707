/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about the configuration, in the words that all of them share. */
#ifndef BPFLOCK_CONFIG_COMPLAIN_H
#define BPFLOCK_CONFIG_COMPLAIN_H

#include <stdbool.h>

#include "util/report.h"

/**
 * struct config_place - what a finding is about
 * @where:   see struct report_item
 * @section: the section, and @key in it
 * @plugin:  the section is a plugin's
 */
struct config_place {
	struct report *report;
	const char *where;
	const char *section;
	const char *key;
	bool plugin;
};

/* An error at a place that is no option: a line that cannot be read, an unknown section. */
struct report_item *config_error(struct report *report, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An error about an option; the message begins with its section and key. */
struct report_item *config_complain(const struct config_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
