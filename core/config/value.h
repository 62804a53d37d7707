/* SPDX-License-Identifier: Apache-2.0 */
/* From text to typed value. */
#ifndef BPFLOCK_CONFIG_VALUE_H
#define BPFLOCK_CONFIG_VALUE_H

#include "config/complain.h"
#include "config/config.h"

/* The longest string, in bytes. */
#define CONFIG_STRING_MAX 4096

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
