/* SPDX-License-Identifier: Apache-2.0 */
/* From text to typed value. */
#ifndef BPFLOCK_CONFIG_VALUE_H
#define BPFLOCK_CONFIG_VALUE_H

#include <stdbool.h>

#include "config/config.h"

/* The longest string, in bytes. */
#define CONFIG_STRING_MAX 4096

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

/* An error about an option; the message begins with its section and key. */
struct report_item *config_complain(const struct config_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Adds what `text` says to `value`: one item, or those of a list. Returns 0, or -EINVAL when something
 * was reported at `place`.
 */
int config_value_append(struct config_value *value, const char *text,
			const struct config_place *place);

/* Makes it a value without items, from `origin`. */
void config_value_begin(struct config_value *value, const char *origin);
void config_value_clear(struct config_value *value);

#endif
