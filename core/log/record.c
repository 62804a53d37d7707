/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "log/log.h"

/* The field that a full record drops is written to a spare one, so that callers need no check. */
static struct log_field *append(struct log_record *record, const char *key, enum log_kind kind)
{
	static struct log_field dropped;
	struct log_field *field = &dropped;

	if (record->field_count < LOG_FIELDS_MAX)
		field = &record->fields[record->field_count++];
	*field = (struct log_field){ .key = key, .kind = kind };
	return field;
}

static void append_string(struct log_record *record, const char *key, enum log_kind kind,
			  const char *bytes, size_t length)
{
	struct log_field *field = append(record, key, kind);

	field->string.bytes = bytes;
	field->string.length = length;
}

void log_uint(struct log_record *record, const char *key, __u64 value)
{
	append(record, key, LOG_UINT)->unsigned_value = value;
}

void log_int(struct log_record *record, const char *key, __s64 value)
{
	append(record, key, LOG_INT)->signed_value = value;
}

void log_hex(struct log_record *record, const char *key, __u64 value)
{
	append(record, key, LOG_HEX)->unsigned_value = value;
}

void log_str(struct log_record *record, const char *key, const char *text)
{
	append_string(record, key, LOG_STR, text, strlen(text));
}

void log_bytes(struct log_record *record, const char *key, const char *bytes, size_t length)
{
	append_string(record, key, LOG_STR, bytes, length);
}

void log_strv(struct log_record *record, const char *key, const char *bytes, size_t length)
{
	append_string(record, key, LOG_STRV, bytes, length);
}

void log_text(struct log_record *record, const char *key, const char *text)
{
	append_string(record, key, LOG_TEXT, text, strlen(text));
}

struct log_record log_own(enum log_level level, const char *event)
{
	struct log_record record = { .level = level, .subsys = "bpflock", .event = event };

	clock_gettime(CLOCK_REALTIME, &record.time);
	return record;
}
