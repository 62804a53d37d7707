/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, one object per line. json-c escapes everything that could end the line or the string. Further control
 * characters are escaped here, in the text of json-c.
 *
 * Making an object of 20 keys costs more than writing it. So there is one object for all records with the same keys,
 * and only its values are set.
 */
#include <errno.h>
#include <json-c/json_object.h>
#include <json-c/printbuf.h>
#include <stdio.h>
#include <string.h>

#include "log/keys.h"
#include "log/text.h"
#include "util/json.h"
#include "util/memory.h"
#include "util/utf8.h"

/* What every record has, not as fields. */
enum common { SUBSYS, BPFPROG, EVENT, TIME, LEVEL, COMMON };

/**
 * struct form - the object of all records with the same keys
 * @common: values in @object; that of BPFPROG is NULL where the records have no plugin
 * @keys:   of the fields; fixed texts, so they are the same where their addresses are
 * @kinds:  of the fields
 * @empty:  of the fields: a string that has no byte. Its value is never set: json-c 0.16 leaks memory where a string
 *          becomes empty.
 * @values: of the fields, in @object; NULL for a field whose key another one had before
 */
struct form {
	struct json_object *object;
	struct json_object *common[COMMON];
	size_t field_count;
	const char *keys[LOG_FIELDS_MAX];
	enum log_kind kinds[LOG_FIELDS_MAX];
	bool empty[LOG_FIELDS_MAX];
	struct json_object *values[LOG_FIELDS_MAX];
};

/* Where two kinds of records meet in one place, each makes the object anew. */
static struct form forms[32];

static struct form *place_of(const struct log_record *record)
{
	return &forms[((uintptr_t)record->event / sizeof(void *) + record->field_count) % ARRAY_SIZE(forms)];
}

static bool is_empty(const struct log_field *field)
{
	return (field->kind == LOG_STR || field->kind == LOG_TEXT) && !field->string.length;
}

static bool fits(const struct form *form, const struct log_record *record)
{
	if (!form->object || form->field_count != record->field_count || !form->common[BPFPROG] != !record->bpfprog)
		return false;
	for (size_t i = 0; i < record->field_count; i++)
		if (form->keys[i] != record->fields[i].key || form->kinds[i] != record->fields[i].kind ||
		    form->empty[i] != is_empty(&record->fields[i]))
			return false;
	return true;
}

/* In the place of json-c's, which calls snprintf(). */
static int write_number(struct json_object *number, struct printbuf *text, int level, int flags)
{
	char digits[32];
	struct log_buffer buffer = { .bytes = digits, .size = sizeof(digits) };
	struct log_field field = { .kind = LOG_UINT, .unsigned_value = json_object_get_uint64(number) };

	(void)level;
	(void)flags;
	if (!field.unsigned_value)
		field = (struct log_field){ .kind = LOG_INT, .signed_value = json_object_get_int64(number) };
	log_put_number(&buffer, &field);
	return printbuf_memappend(text, digits, (int)buffer.length);
}

static struct json_object *new_number(void)
{
	struct json_object *number = json_object_new_uint64(0);

	if (number)
		json_object_set_serializer(number, write_number, NULL, NULL);
	return number;
}

static struct json_object *new_value(enum log_kind kind)
{
	switch (kind) {
	case LOG_UINT:
	case LOG_INT:
	case LOG_HEX:
	case LOG_OCTAL:
		return new_number();
	case LOG_STRV:
		return json_object_new_array();
	case LOG_TIME:
	case LOG_STR:
	case LOG_TEXT:
		break;
	}
	return json_object_new_string("");
}

