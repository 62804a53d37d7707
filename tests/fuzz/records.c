/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a record of the ring. A record that the tables describe must become one line of either
 * format, whatever the size of the buffer, and the line must say what the record says.
 */
#include "records.h"

#include <errno.h>
#include <json-c/json_object.h>
#include <string.h>

#include "bus/bus.h"
#include "fuzz.h"
#include "log/text.h"
#include "strict_json.h"
#include "util/memory.h"

static const struct bpflock_value kinds[] = { { "file", 1, NULL }, { "a socket", 2, NULL } };

#define NUMBER(member, field_type) BPFLOCK_FIELD(struct numbers, member, field_type, "s")
#define ENUM(member)                                                                                       \
	{                                                                                                  \
		.name = #member, .summary = "s", .type = BPFLOCK_FIELD_ENUM,                               \
		.size = sizeof(((struct numbers *)0)->member), .offset = offsetof(struct numbers, member), \
		.values = BPFLOCK_TABLE(kinds)                                                             \
	}

static const struct bpflock_field number_fields[] = {
	NUMBER(u64, BPFLOCK_FIELD_UINT),
	NUMBER(u32, BPFLOCK_FIELD_UINT),
	NUMBER(u16, BPFLOCK_FIELD_UINT),
	NUMBER(u8, BPFLOCK_FIELD_UINT),
	NUMBER(s64, BPFLOCK_FIELD_INT),
	NUMBER(s32, BPFLOCK_FIELD_INT),
	NUMBER(s16, BPFLOCK_FIELD_INT),
	NUMBER(s8, BPFLOCK_FIELD_INT),
	NUMBER(h64, BPFLOCK_FIELD_HEX),
	NUMBER(h32, BPFLOCK_FIELD_HEX),
	NUMBER(h16, BPFLOCK_FIELD_HEX),
	NUMBER(h8, BPFLOCK_FIELD_HEX),
	ENUM(e64),
	ENUM(e32),
	ENUM(e16),
	ENUM(e8),
	NUMBER(retval, BPFLOCK_FIELD_ERRNO),
};

static const struct bpflock_field string_fields[] = {
	BPFLOCK_FIELD(struct strings, retval, BPFLOCK_FIELD_ERRNO, "s"),
	BPFLOCK_FIELD(struct strings, name, BPFLOCK_FIELD_STR, "s"),
	BPFLOCK_FIELD(struct strings, path, BPFLOCK_FIELD_STR, "s"),
	BPFLOCK_FIELD(struct strings, words, BPFLOCK_FIELD_STRV, "s"),
};

static const struct bpflock_field longest_fields[] = {
	BPFLOCK_FIELD(struct longest, path, BPFLOCK_FIELD_STR, "s"),
	BPFLOCK_FIELD(struct longest, words, BPFLOCK_FIELD_STRV, "s"),
};

static const struct bpflock_field paths_fields[] = {
	BPFLOCK_FIELD_WITH(BPFLOCK_FIELD_OPTIONAL, struct paths, euid, BPFLOCK_FIELD_UINT, "s"),
	BPFLOCK_FIELD(struct paths, cwd, BPFLOCK_FIELD_PATH, "s"),
	BPFLOCK_FIELD(struct paths, file, BPFLOCK_FIELD_PATH, "s"),
};

static const struct bpflock_field form_fields[] = {
	BPFLOCK_FIELD(struct forms, ip4, BPFLOCK_FIELD_IP4, "s"),
	BPFLOCK_FIELD(struct forms, ip6, BPFLOCK_FIELD_IP6, "s"),
	BPFLOCK_FIELD(struct forms, mac, BPFLOCK_FIELD_MAC, "s"),
	BPFLOCK_FIELD(struct forms, mode, BPFLOCK_FIELD_MODE, "s"),
	BPFLOCK_FIELD(struct forms, mode32, BPFLOCK_FIELD_MODE, "s"),
	BPFLOCK_FIELD(struct forms, owner, BPFLOCK_FIELD_UID, "s"),
	BPFLOCK_FIELD(struct forms, since, BPFLOCK_FIELD_TIME, "s"),
};

