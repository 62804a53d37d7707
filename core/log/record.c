/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "log/log.h"

/* The sum of the three is LOG_STRING_MAX. */
#define NAME_LENGTH_MAX 1024
#define REMEDY_LENGTH_MAX 2048
#define MESSAGE_LENGTH_MAX (LOG_STRING_MAX - NAME_LENGTH_MAX - REMEDY_LENGTH_MAX)

/* Where the record is full, this returns a spare field that is never logged, so callers need no check. */
static struct log_field *append(struct log_record *record, const char *key, enum log_kind kind)
{
	static struct log_field dropped;
	struct log_field *field = &dropped;

	if (record->field_count < LOG_FIELDS_MAX)
		field = &record->fields[record->field_count++];
	*field = (struct log_field){ .key = key, .kind = kind };
	return field;
}

static void append_string(struct log_record *record, const char *key, enum log_kind kind, const char *bytes,
			  size_t length)
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

void log_octal(struct log_record *record, const char *key, __u64 value)
{
	append(record, key, LOG_OCTAL)->unsigned_value = value;
}

void log_time(struct log_record *record, const char *key, struct timespec time)
{
	append(record, key, LOG_TIME)->time = time;
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

struct log_record log_daemon_record(enum log_level level, const char *event)
{
	struct log_record record = { .level = level, .subsys = "bpflock", .event = event };

	clock_gettime(CLOCK_REALTIME, &record.time);
	return record;
}

static const struct {
	enum log_level level;
	const char *key;
} levels[] = {
	[REPORT_ERROR] = { LOG_LEVEL_ERROR, "error" },
	[REPORT_WARNING] = { LOG_LEVEL_WARNING, "warning" },
	[REPORT_NOTICE] = { LOG_LEVEL_INFO, "notice" },
};

/* A longer text is cut: otherwise the whole line would not fit and be lost. */
static void cut(struct log_record *record, const char *key, const char *text, size_t max)
{
	if (text)
		log_bytes(record, key, text, strnlen(text, max));
}

struct log_record log_of_report(const struct report_item *item)
{
	const char *key = levels[item->level].key;
	struct log_record record = log_daemon_record(levels[item->level].level, item->event);

	record.bpfprog = item->plugin;
	cut(&record, "source", item->where, NAME_LENGTH_MAX);
	cut(&record, key, item->message, MESSAGE_LENGTH_MAX);
	cut(&record, "remedy", item->remedy, REMEDY_LENGTH_MAX);
	if (strlen(item->message) > MESSAGE_LENGTH_MAX)
		log_str(&record, "truncated", key);
	return record;
}
