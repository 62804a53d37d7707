/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "config/config.h"
#include "config/file.h"
#include "util/memory.h"

static bool fits(const char *line)
{
	return strlen(line) <= CONFIG_LINE_MAX;
}

/* The origin follows in the same line, or precedes in a separate line where the line would be too long. */
static void dump_line(const char *key, const char *text, const char *origin, FILE *stream)
{
	CLEANUP(cleanup_free) char *line = xasprintf("%s = %s", key, text);
	CLEANUP(cleanup_free) char *whole = xasprintf("%s    ; %s", line, origin);

	if (fits(whole))
		fprintf(stream, "%s\n", whole);
	else if (fits(line))
		fprintf(stream, "; %s\n%s\n", origin, line);
	else
		fprintf(stream, "; %s, too long for a line of a file: %s\n", origin, line);
}

/* One line for each item: the lines of a list add up within one file. */
static void dump_items(const struct config_value *value, FILE *stream)
{
	const char *next = value->text;

	for (size_t i = 0; i < value->count; i++) {
		size_t length = strcspn(next, ",");
		CLEANUP(cleanup_free) char *item = xstrndup(next, length);

		dump_line(value->option->name, item, value->places[i], stream);
		next += next[length] ? length + strlen(", ") : length;
	}
}

/* All places where the items of a list were written, each once (to be freed). */
static char *all_places(const struct config_value *value)
{
	char *list = xstrdup("");

	for (size_t i = 0; i < value->count; i++)
		if (i == 0 || strcmp(value->places[i], value->places[i - 1]) != 0)
			xappend(&list, ", ", "%s", value->places[i]);
	return list;
}

static void dump_list(const struct config_value *value, FILE *stream)
{
	CLEANUP(cleanup_free) char *places = all_places(value);

	dump_line(value->option->name, value->text, *places ? places : value->origin, stream);
}

static void dump_value(const struct config_value *value, FILE *stream)
{
	CLEANUP(cleanup_free) char *line = xasprintf("%s = %s", value->option->name, value->text);
	bool list = value->option->flags & BPFLOCK_OPTION_LIST;

	if (list && !fits(line))
		dump_items(value, stream);
	else if (list)
		dump_list(value, stream);
	else if (value->count == 0 && value->option->type != BPFLOCK_OPTION_STRING)
		fprintf(stream, "; %s is not set    ; %s\n", value->option->name, value->origin);
	else
		dump_line(value->option->name, value->text, value->origin, stream);
}

void config_dump(const struct config *config, FILE *stream)
{
	for (size_t i = 0; i < config->section_count; i++) {
		const struct config_section *section = &config->sections[i];

		fprintf(stream, "%s[%s]\n", i ? "\n" : "", section->name);
		for (size_t j = 0; j < section->value_count; j++)
			dump_value(&section->values[j], stream);
	}
}
