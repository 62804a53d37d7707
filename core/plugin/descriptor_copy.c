/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/descriptor_copy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/memory.h"

#define ROWS_MAX 1024
#define ROW_SIZE_MAX 4096
#define DESCRIPTOR_SIZE_MAX 65536

#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* The size of the descriptor in ABI 1.0: no plugin has a shorter one. */
#define PLUGIN_SIZE_1_0 END_OF(struct bpflock_plugin, stop)

/**
 * struct table_kind - one kind of table in the descriptor
 * @name:     for messages
 * @offset:   of the struct bpflock_table in the structure that contains it
 * @row_size: size of a row in the core's layout
 * @row_size_1_0: size of a row in ABI 1.0
 */
struct table_kind {
	const char *name;
	size_t offset;
	size_t row_size;
	size_t row_size_1_0;
};

static const struct table_kind plugin_tables[] = {
	{ "options", offsetof(struct bpflock_plugin, options), sizeof(struct bpflock_option),
	  END_OF(struct bpflock_option, map) },
	{ "aliases", offsetof(struct bpflock_plugin, aliases), sizeof(struct bpflock_alias),
	  END_OF(struct bpflock_alias, option) },
	{ "events", offsetof(struct bpflock_plugin, events), sizeof(struct bpflock_event_type),
	  END_OF(struct bpflock_event_type, fields) },
	{ "operations", offsetof(struct bpflock_plugin, operations), sizeof(struct bpflock_operation),
	  END_OF(struct bpflock_operation, baseline) },
	{ "programs", offsetof(struct bpflock_plugin, programs), sizeof(struct bpflock_program),
	  END_OF(struct bpflock_program, self_test) },
	{ "kept_maps", offsetof(struct bpflock_plugin, kept_maps), sizeof(struct bpflock_kept_map),
	  END_OF(struct bpflock_kept_map, reserved) },
	{ "metrics", offsetof(struct bpflock_plugin, metrics), sizeof(struct bpflock_metric),
	  END_OF(struct bpflock_metric, read) },
};

static const struct table_kind option_values = { "values", offsetof(struct bpflock_option, values),
						 sizeof(struct bpflock_value), END_OF(struct bpflock_value, summary) };
static const struct table_kind event_fields = { "fields", offsetof(struct bpflock_event_type, fields),
						sizeof(struct bpflock_field), END_OF(struct bpflock_field, values) };
static const struct table_kind field_values = { "values", offsetof(struct bpflock_field, values),
						sizeof(struct bpflock_value), END_OF(struct bpflock_value, summary) };

int refuse(char **ret_reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	*ret_reason = xvasprintf(format, args);
	va_end(args);
	return -EINVAL;
}

static bool all_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Copies `table` to rows of the core's size. Where the plugin's rows are shorter, the rest is zero. */
static int copy_table(struct bpflock_table *table, const struct table_kind *kind, char **ret_reason)
{
	const unsigned char *from = table->rows;
	unsigned char *to;

	if (table->count == 0) {
		*table = (struct bpflock_table){ .stride = (__u32)kind->row_size };
		return 0;
	}
	if (!from || table->count > ROWS_MAX || table->stride < kind->row_size_1_0 || table->stride > ROW_SIZE_MAX) {
		*table = (struct bpflock_table){ 0 };
		return refuse(ret_reason, "its table of %s has no rows, too many, or rows of an impossible size",
			      kind->name);
	}
	to = xcalloc(table->count, kind->row_size);
	for (__u32 i = 0; i < table->count; i++) {
		const unsigned char *row = from + (size_t)i * table->stride;
		size_t known = table->stride < kind->row_size ? table->stride : kind->row_size;

		memcpy(to + i * kind->row_size, row, known);
		if (!all_zero(row + known, table->stride - known)) {
			free(to);
			*table = (struct bpflock_table){ 0 };
			return refuse(ret_reason, "row %u of its table of %s uses something newer than ABI %u.%u", i,
				      kind->name, BPFLOCK_ABI_MAJOR, BPFLOCK_ABI_MINOR);
		}
	}
	table->rows = to;
	table->stride = (__u32)kind->row_size;
	return 0;
}

/* The table of that kind in a structure of the copy. The copy may be written, though the ABI declares it const. */
static struct bpflock_table *table_in(const void *structure, const struct table_kind *kind)
{
	return (struct bpflock_table *)((uintptr_t)structure + kind->offset);
}

/*
 * Copies the tables of one kind in an array of structures. After an error (this one or an earlier one) it only clears
 * them: descriptor_release() must not free rows of the plugin.
 */
static int copy_tables(int error, const struct bpflock_table *in, const struct table_kind *kind, char **ret_reason)
{
	for (__u32 i = 0; i < in->count; i++) {
		const char *structure = (const char *)in->rows + (size_t)i * in->stride;
		struct bpflock_table *table = table_in(structure, kind);

		if (error)
			*table = (struct bpflock_table){ 0 };
		else
			error = copy_table(table, kind, ret_reason);
	}
	return error;
}

int descriptor_copy(const struct bpflock_plugin *exported, struct bpflock_plugin *copy, char **ret_reason)
{
	const struct bpflock_table whole = { copy, 1, sizeof(*copy) };
	const unsigned char *bytes = (const unsigned char *)exported;
	size_t known = exported->size < sizeof(*copy) ? exported->size : sizeof(*copy);
	const struct bpflock_event_type *events;
	int error = 0;

	if (exported->size < PLUGIN_SIZE_1_0 || exported->size > DESCRIPTOR_SIZE_MAX)
		return refuse(ret_reason, "its descriptor has an impossible size (%u)", exported->size);
	if (!all_zero(bytes + known, exported->size - known))
		return refuse(ret_reason, "it needs plugin ABI %u.%u, this daemon has %u.%u", BPFLOCK_ABI_MAJOR,
			      exported->abi_minor, BPFLOCK_ABI_MAJOR, BPFLOCK_ABI_MINOR);
	memcpy(copy, exported, known);
	for (size_t i = 0; i < ARRAY_SIZE(plugin_tables); i++)
		error = copy_tables(error, &whole, &plugin_tables[i], ret_reason);
	error = copy_tables(error, &copy->options, &option_values, ret_reason);
	error = copy_tables(error, &copy->events, &event_fields, ret_reason);
	events = copy->events.rows;
	for (__u32 i = 0; i < copy->events.count; i++)
		error = copy_tables(error, &events[i].fields, &field_values, ret_reason);
	return error;
}

static void free_rows(const struct bpflock_table *table)
{
	free((void *)(uintptr_t)table->rows);
}

void descriptor_release(struct bpflock_plugin *descriptor)
{
	const struct bpflock_option *options = descriptor->options.rows;
	const struct bpflock_event_type *events = descriptor->events.rows;

	for (__u32 i = 0; i < descriptor->options.count; i++)
		free_rows(&options[i].values);
	for (__u32 i = 0; i < descriptor->events.count; i++) {
		const struct bpflock_field *fields = events[i].fields.rows;

		for (__u32 j = 0; j < events[i].fields.count; j++)
			free_rows(&fields[j].values);
		free_rows(&events[i].fields);
	}
	for (size_t i = 0; i < ARRAY_SIZE(plugin_tables); i++)
		free_rows(table_in(descriptor, &plugin_tables[i]));
}
