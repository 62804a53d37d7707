/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the formats: lists, levels. Private to the log module. */
#ifndef BPFLOCK_LOG_TEXT_H
#define BPFLOCK_LOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/log.h"

/* Removes the first string from a LOG_STRV. Returns false where none is left. */
bool log_strv_next(const char **bytes, size_t *length, const char **ret_string, size_t *ret_length);

const char *log_level_name(enum log_level level);

/* The value of a LOG_UINT, LOG_INT, LOG_HEX or LOG_TIME, as logfmt and the journal have it. */
void log_number_text(const struct log_field *field, char ret[LOG_TIME_SIZE]);

/**
 * struct log_buffer - a text that is being written
 * @overflow: something did not fit; nothing was written since
 */
struct log_buffer {
	char *bytes;
	size_t size;
	size_t length;
	bool overflow;
};

void log_put(struct log_buffer *buffer, const void *bytes, size_t length);

#endif
