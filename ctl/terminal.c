/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <json-c/linkhash.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/memory.h"
#include "util/utf8.h"

const char *terminal_colour(enum colour colour, FILE *stream)
{
	static const char *const sequences[] = {
		[COLOUR_NONE] = "",	     [COLOUR_GOOD] = "\033[32m",  [COLOUR_DOUBTFUL] = "\033[33m",
		[COLOUR_BAD] = "\033[31;1m", [COLOUR_HEADER] = "\033[1m", [COLOUR_END] = "\033[0m",
	};
	const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if ((refused && *refused) || !terminal || strcmp(terminal, "dumb") == 0 || !isatty(fileno(stream)))
		return "";
	return sequences[colour];
}

/* The length of the first character. Bytes that are not UTF-8 count as control characters. */
static size_t next_character(const char *text, size_t length, uint32_t *ret_code)
{
	int size = utf8_decode(text, length, ret_code);

	if (size < 0)
		*ret_code = 0;
	return (size_t)(size < 0 ? -size : size);
}

static char *escape(const char *text, size_t length)
{
	char *escaped = NULL;
	size_t size;
	FILE *stream = open_memstream(&escaped, &size);

	if (!stream)
		abort();
	while (length) {
		uint32_t code;
		size_t bytes = next_character(text, length, &code);

		if (code == '\n')
			fputs("\\n", stream);
		else if (utf8_is_control(code))
			for (size_t i = 0; i < bytes; i++)
				fprintf(stream, "\\x%02x", (unsigned char)text[i]);
		else
			fwrite(text, 1, bytes, stream);
		text += bytes;
		length -= bytes;
	}
	fclose(stream); /* this may move the text */
	return escaped;
}

char *terminal_escaped(const char *text)
{
	return escape(text, strlen(text));
}

static void escape_string(struct json_object *string)
{
	CLEANUP(cleanup_free)
	char *escaped = escape(json_object_get_string(string), (size_t)json_object_get_string_len(string));

	json_object_set_string(string, escaped);
}

void terminal_escape(struct json_object *object)
{
	if (json_object_is_type(object, json_type_string))
		escape_string(object);
	if (json_object_is_type(object, json_type_array))
		for (size_t i = 0; i < json_object_array_length(object); i++)
			terminal_escape(json_object_array_get_idx(object, i));
	if (!json_object_is_type(object, json_type_object))
		return;
	json_object_object_foreach(object, key, value)
	{
		(void)key;
		terminal_escape(value);
	}
}

/* json-c escapes the control characters of ASCII. Others only occur in strings. */
void terminal_print_json(const struct json_object *object)
{
	const char *text = json_object_to_json_string_ext((struct json_object *)(uintptr_t)object,
							  JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t length = strlen(text);

	while (length) {
		uint32_t code;
		size_t bytes = next_character(text, length, &code);

		if (utf8_is_control(code))
			printf("\\u%04x", code);
		else
			fwrite(text, 1, bytes, stdout);
		text += bytes;
		length -= bytes;
	}
	putchar('\n');
}