static const struct bpflock_event_type events[] = {
	{ .type = NUMBERS, .name = "numbers", .summary = "s", .fields = BPFLOCK_TABLE(number_fields) },
	{ .type = STRINGS, .name = "strings", .summary = "s", .fields = BPFLOCK_TABLE(string_fields) },
	{ .type = LONG, .name = "longest", .summary = "s", .fields = BPFLOCK_TABLE(longest_fields) },
	{ .type = PATHS, .name = "paths", .summary = "s", .fields = BPFLOCK_TABLE(paths_fields) },
	{ .type = FORMS, .name = "forms", .summary = "s", .fields = BPFLOCK_TABLE(form_fields) },
	{ .type = NOBODYS,
	  .flags = BPFLOCK_EVENT_NO_TASK,
	  .name = "nobodys",
	  .summary = "s",
	  .fields = BPFLOCK_TABLE(form_fields) },
	{ .type = DECISION, .flags = BPFLOCK_EVENT_DECISION, .name = "decided", .summary = "s" },
};

static struct operation operation_items[] = {
	{ .name = (char *)(uintptr_t) "door", .text = (char *)(uintptr_t) "the door", .index = 1 },
};

static struct plugin plugin = {
	.name = (char *)(uintptr_t) "fuzzed",
	.descriptor = { .events = BPFLOCK_TABLE(events) },
	.operations = { operation_items, ARRAY_SIZE(operation_items) },
};

static const struct bus_source source = { .plugin = &plugin };

typedef ssize_t (*format)(const struct log_record *record, char *buffer, size_t size);

/* A text that is taken apart from its beginning. */
struct reader {
	const char *at;
	const char *end;
};

static void take(struct reader *reader, const char *bytes, size_t length)
{
	MUST((size_t)(reader->end - reader->at) >= length);
	MUST(memcmp(reader->at, bytes, length) == 0);
	reader->at += length;
}

static void take_text(struct reader *reader, const char *text)
{
	take(reader, text, strlen(text));
}

static char take_byte(struct reader *reader)
{
	MUST(reader->at < reader->end);
	return *reader->at++;
}

/* Unquotes the text of msg as any reader of logfmt does: \" and \\ are all that it knows. */
static size_t take_message(struct reader *reader, char *ret)
{
	size_t length = 0;

	for (;;) {
		char byte = take_byte(reader);

		if (byte == '"')
			return length;
		if (byte == '\\') {
			byte = take_byte(reader);
			MUST(byte == '"' || byte == '\\');
		}
		ret[length++] = byte;
	}
}

static unsigned int take_digit(struct reader *reader)
{
	const char *digits = "0123456789abcdef";
	const char *digit = strchr(digits, take_byte(reader));

	MUST(digit && *digit);
	return (unsigned int)(digit - digits);
}

/* One byte between quotes inside msg: \\, \n and \xNN, and never a quote. */
static char take_quoted(struct reader *reader, bool in_list)
{
	char byte = take_byte(reader);
	unsigned int high;

	MUST(byte != '"' && (unsigned char)byte >= ' ' && byte != 0x7f && !(in_list && byte == ' '));
	if (byte != '\\')
		return byte;
	byte = take_byte(reader);
	if (byte == 'n')
		return '\n';
	if (byte == '\\')
		return byte;
	MUST(byte == 'x');
	high = take_digit(reader);
	return (char)(high << 4 | take_digit(reader));
}

static void take_plain(struct reader *reader, const char *bytes, size_t length)
{
	MUST(length > 0);
	for (size_t i = 0; i < length; i++)
		MUST((unsigned char)bytes[i] > ' ' && !strchr("=\"\\\x7f", bytes[i]));
	take(reader, bytes, length);
}

static void take_string(struct reader *reader, const char *bytes, size_t length)
{
	if (reader->at == reader->end || *reader->at != '"') {
		take_plain(reader, bytes, length);
		return;
	}
	take_text(reader, "\"");
	for (size_t i = 0; i < length; i++)
		MUST(take_quoted(reader, false) == bytes[i]);
	take_text(reader, "\"");
}

static void take_list(struct reader *reader, const char *bytes, size_t length)
{
	const char *string, *separator = "";
	size_t string_length;

	if (reader->at == reader->end || *reader->at != '"') {
		MUST(log_strv_next(&bytes, &length, &string, &string_length));
		MUST(length == 0);
		take_plain(reader, string, string_length);
		return;
	}
	take_text(reader, "\"");
	while (log_strv_next(&bytes, &length, &string, &string_length)) {
		take_text(reader, separator);
		for (size_t i = 0; i < string_length; i++)
			MUST(take_quoted(reader, true) == string[i]);
		separator = " ";
	}
	take_text(reader, "\"");
}

static void take_number(struct reader *reader, const struct log_field *field)
{
	char text[LOG_TIME_SIZE];

	if (field->kind == LOG_TIME)
		log_time_text(&field->time, false, text);
	else if (field->kind == LOG_INT)
		snprintf(text, sizeof(text), "%lld", field->signed_value);
	else if (field->kind == LOG_OCTAL)
		snprintf(text, sizeof(text), "%#llo", field->unsigned_value);
	else
		snprintf(text, sizeof(text), field->kind == LOG_HEX ? "0x%llx" : "%llu", field->unsigned_value);
	take_text(reader, text);
}

