/* SPDX-License-Identifier: Apache-2.0 */
/* Text in columns. */
#ifndef BPFLOCKCTL_TABLE_H
#define BPFLOCKCTL_TABLE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "terminal.h"

#define TABLE_COLUMNS_MAX 12

/**
 * struct cell - one field of a table
 * @number: it is aligned to the right
 */
struct cell {
	char *text;
	enum colour colour;
	bool number;
};

/**
 * struct table - rows of cells, the first row being the header
 * @cells: row by row
 */
struct table {
	size_t columns;
	struct cell *cells;
	size_t count;
};

/* `headers` ends in NULL. */
void table_begin(struct table *table, const char *const *headers);
/* Cells are added from left to right, row by row. */
void table_add(struct table *table, const char *text, enum colour colour);
void table_add_number(struct table *table, __u64 number, enum colour colour);
void table_free(struct table *table);
/* Prints it to stdout, and frees it. */
void table_end(struct table *table);

#endif
