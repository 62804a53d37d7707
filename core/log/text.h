/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the formats: lists, levels. Private to the log module. */
#ifndef BPFLOCK_LOG_TEXT_H
#define BPFLOCK_LOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "log/log.h"

/* Removes the first string from a LOG_STRV. Returns false where none is left. */
bool log_strv_next(const char **bytes, size_t *length, const char **ret_string, size_t *ret_length);

const char *log_level_name(enum log_level level);

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

/* Room for `length` bytes, which the caller writes; NULL where they do not fit. */
static inline char *log_extend(struct log_buffer *buffer, size_t length)
{
	char *room = buffer->bytes + buffer->length;

	if (length > buffer->size - buffer->length)
		buffer->overflow = true;
	if (buffer->overflow)
		return NULL;
	buffer->length += length;
	return room;
}

/* In the header, so that the length of a constant is a constant. */
static inline void log_put(struct log_buffer *buffer, const void *bytes, size_t length)
{
	char *room = log_extend(buffer, length);

	if (room && length)
		memcpy(room, bytes, length);
}

static inline void log_put_text(struct log_buffer *buffer, const char *text)
{
	log_put(buffer, text, strlen(text));
}

/* RFC 3339 in UTC, to the second or to the nanosecond. */
void log_put_time(struct log_buffer *buffer, const struct timespec *time, bool nanoseconds);
/* The value of a LOG_UINT, LOG_INT, LOG_HEX, LOG_OCTAL or LOG_TIME, as logfmt and the journal have it. */
void log_put_number(struct log_buffer *buffer, const struct log_field *field);

#endif
