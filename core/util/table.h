/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a struct bpflock_table. A plugin that was compiled for another minor version of the ABI has rows of another
 * length, so rows are found by the stride of the table, never by the size of a structure.
 */
#ifndef BPFLOCK_UTIL_TABLE_H
#define BPFLOCK_UTIL_TABLE_H

#include <bpflock/plugin.h>
#include <stddef.h>
#include <string.h>

/* The row itself. Bytes beyond the table's stride must not be read. */
static inline const void *table_row(const struct bpflock_table *table, __u32 index)
{
	return (const char *)table->rows + (size_t)index * table->stride;
}

/* Copies a row to a structure of the core's size. Members that the plugin's rows lack become zero. */
static inline void table_copy_row(const struct bpflock_table *table, __u32 index, void *row, size_t size)
{
	size_t known = table->stride < size ? table->stride : size;

	memset(row, 0, size);
	memcpy(row, table_row(table, index), known);
}

#endif
