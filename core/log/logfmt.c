/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logfmt: time="…" level=… msg="event=… key=value …" bpfprog=… subsys=…
 *
 * Attackers choose names. Two levels of quoting prevent that a name forges a field or a line:
 *
 *  1. The text of msg consists of key=value pairs. There a value is put in "…" where necessary, with
 *     the escapes \\, \n and \xNN. A quote is \x22, so no third quote is between two quotes.
 *  2. msg="…" quotes that text again, with the two escapes that every logfmt reader knows:
 *     " becomes \" and \ becomes \\.
 *
 * So the name `a"b` is "a\x22b" in the text of msg and \"a\\x22b\" in the line. A reader that
 * unquotes msg gets the text of level 1, which is unambiguous. With only one level of escapes,
 * \x22 would become a quote that ends the value. In the line \" occurs only around values, so the
 * line is also unambiguous for grep.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log/keys.h"
#include "log/text.h"
#include "util/utf8.h"

#define INNER_QUOTE "\\\""
#define OUTER_QUOTE "\""

static void put_text(struct log_buffer *line, const char *text)
{
	log_put(line, text, strlen(text));
}

static void put_key(struct log_buffer *line, const char *separator, const char *key)
{
	put_text(line, separator);
	put_text(line, key);
	put_text(line, "=");
}

enum shape { PLAIN, QUOTED, ESCAPED };

static enum shape shape_of(uint32_t code)
{
	if (code == ' ' || code == '=')
		return QUOTED;
	return code == '"' || code == '\\' || utf8_is_control(code) ? ESCAPED : PLAIN;
}

/* Returns the length of the first character, or of the invalid bytes in its place. */
static size_t next_shape(const char *bytes, size_t length, enum shape *ret)
{
	uint32_t code;
	int size = utf8_decode(bytes, length, &code);

	*ret = size < 0 ? ESCAPED : shape_of(code);
	return (size_t)(size < 0 ? -size : size);
}

static bool is_plain(const char *bytes, size_t length)
{
	enum shape shape = length ? PLAIN : QUOTED;

	for (size_t i = 0; i < length && shape == PLAIN;)
		i += next_shape(bytes + i, length - i, &shape);
	return shape == PLAIN;
}

/* Writes both levels of quoting at once, so the backslash of an escape is doubled. */
static void put_escapes(struct log_buffer *line, const char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		const char hex[] = { '\\', '\\', 'x', digits[byte >> 4], digits[byte & 15] };

		if (byte == '\\')
			put_text(line, "\\\\\\\\");
		else if (byte == '\n')
			put_text(line, "\\\\n");
		else
			log_put(line, hex, sizeof(hex));
	}
}

/* In a list a space separates strings, so a space within a string is escaped. */
static void put_content(struct log_buffer *line, const char *bytes, size_t length, bool in_list)
{
	while (length) {
		enum shape shape;
		size_t size = next_shape(bytes, length, &shape);

		if (shape == ESCAPED || (in_list && *bytes == ' '))
			put_escapes(line, bytes, size);
		else
			log_put(line, bytes, size);
		bytes += size;
		length -= size;
	}
}

static void put_string(struct log_buffer *line, const char *quote, const char *bytes, size_t length)
{
	if (is_plain(bytes, length)) {
		log_put(line, bytes, length);
		return;
	}
	put_text(line, quote);
	put_content(line, bytes, length, false);
	put_text(line, quote);
}

/*
 * Strings, separated by single spaces. An empty list and a list of one empty string look the same. In JSON they
 * differ.
 */
static void put_list(struct log_buffer *line, const char *bytes, size_t length)
{
	const char *string = "", *separator = "";
	size_t string_length = 0;

	if (log_strv_next(&bytes, &length, &string, &string_length) && !length && is_plain(string, string_length)) {
		log_put(line, string, string_length);
		return;
	}
	put_text(line, INNER_QUOTE);
	do {
		put_text(line, separator);
		put_content(line, string, string_length, true);
		separator = " ";
	} while (log_strv_next(&bytes, &length, &string, &string_length));
	put_text(line, INNER_QUOTE);
}

static void put_number(struct log_buffer *line, const struct log_field *field)
{
	char text[LOG_TIME_SIZE];

	log_number_text(field, text);
	put_text(line, text);
}

static void put_field(struct log_buffer *line, const struct log_field *field)
{
	put_key(line, " ", field->key);
	switch (field->kind) {
	case LOG_UINT:
	case LOG_INT:
	case LOG_HEX:
	case LOG_OCTAL:
	case LOG_TIME:
		put_number(line, field);
		break;
	case LOG_STR:
		put_string(line, INNER_QUOTE, field->string.bytes, field->string.length);
		break;
	case LOG_STRV:
		put_list(line, field->string.bytes, field->string.length);
		break;
	case LOG_TEXT:
		log_put(line, field->string.bytes, field->string.length);
		break;
	}
}

static void put_message(struct log_buffer *line, const struct log_record *record)
{
	put_key(line, " ", log_keys[LOG_KEY_MSG]);
	put_key(line, "\"", log_keys[LOG_KEY_EVENT]);
	put_string(line, INNER_QUOTE, record->event, strlen(record->event));
	for (size_t i = 0; i < record->field_count; i++)
		if (!record->fields[i].json_only)
			put_field(line, &record->fields[i]);
	put_text(line, "\"");
}

ssize_t logfmt_write(const struct log_record *record, char *buffer, size_t size)
{
	struct log_buffer line = { .bytes = buffer, .size = size };
	char time[LOG_TIME_SIZE];

	log_time_text(&record->time, false, time);
	put_key(&line, "", log_keys[LOG_KEY_TIME]);
	put_text(&line, "\"");
	put_text(&line, time);
	put_key(&line, "\" ", log_keys[LOG_KEY_LEVEL]);
	put_text(&line, log_level_name(record->level));
	put_message(&line, record);
	if (record->bpfprog) {
		put_key(&line, " ", log_keys[LOG_KEY_BPFPROG]);
		put_string(&line, OUTER_QUOTE, record->bpfprog, strlen(record->bpfprog));
	}
	put_key(&line, " ", log_keys[LOG_KEY_SUBSYS]);
	put_text(&line, record->subsys);
	put_text(&line, "\n");
	return line.overflow ? -ENOBUFS : (ssize_t)line.length;
}
