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
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "log/text.h"
#include "util/utf8.h"

#define INNER_QUOTE "\\\""
#define OUTER_QUOTE "\""

/* A space, the key and '='. */
static void put_key(struct log_buffer *line, const char *key)
{
	size_t length = strlen(key);
	char *room = log_extend(line, length + 2);

	if (!room)
		return;
	*room = ' ';
	*(char *)mempcpy(room + 1, key, length) = '=';
}

/* Where an ASCII character is written as it is. What is not here is escaped everywhere. */
enum {
	UNQUOTED = 1,
	QUOTED = 2,
	IN_LIST = 4, /* a space separates strings there, so one within a string is escaped */
	EVERYWHERE = UNQUOTED | QUOTED | IN_LIST,
};

static const unsigned char places[UCHAR_MAX + 1] = {
	[' '] = QUOTED,		  ['!'] = EVERYWHERE,	      ['#' ... '<'] = EVERYWHERE,
	['='] = QUOTED | IN_LIST, ['>' ... '['] = EVERYWHERE, [']' ... '~'] = EVERYWHERE,
};

/* The length of the first character if it is not ASCII and written as it is; otherwise 0. */
static size_t length_of_wide(const char *bytes, size_t length)
{
	uint32_t code;
	int size = utf8_decode(bytes, length, &code);

	return size <= 1 || utf8_is_control(code) ? 0 : (size_t)size;
}

/* The length of the text at the beginning that is written as it is in this place. */
static size_t run_of(const char *bytes, size_t length, unsigned char place)
{
	size_t run = 0, size;

	do {
		while (run < length && places[(unsigned char)bytes[run]] & place)
			run++;
		size = run < length ? length_of_wide(bytes + run, length - run) : 0;
		run += size;
	} while (size);
	return run;
}

static bool is_plain(const char *bytes, size_t length)
{
	return length && run_of(bytes, length, UNQUOTED) == length;
}

/* Writes both levels of quoting at once, so the backslash of an escape is doubled. */
static void put_escapes(struct log_buffer *line, const char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		const char hex[] = { '\\', '\\', 'x', digits[byte >> 4], digits[byte & 15] };

		if (byte == '\\')
			log_put_text(line, "\\\\\\\\");
		else if (byte == '\n')
			log_put_text(line, "\\\\n");
		else
			log_put(line, hex, sizeof(hex));
	}
}

static void put_content(struct log_buffer *line, const char *bytes, size_t length, unsigned char place)
{
	while (length) {
		size_t size = run_of(bytes, length, place);
		uint32_t code;

		if (size) {
			log_put(line, bytes, size);
		} else {
			size = (size_t)abs(utf8_decode(bytes, length, &code));
			put_escapes(line, bytes, size);
		}
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
	log_put_text(line, quote);
	put_content(line, bytes, length, QUOTED);
	log_put_text(line, quote);
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
	log_put_text(line, INNER_QUOTE);
	do {
		log_put_text(line, separator);
		put_content(line, string, string_length, IN_LIST);
		separator = " ";
	} while (log_strv_next(&bytes, &length, &string, &string_length));
	log_put_text(line, INNER_QUOTE);
}

static void put_field(struct log_buffer *line, const struct log_field *field)
{
	put_key(line, field->key);
	switch (field->kind) {
	case LOG_UINT:
	case LOG_INT:
	case LOG_HEX:
	case LOG_OCTAL:
	case LOG_TIME:
		log_put_number(line, field);
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
	log_put_text(line, " msg=\"event=");
	put_string(line, INNER_QUOTE, record->event, strlen(record->event));
	for (size_t i = 0; i < record->field_count; i++)
		if (!record->fields[i].json_only)
			put_field(line, &record->fields[i]);
	log_put_text(line, "\"");
}

ssize_t logfmt_write(const struct log_record *record, char *buffer, size_t size)
{
	struct log_buffer line = { .bytes = buffer, .size = size };

	log_put_text(&line, "time=\"");
	log_put_time(&line, &record->time, false);
	log_put_text(&line, "\" level=");
	log_put_text(&line, log_level_name(record->level));
	put_message(&line, record);
	if (record->bpfprog) {
		log_put_text(&line, " bpfprog=");
		put_string(&line, OUTER_QUOTE, record->bpfprog, strlen(record->bpfprog));
	}
	log_put_text(&line, " subsys=");
	log_put_text(&line, record->subsys);
	log_put(&line, "\n", 1);
	return line.overflow ? -ENOBUFS : (ssize_t)line.length;
}
