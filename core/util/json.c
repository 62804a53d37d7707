/* SPDX-License-Identifier: Apache-2.0 */
#include "util/json.h"

#include <errno.h>
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
		int size = utf8_decode(bytes + i, length - i, &code);

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

static struct json_object *new_repaired(const char *bytes, size_t length)
{
	CLEANUP(cleanup_printbuf) struct printbuf *text = printbuf_new();

	if (!text)
		return NULL;
	while (length) {
		int taken = append_repaired(text, bytes, length);

		if (taken < 0)
			return NULL;
		bytes += taken;
		length -= (size_t)taken;
	}
	return json_object_new_string_len(text->buf, text->bpos);
}

struct json_object *json_new_text(const char *bytes, size_t length)
{
	if (!length)
		return json_object_new_string("");
	if (valid_prefix(bytes, length) < length)
		return new_repaired(bytes, length);
	return json_object_new_string_len(bytes, (int)length);
}
