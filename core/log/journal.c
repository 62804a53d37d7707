/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journald, by its native protocol: one datagram of fields. libsystemd's sd_journal_sendv() is not used. It blocks
 * while the socket's queue is full because journald does not read. And it returns success where the socket does not
 * exist, so that losses could not be counted.
 *
 *   NAME=value\n                                  where the value has no newline
 *   NAME\n, 64 bits little-endian of length, value\n   for any value
 *
 * MESSAGE= is the line that the other outputs get. BPFLOCK_EVENT=, BPFLOCK_PLUGIN= and a BPFLOCK_KEY= for each field
 * of the record have the values without quotes.
 */
#include <ctype.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "log/keys.h"
#include "log/sink.h"
#include "log/text.h"
#include "util/memory.h"

#define MESSAGE "MESSAGE="

/* If a line fits into LOG_LINE_MAX, its fields fit here: values have no escapes, and names get 64 bytes each. */
#define DATAGRAM_MAX (LOG_LINE_MAX + LOG_FIELDS_MAX * 64)

static void put_name(struct log_buffer *datagram, const char *key)
{
	log_put(datagram, "BPFLOCK_", strlen("BPFLOCK_"));
	for (; *key; key++) {
		char letter = (char)toupper((unsigned char)*key);

		log_put(datagram, &letter, 1);
	}
}

static void put_bytes(struct log_buffer *datagram, const char *key, const char *bytes, size_t length)
{
	uint64_t size = htole64(length);

	put_name(datagram, key);
	if (memchr(bytes, '\n', length)) {
		log_put(datagram, "\n", 1);
		log_put(datagram, &size, sizeof(size));
	} else {
		log_put(datagram, "=", 1);
	}
	log_put(datagram, bytes, length);
	log_put(datagram, "\n", 1);
}

static void put_text(struct log_buffer *datagram, const char *key, const char *text)
{
	put_bytes(datagram, key, text, strlen(text));
}

/* Strings, separated by single spaces. A string may contain spaces too: only MESSAGE= is unambiguous. */
static void put_list(struct log_buffer *datagram, const char *key, const char *bytes, size_t length)
{
	char list[LOG_STRING_MAX];

	if (length && !bytes[length - 1])
		length--;
	if (length > sizeof(list)) {
		datagram->overflow = true;
		return;
	}
	memcpy(list, bytes, length);
	for (size_t i = 0; i < length; i++)
		if (!list[i])
			list[i] = ' ';
	put_bytes(datagram, key, list, length);
}

static void put_field(struct log_buffer *datagram, const struct log_field *field)
{
	switch (field->kind) {
	case LOG_UINT:
	case LOG_INT:
	case LOG_HEX:
	case LOG_OCTAL:
	case LOG_TIME:
		put_name(datagram, field->key);
		log_put(datagram, "=", 1);
		log_put_number(datagram, field);
		log_put(datagram, "\n", 1);
		break;
	case LOG_STRV:
		put_list(datagram, field->key, field->string.bytes, field->string.length);
		break;
	case LOG_STR:
	case LOG_TEXT:
		put_bytes(datagram, field->key, field->string.bytes, field->string.length);
		break;
	}
}

/* A denial is no fault of the daemon, so its line says info. Whoever asks the journal for warnings wants to see it. */
static int priority_of(const struct log_record *record)
{
	enum log_level level = record->level;

	if (record->denied && level == LOG_LEVEL_INFO)
		level = LOG_LEVEL_WARNING;
	return log_priority(level);
}

static void put_record(struct log_buffer *datagram, const struct log_record *record)
{
	char common[64];

	log_put(datagram, common,
		(size_t)snprintf(common, sizeof(common), "PRIORITY=%d\nSYSLOG_IDENTIFIER=bpflock\n",
				 priority_of(record)));
	put_text(datagram, log_keys[LOG_KEY_EVENT], record->event);
	if (record->bpfprog)
		put_text(datagram, log_keys[LOG_KEY_PLUGIN], record->bpfprog);
	for (size_t i = 0; i < record->field_count; i++)
		put_field(datagram, &record->fields[i]);
}

static int open_journal(struct log_sink *sink, struct report *report)
{
	return log_datagram_open(sink, "systemd-journald", report);
}

/* A piece without a byte stands for fields that do not fit. */
static void collect_fields(struct log_sink *sink, const struct log_record *record)
{
	struct log_collected *fields = &sink->fields;
	struct log_buffer datagram = { .size = DATAGRAM_MAX };

	fields->bytes = xgrow(fields->bytes, &fields->size, fields->length + DATAGRAM_MAX, 1);
	fields->ends = xgrow(fields->ends, &fields->max, fields->count + 1, sizeof(*fields->ends));
	datagram.bytes = fields->bytes + fields->length;
	put_record(&datagram, record);
	if (!datagram.overflow)
		fields->length += datagram.length;
	fields->ends[fields->count++] = fields->length;
}

static void put_line(struct log_sink *sink, const struct log_lines *lines, size_t number)
{
	const struct log_collected *fields = &sink->fields;
	const struct log_line *line = &lines->lines[number];
	size_t begin = log_lines_at(lines, number), fields_begin = number ? fields->ends[number - 1] : 0;
	struct iovec parts[] = {
		{ .iov_base = (void *)(uintptr_t)MESSAGE, .iov_len = strlen(MESSAGE) },
		{ .iov_base = (void *)(uintptr_t)(lines->text + begin), .iov_len = line->end - begin },
		{ .iov_base = fields->bytes + fields_begin, .iov_len = fields->ends[number] - fields_begin },
	};

	if (parts[2].iov_len)
		log_datagram_put(sink, line, parts, ARRAY_SIZE(parts));
	else
		log_loss_add_line(&sink->writer.lost, line);
}

static void put_journal(struct log_sink *sink, const struct log_lines *lines, struct report *report)
{
	(void)report;
	for (size_t i = 0; i < lines->count; i++)
		put_line(sink, lines, i);
	sink->fields.length = 0;
	sink->fields.count = 0;
}

static void close_journal(struct log_sink *sink)
{
	log_datagram_close(sink);
	free(sink->fields.bytes);
	free(sink->fields.ends);
	sink->fields = (struct log_collected){ 0 };
}

const struct log_sink_type log_journal = {
	.name = "journal",
	.open = open_journal,
	.collect = collect_fields,
	.put = put_journal,
	.close = close_journal,
};
