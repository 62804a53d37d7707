/* SPDX-License-Identifier: Apache-2.0 */
#include "log/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/memory.h"

bool log_strv_next(const char **bytes, size_t *length, const char **ret_string, size_t *ret_length)
{
	size_t taken;

	if (!*length)
		return false;
	*ret_string = *bytes;
	*ret_length = strnlen(*bytes, *length);
	taken = *ret_length < *length ? *ret_length + 1 : *length;
	*bytes += taken;
	*length -= taken;
	return true;
}

void log_time_text(const struct timespec *time, bool nanoseconds, char ret[LOG_TIME_SIZE])
{
	struct tm parts = { .tm_year = 70, .tm_mday = 1 };
	size_t length;

	gmtime_r(&time->tv_sec, &parts);
	length = strftime(ret, LOG_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
	if (nanoseconds)
		snprintf(ret + length, LOG_TIME_SIZE - length, ".%09ldZ", time->tv_nsec);
	else
		snprintf(ret + length, LOG_TIME_SIZE - length, "Z");
}

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = {
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_ERROR] = "error",
	};

	return names[level];
}

void log_number_text(const struct log_field *field, char ret[LOG_TIME_SIZE])
{
	if (field->kind == LOG_TIME)
		log_time_text(&field->time, false, ret);
	else if (field->kind == LOG_INT)
		snprintf(ret, LOG_TIME_SIZE, "%" PRId64, (int64_t)field->signed_value);
	else if (field->kind == LOG_HEX)
		snprintf(ret, LOG_TIME_SIZE, "0x%" PRIx64, (uint64_t)field->unsigned_value);
	else if (field->kind == LOG_OCTAL)
		snprintf(ret, LOG_TIME_SIZE, "%#" PRIo64, (uint64_t)field->unsigned_value);
	else
		snprintf(ret, LOG_TIME_SIZE, "%" PRIu64, (uint64_t)field->unsigned_value);
}

void log_put(struct log_buffer *buffer, const void *bytes, size_t length)
{
	if (length > buffer->size - buffer->length)
		buffer->overflow = true;
	if (buffer->overflow || !length)
		return;
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
}
