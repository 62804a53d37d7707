/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <assert.h>
#include <string.h>

#include "util/memory.h"

static void add(struct table *table, char *text, enum colour colour, bool number)
{
	table->cells = xreallocarray(table->cells, table->count + 1, sizeof(*table->cells));
	table->cells[table->count++] = (struct cell){ text, colour, number };
}

void table_begin(struct table *table, const char *const *headers)
{
	*table = (struct table){ 0 };
	for (; headers[table->columns]; table->columns++)
		add(table, xstrdup(headers[table->columns]), COLOUR_HEADER, false);
}

void table_add(struct table *table, const char *text, enum colour colour)
{
	add(table, xstrdup(*text ? text : "-"), colour, false);
}

void table_add_number(struct table *table, __u64 number, enum colour colour)
{
	add(table, xasprintf("%llu", number), colour, true);
}

static int width_of(const struct table *table, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < table->count; i += table->columns)
		if (strlen(table->cells[i].text) > width)
			width = strlen(table->cells[i].text);
	return (int)width;
}

/* Nothing is padded at the end of a line. */
static void print_cell(const struct cell *cell, int width, bool last)
{
	int padding = width - (int)strlen(cell->text);

	if (cell->number)
		printf("%*s", padding, "");
	printf("%s%s%s", terminal_colour(cell->colour, stdout), cell->text,
	       cell->colour ? terminal_colour(COLOUR_END, stdout) : "");
	if (last)
		putchar('\n');
	else
		printf("%*s", 2 + (cell->number ? 0 : padding), "");
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i].text);
	free(table->cells);
}

void table_end(struct table *table)
{
	int widths[TABLE_COLUMNS_MAX];

	assert(table->columns > 0 && table->columns <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < table->columns; i++)
		widths[i] = width_of(table, i);
	for (size_t i = 0; i < table->count; i++) {
		size_t column = i % table->columns;

		print_cell(&table->cells[i], widths[column], column == table->columns - 1);
	}
	table_free(table);
}
