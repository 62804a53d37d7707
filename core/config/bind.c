/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matches what was written with the tables of options. Every entry is checked, also one that a later source replaces:
 * otherwise its error would only appear when that source is removed.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "config/entries.h"
#include "config/suggest.h"
#include "config/value.h"
#include "config/variables.h"
#include "util/memory.h"
#include "util/table.h"

/**
 * struct binding - one section while its entries are matched
 * @latest: for each value, the first entry of the latest source that sets it, or NULL
 * @enabler: the first entry of the latest source that enables the plugin by setting any of its options
 * @opaque: the plugin was refused, so its options are unknown
 */
struct binding {
	struct config_section *section;
	bool plugin;
	bool opaque;
	const struct config_entry **latest;
	const struct config_entry *enabler;
};

struct binder {
	struct config *config;
	struct binding *bindings;
	struct config_variables variables;
	struct report *report;
};

static const char *origin_of(const struct config_entry *entry)
{
	return entry->kind == CONFIG_ASSIGNMENT ? "-o" : entry->where;
}

static struct config_place place_of(const struct binder *binder, const struct binding *binding, const char *key,
				    const char *where)
{
	return (struct config_place){
		.report = binder->report,
		.where = where,
		.section = binding->section->name,
		.key = key,
		.plugin = binding->plugin,
	};
}

static void set_value(const struct binder *binder, struct binding *binding, size_t index,
		      const struct config_entry *entry)
{
	struct config_value *value = &binding->section->values[index];
	const struct config_entry *latest = binding->latest[index];
	struct config_place place = place_of(binder, binding, value->option->name, entry->where);

	if (!latest || latest->source != entry->source) {
		config_value_begin(value, origin_of(entry));
		binding->latest[index] = entry;
	} else if (!(value->option->flags & BPFLOCK_OPTION_LIST)) {
		report_remedy(config_complain(&place, "it is set twice"), "first by %s", latest->where);
		return;
	}
	config_value_append(value, entry->value, &place);
}

/* What is configured runs: any option of a plugin enables it. */
static void note_enabler(struct binding *binding, const struct config_entry *entry)
{
	const struct config_entry *enabler = binding->enabler;

	if (!enabler || enabler->source != entry->source)
		binding->enabler = entry;
}

static void bind_option(const struct binder *binder, size_t section, size_t option, const struct config_entry *entry)
{
	struct binding *binding = &binder->bindings[section];
	size_t errors = binder->report->errors;

	note_enabler(binding, entry);
	set_value(binder, binding, option, entry);
	if (binder->report->errors > errors)
		binding->section->invalid = true;
}

/* The opaque section to which the variable belongs by its prefix, or NULL. */
static struct binding *opaque_of_variable(const struct binder *binder, const char *name)
{
	for (size_t i = 0; i < binder->config->section_count; i++) {
		struct binding *binding = &binder->bindings[i];
		CLEANUP(cleanup_free) char *prefix = config_variable_name(binding->section->name, "");

		if (binding->opaque && strncmp(name, prefix, strlen(prefix)) == 0)
			return binding;
	}
	return NULL;
}

static void bind_variable(const struct binder *binder, const struct config_entry *entry)
{
	const struct config_variable *variable = config_variable_find(&binder->variables, entry->key);
	struct binding *opaque;

	if (variable) {
		bind_option(binder, variable->section, variable->option, entry);
		return;
	}
	if (config_variable_is_foreign(entry->key, binder->report))
		return;
	opaque = opaque_of_variable(binder, entry->key);
	if (opaque)
		note_enabler(opaque, entry);
	else
		config_variable_unknown(&binder->variables, entry->key, binder->report);
}

static void unknown_section(const struct binder *binder, const struct config_entry *entry)
{
	CLEANUP(config_names_clear) struct config_names valid = { 0 };

	for (size_t i = 0; i < binder->config->section_count; i++)
		config_names_add(&valid, binder->config->sections[i].name);
	config_suggest(config_error(binder->report, entry->where, "there is no section [%s]", entry->section), &valid,
		       entry->section);
}

static void unknown_key(const struct binder *binder, const struct binding *binding, const struct config_entry *entry)
{
	CLEANUP(config_names_clear) struct config_names valid = { 0 };
	struct config_place place = place_of(binder, binding, entry->key, entry->where);

	for (size_t i = 0; i < binding->section->value_count; i++)
		config_names_add(&valid, binding->section->options[i].name);
	config_suggest(config_complain(&place, "there is no such key"), &valid, entry->key);
	binding->section->invalid = true;
}

