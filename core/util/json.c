/* SPDX-License-Identifier: Apache-2.0 */
#include "util/json.h"

#include <errno.h>
#include <json-c/json_tokener.h>
#include <json-c/printbuf.h>
#include <string.h>

#include "util/memory.h"
#include "util/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

static void cleanup_printbuf(struct printbuf **text)
{
	printbuf_free(*text);
}

static size_t valid_prefix(const char *bytes, size_t length)
{
	size_t i = 0;

	while (i < length) {
		uint32_t code;
		int size = (unsigned char)bytes[i] < 0x80 ? 1 : utf8_decode(bytes + i, length - i, &code);

		if (size < 0)
			break;
		i += (size_t)size;
	}
	return i;
}

/* Appends the valid part, and one U+FFFD for the invalid part after it. Returns the length of both parts. */
static int append_repaired(struct printbuf *text, const char *bytes, size_t length)
{
	size_t valid = valid_prefix(bytes, length);
	uint32_t code;

	if (printbuf_memappend(text, bytes, (int)valid) < 0)
		return -ENOMEM;
	if (valid == length)
		return (int)valid;
	if (printbuf_memappend(text, REPLACEMENT, (int)strlen(REPLACEMENT)) < 0)
		return -ENOMEM;
	return (int)valid - utf8_decode(bytes + valid, length - valid, &code);
}

static int set_repaired(struct json_object *string, const char *bytes, size_t length)
{
	CLEANUP(cleanup_printbuf) struct printbuf *text = printbuf_new();

	if (!text)
		return -ENOMEM;
	while (length) {
		int taken = append_repaired(text, bytes, length);

		if (taken < 0)
			return taken;
		bytes += taken;
		length -= (size_t)taken;
	}
	return json_object_set_string_len(string, text->buf, text->bpos) ? 0 : -ENOMEM;
}

int json_set_text(struct json_object *string, const char *bytes, size_t length)
{
	if (valid_prefix(bytes, length) < length)
		return set_repaired(string, bytes, length);
	return json_object_set_string_len(string, length ? bytes : "", (int)length) ? 0 : -ENOMEM;
}

struct json_object *json_new_text(const char *bytes, size_t length)
{
	struct json_object *string = json_object_new_string("");

	if (string && json_set_text(string, bytes, length) < 0) {
		json_object_put(string);
		return NULL;
	}
	return string;
}

static struct json_object *checked(struct json_object *object)
{
	if (!object)
		abort();
	return object;
}

struct json_object *json_new(void)
{
	return checked(json_object_new_object());
}

struct json_object *json_new_list(void)
{
	return checked(json_object_new_array());
}

struct json_object *json_text(const char *text)
{
	return checked(json_new_text(text, strlen(text)));
}

void json_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add_ex(object, key, value,
				      JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY) < 0)
		abort();
}

void json_append(struct json_object *list, struct json_object *value)
{
	if (json_object_array_add(list, value) < 0)
		abort();
}

void json_add_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_add(object, key, json_text(text));
}

void json_add_uint(struct json_object *object, const char *key, __u64 number)
{
	json_add(object, key, checked(json_object_new_uint64(number)));
}

void json_add_bool(struct json_object *object, const char *key, bool value)
{
	json_add(object, key, checked(json_object_new_boolean(value)));
}

/* NULL where the key is missing or of another type. */
static struct json_object *get(const struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

struct json_object *json_parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	if (!tokener)
		abort();
	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	json_tokener_set_flags(tokener, JSON_PARSER_FLAGS);
	object = json_tokener_parse_ex(tokener, text, (int)length);
	if (json_tokener_get_parse_end(tokener) != length) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

const char *json_get_text(const struct json_object *object, const char *key)
{
	struct json_object *value = get(object, key, json_type_string);

	return value ? json_object_get_string(value) : "";
}

__u64 json_get_uint(const struct json_object *object, const char *key)
{
	return json_object_get_uint64(get(object, key, json_type_int));
}

bool json_get_bool(const struct json_object *object, const char *key)
{
	return json_object_get_boolean(get(object, key, json_type_boolean));
}

const struct json_object *json_get_list(const struct json_object *object, const char *key)
{
	return get(object, key, json_type_array);
}

size_t json_length(const struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}
