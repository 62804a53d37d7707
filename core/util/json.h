/* SPDX-License-Identifier: Apache-2.0 */
/* What json-c leaves to its callers. */
#ifndef BPFLOCK_UTIL_JSON_H
#define BPFLOCK_UTIL_JSON_H

#include <json-c/json_object.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

static inline void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

/* For messages. Not JSON_TOKENER_STRICT: where char is signed, json-c 0.18 then refuses what is not ASCII. */
#define JSON_PARSER_FLAGS JSON_TOKENER_VALIDATE_UTF8

/* A string of bytes that are not trusted: what is not valid UTF-8 becomes U+FFFD. NULL without memory. */
struct json_object *json_new_text(const char *bytes, size_t length);
/* Gives a string such a text. Returns 0 or -ENOMEM. */
int json_set_text(struct json_object *string, const char *bytes, size_t length);

/*
 * Without memory these abort, as those of util/memory.h. A text need not be valid UTF-8; one that is NULL is left out,
 * and so is the key. A key must be fixed text, and new.
 */
struct json_object *json_new(void);
struct json_object *json_new_list(void);
struct json_object *json_text(const char *text);
/* Both take the value. */
void json_add(struct json_object *object, const char *key, struct json_object *value);
void json_append(struct json_object *list, struct json_object *value);
void json_add_text(struct json_object *object, const char *key, const char *text);
void json_add_uint(struct json_object *object, const char *key, __u64 number);
void json_add_bool(struct json_object *object, const char *key, bool value);

/* A whole text; NULL where it is not JSON, or not UTF-8. */
struct json_object *json_parse(const char *text, size_t length);

/* For readers: "" or 0 or false where the key is missing or of another type. */
const char *json_get_text(const struct json_object *object, const char *key);
__u64 json_get_uint(const struct json_object *object, const char *key);
bool json_get_bool(const struct json_object *object, const char *key);
/* The list of that key; NULL where there is none. Its length is 0 then. */
const struct json_object *json_get_list(const struct json_object *object, const char *key);
size_t json_length(const struct json_object *list);

#endif
