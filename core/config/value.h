/* SPDX-License-Identifier: Apache-2.0 */
/* Turns texts into typed values. */
#ifndef BPFLOCK_CONFIG_VALUE_H
#define BPFLOCK_CONFIG_VALUE_H

#include <stdbool.h>

#include "config/config.h"

/* The longest string, in bytes. */
#define CONFIG_STRING_MAX 4096

/**
 * struct config_place - the place of an error
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

/* Reports an error about an option. The message begins with its section and key. */
struct report_item *config_complain(const struct config_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns 0, or -EINVAL for what is neither a yes nor a no. Reports nothing. */
int config_parse_bool(const char *text, __u64 *ret);

/*
 * Parses `text` and adds it to `value`: one item, or the items of a list. Returns 0, or -EINVAL when an error was
 * reported at `place`.
 */
int config_value_append(struct config_value *value, const char *text, const struct config_place *place);

/* Removes all items, and sets the origin. */
void config_value_begin(struct config_value *value, const char *origin);
void config_value_clear(struct config_value *value);

#endif