static int add(struct form *form, const char *key, struct json_object *value, struct json_object **ret)
{
	const unsigned int flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;

	if (!value || json_object_object_add_ex(form->object, key, value, flags) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	*ret = value;
	return 0;
}

static int add_common(struct form *form, enum common which, enum log_key key)
{
	return add(form, log_keys[key], new_value(LOG_STR), &form->common[which]);
}

/* An existing key is kept: a field of a plugin does not replace one of the core. */
static int add_field(struct form *form, size_t index)
{
	if (json_object_object_get_ex(form->object, form->keys[index], NULL))
		return 0;
	return add(form, form->keys[index], new_value(form->kinds[index]), &form->values[index]);
}

static int add_named(struct form *form, const char *key)
{
	for (size_t i = 0; i < form->field_count; i++)
		if (strcmp(form->keys[i], key) == 0)
			return add_field(form, i);
	return 0;
}

/* These keys come first and in this order, in records that have them: docs/log.md. */
static int add_first(struct form *form, bool has_plugin)
{
	static const enum log_key first[] = {
		LOG_KEY_OPERATION, LOG_KEY_TGID, LOG_KEY_PID, LOG_KEY_CGROUPID, LOG_KEY_COMM,
	};
	int error = add_common(form, SUBSYS, LOG_KEY_SUBSYS);

	if (!error && has_plugin)
		error = add_common(form, BPFPROG, LOG_KEY_BPFPROG);
	if (!error)
		error = add_common(form, EVENT, LOG_KEY_EVENT);
	for (size_t i = 0; !error && i < ARRAY_SIZE(first); i++)
		error = add_named(form, log_keys[first[i]]);
	if (!error)
		error = add_named(form, "retval");
	if (!error)
		error = add_named(form, log_keys[LOG_KEY_REASON]);
	return error;
}

static int add_rest(struct form *form)
{
	int error = add_common(form, TIME, LOG_KEY_TIME);

	if (!error)
		error = add_common(form, LEVEL, LOG_KEY_LEVEL);
	for (size_t i = 0; !error && i < form->field_count; i++)
		error = add_field(form, i);
	return error;
}

static int make(struct form *form, const struct log_record *record)
{
	int error;

	json_object_put(form->object);
	*form = (struct form){ .object = json_object_new_object(), .field_count = record->field_count };
	if (!form->object)
		return -ENOMEM;
	for (size_t i = 0; i < record->field_count; i++) {
		form->keys[i] = record->fields[i].key;
		form->kinds[i] = record->fields[i].kind;
		form->empty[i] = is_empty(&record->fields[i]);
	}
	error = add_first(form, record->bpfprog);
	if (!error)
		error = add_rest(form);
	if (error)
		form->field_count = SIZE_MAX; /* fits no record */
	return error;
}

static int set_list(struct json_object *list, const char *bytes, size_t length)
{
	const char *text;
	size_t text_length;

	json_object_array_del_idx(list, 0, json_object_array_length(list));
	while (log_strv_next(&bytes, &length, &text, &text_length)) {
		struct json_object *string = json_new_text(text, text_length);

		if (!string || json_object_array_add(list, string) < 0) {
			json_object_put(string);
			return -ENOMEM;
		}
	}
	return 0;
}

static int set_time(struct json_object *string, const struct timespec *time)
{
	char text[LOG_TIME_SIZE];
	struct log_buffer buffer = { .bytes = text, .size = sizeof(text) };

	log_put_time(&buffer, time, true);
	return json_set_text(string, text, buffer.length);
}

static int set_value(struct json_object *value, const struct log_field *field)
{
	switch (field->kind) {
	case LOG_UINT:
	case LOG_HEX:
	case LOG_OCTAL:
		json_object_set_uint64(value, field->unsigned_value);
		return 0;
	case LOG_INT:
		json_object_set_int64(value, field->signed_value);
		return 0;
	case LOG_TIME:
		return set_time(value, &field->time);
	case LOG_STRV:
		return set_list(value, field->string.bytes, field->string.length);
	case LOG_STR:
	case LOG_TEXT:
		break;
	}
	return json_set_text(value, field->string.bytes, field->string.length);
}

/* It is often what it was. */
static int set_common(const struct form *form, enum common which, const char *text)
{
	struct json_object *string = form->common[which];

	if (strcmp(json_object_get_string(string), text) == 0)
		return 0;
	return json_set_text(string, text, strlen(text));
}

static int set_values(const struct form *form, const struct log_record *record)
{
	int error = set_time(form->common[TIME], &record->time);

	if (!error)
		error = set_common(form, LEVEL, log_level_name(record->level));
	if (!error)
		error = set_common(form, SUBSYS, record->subsys);
	if (!error && record->bpfprog)
		error = set_common(form, BPFPROG, record->bpfprog);
	if (!error)
		error = set_common(form, EVENT, record->event);
	for (size_t i = 0; !error && i < record->field_count; i++)
		if (form->values[i] && !form->empty[i])
			error = set_value(form->values[i], &record->fields[i]);
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
	struct form *form = place_of(record);
	int error = fits(form, record) ? 0 : make(form, record);

	if (!error)
		error = set_values(form, record);
	return error ? error : put_object(form->object, buffer, size);
}
