/* SPDX-License-Identifier: Apache-2.0 */
#include "config/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/memory.h"

#define NAME_LENGTH_MAX 127
#define NEAREST_MAX 3

void config_names_add(struct config_names *names, const char *name)
{
	names->items = xreallocarray(names->items, names->count + 1, sizeof(*names->items));
	names->items[names->count++] = xstrdup(name);
}

void config_names_clear(struct config_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct config_names){ 0 };
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein distance, computed with one row of the matrix. The case of letters is ignored. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_LENGTH_MAX + 1];
	size_t width = strlen(b);

	if (width > NAME_LENGTH_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
			size_t replaced = diagonal + !same;

			diagonal = row[j + 1];
			row[j + 1] = least(replaced, least(diagonal, row[j]) + 1);
		}
	}
	return row[width];
}

static void append(char **list, const char *separator, const char *quote, const char *name)
{
	CLEANUP(cleanup_free) char *old = *list;

	*list = xasprintf("%s%s%s%s%s", old ? old : "", old ? separator : "", quote, name, quote);
}

/* The names at the smallest distance, joined; NULL when that distance is above `limit`. */
static char *nearest(const struct config_names *valid, const char *text, size_t limit)
{
	size_t smallest = limit;
	size_t found = 0;
	char *list = NULL;

	for (size_t i = 0; i < valid->count; i++)
		smallest = least(smallest, distance(text, valid->items[i]));
	for (size_t i = 0; i < valid->count && found < NEAREST_MAX; i++) {
		if (distance(text, valid->items[i]) != smallest)
			continue;
		append(&list, " or ", "'", valid->items[i]);
		found++;
	}
	return list;
}

void config_suggest(struct report_item *item, const struct config_names *valid, const char *text)
{
	CLEANUP(cleanup_free) char *near = nearest(valid, text, 1 + strlen(text) / 3);
	CLEANUP(cleanup_free) char *all = NULL;

	for (size_t i = 0; i < valid->count; i++)
		append(&all, ", ", "", valid->items[i]);
	if (near)
		report_remedy(item, "did you mean %s? valid: %s", near, all);
	else
		report_remedy(item, "valid: %s", all ? all : "nothing");
}

void config_suggest_nearest(struct report_item *item, const struct config_names *valid, const char *text)
{
	CLEANUP(cleanup_free) char *near = nearest(valid, text, SIZE_MAX);

	if (near)
		report_remedy(item, "did you mean %s?", near);
}