static void take_field(struct reader *reader, const struct log_field *field)
{
	take_text(reader, " ");
	take_text(reader, field->key);
	take_text(reader, "=");
	if (field->kind == LOG_STR)
		take_string(reader, field->string.bytes, field->string.length);
	else if (field->kind == LOG_STRV)
		take_list(reader, field->string.bytes, field->string.length);
	else if (field->kind == LOG_TEXT)
		take(reader, field->string.bytes, field->string.length);
	else
		take_number(reader, field);
}

static void check_logfmt(const struct log_record *record, const char *line, size_t length)
{
	static char text[LOG_LINE_MAX];
	char time[LOG_TIME_SIZE];
	struct reader outer = { line, line + length };
	struct reader inner = { .at = text };

	log_time_text(&record->time, false, time);
	take_text(&outer, "time=\"");
	take_text(&outer, time);
	take_text(&outer, "\" level=info msg=\"");
	inner.end = text + take_message(&outer, text);
	take_text(&outer, " bpfprog=fuzzed subsys=bpf\n");
	MUST(outer.at == outer.end);

	take_text(&inner, "event=");
	take_text(&inner, record->event);
	for (size_t i = 0; i < record->field_count; i++)
		if (!record->fields[i].json_only)
			take_field(&inner, &record->fields[i]);
	MUST(inner.at == inner.end);
}

static void check_member(const struct json_object *object, const struct log_field *field)
{
	struct json_object *value;

	MUST(json_object_object_get_ex(object, field->key, &value));
	switch (field->kind) {
	case LOG_UINT:
	case LOG_HEX:
	case LOG_OCTAL:
		MUST(json_object_get_uint64(value) == field->unsigned_value);
		break;
	case LOG_INT:
		MUST(json_object_get_int64(value) == field->signed_value);
		break;
	case LOG_STRV:
		MUST(json_object_is_type(value, json_type_array));
		break;
	case LOG_TIME:
	case LOG_STR:
	case LOG_TEXT:
		MUST(json_object_is_type(value, json_type_string));
		break;
	}
}

static void check_json(const struct log_record *record, const char *line, size_t length)
{
	struct json_object *object = parse_strictly(line, length - 1);

	MUST(object);
	for (size_t i = 0; i < record->field_count; i++)
		check_member(object, &record->fields[i]);
	json_object_put(object);
}

/* The line fits, or there is none; the buffer has no byte more than it says. */
static void check_buffer(const struct log_record *record, format write, const char *line, size_t length, size_t size)
{
	CLEANUP(cleanup_free) char *buffer = malloc(size);
	ssize_t written = write(record, buffer, size);

	MUST(written == (size < length ? -ENOBUFS : (ssize_t)length));
	MUST(written < 0 || memcmp(buffer, line, length) == 0);
}

static void check_format(const struct log_record *record, format write,
			 void (*check)(const struct log_record *record, const char *line, size_t length), size_t size)
{
	static char line[LOG_LINE_MAX];
	ssize_t length = write(record, line, sizeof(line));

	MUST(length > 0);
	MUST(memchr(line, '\n', (size_t)length) == line + length - 1);
	check(record, line, (size_t)length);
	check_buffer(record, write, line, (size_t)length, size);
	check_buffer(record, write, line, (size_t)length, (size_t)length);
	check_buffer(record, write, line, (size_t)length, (size_t)length - 1);
}

static void check_formats(const struct log_record *record, size_t size)
{
	check_format(record, logfmt_write, check_logfmt, size);
	check_format(record, json_write, check_json, size);
}

static void check_record(void *record, size_t size, size_t buffer_size)
{
	const __s64 boot_time = 1644578226000000000;
	struct bpflock_event *event = record;
	struct decoded_record decoded;

	if (size >= sizeof(*event))
		event->type %= TYPES;
	if (record_decode(&source, record, size, boot_time, &decoded) < 0)
		return;
	check_formats(&decoded.record, buffer_size);
	if (event->type == DECISION) {
		record_add_count(&decoded.record, size);
		check_formats(&decoded.record, buffer_size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(cleanup_free) void *record = NULL;
	struct input_head head;

	if (size <= sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	size -= sizeof(head);
	record = malloc(size); /* of its own: a byte read behind it is found */
	memcpy(record, data + sizeof(head), size);
	check_record(record, size, head.buffer_size);
	return 0;
}