static void bind_key(const struct binder *binder, const struct config_entry *entry)
{
	const struct config_section *section = config_section(binder->config, entry->section);
	const struct config_value *value;
	size_t index;

	if (!section) {
		/* In a file the header is reported, and its keys are not. */
		if (!entry->key || entry->kind == CONFIG_ASSIGNMENT)
			unknown_section(binder, entry);
		return;
	}
	if (!entry->key)
		return;
	index = (size_t)(section - binder->config->sections);
	value = config_value(section, entry->key);
	if (value)
		bind_option(binder, index, (size_t)(value - section->values), entry);
	else if (binder->bindings[index].opaque)
		note_enabler(&binder->bindings[index], entry);
	else
		unknown_key(binder, &binder->bindings[index], entry);
}

static void bind_defaults(const struct binder *binder, const struct binding *binding)
{
	struct config_place place = place_of(binder, binding, NULL, CONFIG_DEFAULT);

	for (size_t i = 0; i < binding->section->value_count; i++) {
		struct config_value *value = &binding->section->values[i];

		if (binding->latest[i])
			continue;
		config_value_begin(value, CONFIG_DEFAULT);
		place.key = value->option->name;
		if (value->option->initial)
			config_value_append(value, value->option->initial, &place);
	}
}

/* The latest source counts. Within one source `enabled` wins over other options. */
static void decide_enabled(const struct binding *binding)
{
	struct config_section *section = binding->section;
	const struct config_entry *enabler = binding->enabler;
	const struct config_value *enabled = config_value(section, CONFIG_ENABLED_KEY);
	const struct config_entry *latest = binding->latest[enabled - section->values];

	section->enabled = config_number(section, CONFIG_ENABLED_KEY);
	if (!section->enabled && enabler && (!latest || latest->source < enabler->source))
		config_enable(section, origin_of(enabler));
}

static void bind_entries(const struct binder *binder, const struct config_text *text)
{
	for (size_t i = 0; i < text->count; i++) {
		const struct config_entry *entry = &text->entries[i];

		if (entry->kind == CONFIG_VARIABLE)
			bind_variable(binder, entry);
		else
			bind_key(binder, entry);
	}
	for (size_t i = 0; i < binder->config->section_count; i++) {
		bind_defaults(binder, &binder->bindings[i]);
		if (binder->bindings[i].plugin)
			decide_enabled(&binder->bindings[i]);
	}
}

static void build_section(const struct config_schema_section *schema, struct config_section *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < schema->table_count; i++)
		count += schema->tables[i].count;
	*ret = (struct config_section){
		.name = schema->name,
		.enabled = !schema->plugin,
		.options = xcalloc(count, sizeof(*ret->options)),
		.values = xcalloc(count, sizeof(*ret->values)),
	};
	for (size_t i = 0; i < schema->table_count; i++) {
		for (__u32 j = 0; j < schema->tables[i].count; j++) {
			struct bpflock_option *option = &ret->options[ret->value_count];

			table_copy_row(&schema->tables[i], j, option, sizeof(*option));
			ret->values[ret->value_count++].option = option;
		}
	}
}

static void start_binder(struct binder *ret, const struct config_schema *schema, struct report *report)
{
	struct config *config = xcalloc(1, sizeof(*config));

	config->section_count = schema->section_count;
	config->references = 1;
	config->sections = xcalloc(schema->section_count, sizeof(*config->sections));
	*ret = (struct binder){
		.config = config,
		.bindings = xcalloc(schema->section_count, sizeof(*ret->bindings)),
		.report = report,
	};
	for (size_t i = 0; i < schema->section_count; i++) {
		struct config_section *section = &config->sections[i];

		build_section(&schema->sections[i], section);
		ret->bindings[i] = (struct binding){
			.section = section,
			.plugin = schema->sections[i].plugin,
			.opaque = schema->sections[i].opaque,
			.latest = xcalloc(section->value_count, sizeof(struct config_entry *)),
		};
	}
	config_variables_build(&ret->variables, config, schema);
}

static void finish_binder(struct binder *binder)
{
	for (size_t i = 0; i < binder->config->section_count; i++)
		free(binder->bindings[i].latest);
	free(binder->bindings);
	config_variables_clear(&binder->variables);
}

static void note_files(struct config *config, const struct config_text *text)
{
	config->files = xcalloc(text->file_count, sizeof(*config->files));
	while (config->file_count < text->file_count) {
		config->files[config->file_count] = xstrdup(text->files[config->file_count]);
		config->file_count++;
	}
}

int config_bind(const struct config_text *text, const struct config_schema *schema, struct config **ret,
		struct report *report)
{
	size_t errors = report->errors;
	struct binder binder;

	start_binder(&binder, schema, report);
	note_files(binder.config, text);
	bind_entries(&binder, text);
	finish_binder(&binder);
	*ret = binder.config;
	return report->errors > errors ? -EINVAL : 0;
}

struct config *config_defaults(const struct config_schema *schema)
{
	CLEANUP(report_clear) struct report report = { 0 };
	const struct config_text nothing = { 0 };
	struct config *config;

	(void)config_bind(&nothing, schema, &config, &report);
	assert(!report.errors);
	return config;
}
