/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, one object per line. json-c escapes everything that could end the line or the string. Further control
 * characters are escaped here, in the text of json-c.
 */
#include <errno.h>
#include <json-c/json_object.h>
#include <stdio.h>
#include <string.h>

#include "log/keys.h"
#include "log/text.h"
#include "util/json.h"
#include "util/memory.h"
#include "util/utf8.h"

static struct json_object *new_list(const char *bytes, size_t length)
{
	struct json_object *list = json_object_new_array();
	const char *text;
	size_t text_length;

	while (list && log_strv_next(&bytes, &length, &text, &text_length)) {
		struct json_object *string = json_new_text(text, text_length);

		if (!string || json_object_array_add(list, string) < 0) {
			json_object_put(string);
			json_object_put(list);
			return NULL;
		}
	}
	return list;
}

static struct json_object *new_time(const struct timespec *time)
{
	char text[LOG_TIME_SIZE];

	log_time_text(time, true, text);
	return json_object_new_string(text);
}

static struct json_object *new_value(const struct log_field *field)
{
	switch (field->kind) {
	case LOG_UINT:
	case LOG_HEX:
	case LOG_OCTAL:
		return json_object_new_uint64(field->unsigned_value);
	case LOG_INT:
		return json_object_new_int64(field->signed_value);
	case LOG_TIME:
		return new_time(&field->time);
	case LOG_STRV:
		return new_list(field->string.bytes, field->string.length);
	case LOG_STR:
	case LOG_TEXT:
		break;
	}
	return json_new_text(field->string.bytes, field->string.length);
}

static int add(struct json_object *object, const char *key, struct json_object *value)
{
	const unsigned int flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;

	if (value && json_object_object_add_ex(object, key, value, flags) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

/* An existing key is kept: a field of a plugin does not replace one of the core. */
static int add_field(struct json_object *object, const struct log_field *field)
{
	if (json_object_object_get_ex(object, field->key, NULL))
		return 0;
	return add(object, field->key, new_value(field));
}

static int add_string(struct json_object *object, const char *key, const char *text)
{
	return add(object, key, json_new_text(text, strlen(text)));
}

static int add_named(struct json_object *object, const struct log_record *record, const char *key)
{
	for (size_t i = 0; i < record->field_count; i++)
		if (strcmp(record->fields[i].key, key) == 0)
			return add_field(object, &record->fields[i]);
	return 0;
}

/* These keys come first and in this order, in records that have them: docs/log.md. */
static int add_first(struct json_object *object, const struct log_record *record)
{
	static const enum log_key first[] = {
		LOG_KEY_OPERATION, LOG_KEY_TGID, LOG_KEY_PID, LOG_KEY_CGROUPID, LOG_KEY_COMM,
	};
	int error = add_string(object, log_keys[LOG_KEY_SUBSYS], record->subsys);

	if (!error && record->bpfprog)
		error = add_string(object, log_keys[LOG_KEY_BPFPROG], record->bpfprog);
	if (!error)
		error = add_string(object, log_keys[LOG_KEY_EVENT], record->event);
	for (size_t i = 0; !error && i < ARRAY_SIZE(first); i++)
		error = add_named(object, record, log_keys[first[i]]);
	if (!error)
		error = add_named(object, record, "retval");
	if (!error)
		error = add_named(object, record, log_keys[LOG_KEY_REASON]);
	return error;
}

static int add_rest(struct json_object *object, const struct log_record *record)
{
	char time[LOG_TIME_SIZE];
	int error;

	log_time_text(&record->time, true, time);
	error = add_string(object, log_keys[LOG_KEY_TIME], time);
	if (!error)
		error = add_string(object, log_keys[LOG_KEY_LEVEL], log_level_name(record->level));
	for (size_t i = 0; !error && i < record->field_count; i++)
		error = add_field(object, &record->fields[i]);
	return error;
}

/* All control characters are below U+10000. Returns the length of the character. */
static size_t put_character(struct log_buffer *line, const char *text, size_t length)
{
	uint32_t code;
	size_t size = (size_t)utf8_decode(text, length, &code);
	char escape[16];

	if (utf8_is_control(code))
		log_put(line, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", code));
	else
		log_put(line, text, size);
	return size;
}

/* The length of the ASCII text at the beginning, up to DEL. */
static size_t length_of_plain(const char *text, size_t length)
{
	size_t plain = 0;

	while (plain < length && (unsigned char)text[plain] < 0x7f)
		plain++;
	return plain;
}

/*
 * json-c escapes C0 controls. It writes DEL, C1 controls and controls of text direction as they are; in its text they
 * occur within strings only, and the strings are valid UTF-8.
 */
static void put_escaped(struct log_buffer *line, const char *text, size_t length)
{
	while (length) {
		size_t size = length_of_plain(text, length);

		if (size)
			log_put(line, text, size);
		else
			size = put_character(line, text, length);
		text += size;
		length -= size;
	}
}

static ssize_t put_object(struct json_object *object, char *buffer, size_t size)
{
	struct log_buffer line = { .bytes = buffer, .size = size };
	size_t length;
	const char *text = json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	if (!text)
		return -ENOMEM;
	put_escaped(&line, text, length);
	log_put(&line, "\n", 1);
	return line.overflow ? -ENOBUFS : (ssize_t)line.length;
}

ssize_t json_write(const struct log_record *record, char *buffer, size_t size)
{
	CLEANUP(cleanup_json) struct json_object *object = json_object_new_object();
	int error;

	if (!object)
		return -ENOMEM;
	error = add_first(object, record);
	if (!error)
		error = add_rest(object, record);
	return error ? error : put_object(object, buffer, size);
}
