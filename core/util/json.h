/* SPDX-License-Identifier: Apache-2.0 */
/* What json-c leaves to its callers. */
#ifndef BPFLOCK_UTIL_JSON_H
#define BPFLOCK_UTIL_JSON_H

#include <json-c/json_object.h>
#include <stddef.h>

static inline void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

/* A string of bytes that are not trusted: what is not valid UTF-8 becomes U+FFFD. NULL without memory. */
struct json_object *json_new_text(const char *bytes, size_t length);

#endif
