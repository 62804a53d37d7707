/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a line of the log, and any strings as a record: what logfmt_write() has written, logfmt_read() must
 * give back.
 */
#include <string.h>

#include "fuzz.h"
#include "log/log.h"
#include "log/logfmt_reader.h"
#include "util/memory.h"

/* The separator of the strings of an input. */
#define SEPARATOR '\xff'

static const char *const keys[] = { "operation", "comm", "pcomm", "filename", "argv", "unit" };

/* What is expected next. */
struct expected {
	const struct log_record *record;
	size_t place;
	size_t head; /* time, level, bpfprog, subsys and event are not compared here */
};

/* The strings of a list are separated by blanks. */
static void compare(const struct log_field *field, const char *value, size_t length)
{
	const char *bytes = field->string.bytes;
	size_t size = field->string.length;

	if (field->kind == LOG_STRV && size && !bytes[size - 1])
		size--;
	MUST(size == length);
	for (size_t i = 0; i < size; i++)
		MUST(value[i] == (field->kind == LOG_STRV && !bytes[i] ? ' ' : bytes[i]));
}

static void expect(void *context, const char *key, const char *value, size_t length)
{
	static const char *const head[] = { "time", "level", "bpfprog", "subsys", "event" };
	struct expected *expected = context;
	const struct log_field *field = &expected->record->fields[expected->place];

	if (expected->head < ARRAY_SIZE(head)) {
		MUST(strcmp(key, head[expected->head++]) == 0);
		return;
	}
	MUST(expected->place++ < expected->record->field_count);
	MUST(strcmp(key, field->key) == 0);
	compare(field, value, length);
}

static void write_and_read(const struct log_record *record)
{
	static char line[LOG_LINE_MAX];
	struct expected expected = { .record = record };
	ssize_t length = logfmt_write(record, line, sizeof(line));

	MUST(length > 0);
	MUST(logfmt_read(line, (size_t)length, expect, &expected) == 0);
	MUST(expected.place == record->field_count);
}

/* A field for each string of the input, as long as there are keys; every other one is a list. */
static void check_record(const char *bytes, size_t size)
{
	struct log_record record = { .subsys = "bpf", .bpfprog = "fuzzed", .event = "fuzzed" };

	for (size_t i = 0; i < ARRAY_SIZE(keys) && size; i++) {
		const char *end = memchr(bytes, SEPARATOR, size);
		size_t length = end ? (size_t)(end - bytes) : size;

		(i % 2 ? log_strv : log_bytes)(&record, keys[i], bytes, length);
		bytes += length + (end != NULL);
		size -= length + (end != NULL);
	}
	log_text(&record, "reason", "denied (baseline)");
	write_and_read(&record);
}

static void ignore(void *context, const char *key, const char *value, size_t length)
{
	size_t *seen = context;

	MUST(*key);
	for (size_t i = 0; i < length; i++)
		*seen += (unsigned char)value[i];
}

static void check_line(const uint8_t *data, size_t size)
{
	CLEANUP(cleanup_free) char *line = malloc(size + !size); /* of its own: a byte read behind it is found */
	size_t seen = 0;

	memcpy(line, data, size);
	(void)logfmt_read(line, size, ignore, &seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > LOG_STRING_MAX)
		return 0;
	check_line(data, size);
	check_record((const char *)data, size);
	return 0;
}
