/* SPDX-License-Identifier: Apache-2.0 */
/* Strict parsing of what bpflock has written, for the tests of the log. */
#ifndef BPFLOCK_TESTS_STRICT_JSON_H
#define BPFLOCK_TESTS_STRICT_JSON_H

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <stdlib.h>

#include "util/memory.h"

static inline struct json_object *parse_all(const char *text, size_t length, int flags)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(tokener, flags);
	object = json_tokener_parse_ex(tokener, text, (int)length);
	if (object && json_tokener_get_parse_end(tokener) != length) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

/*
 * NULL unless the text is one value and nothing else. json-c 0.18 is too strict: where char is signed, it takes each
 * byte above 0x7f for a control character. So the syntax is checked in a copy without these, and UTF-8 in the text.
 */
static inline struct json_object *parse_strictly(const char *text, size_t length)
{
	CLEANUP(cleanup_free) char *ascii = malloc(length);
	struct json_object *object;

	for (size_t i = 0; i < length; i++)
		ascii[i] = (char)(text[i] & 0x80 ? '?' : text[i]);
	object = parse_all(ascii, length, JSON_TOKENER_STRICT);
	if (!object)
		return NULL;
	json_object_put(object);
	return parse_all(text, length, JSON_TOKENER_VALIDATE_UTF8);
}

#endif
