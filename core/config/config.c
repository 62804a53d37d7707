/* SPDX-License-Identifier: Apache-2.0 */
/* Access to the values of a section, for other modules. */
#include <assert.h>
#include <string.h>

#include "config/value.h"
#include "util/memory.h"
#include "util/table.h"

struct config_section *config_section(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->section_count; i++)
		if (strcmp(config->sections[i].name, name) == 0)
			return &config->sections[i];
	return NULL;
}

const struct config_value *config_value(const struct config_section *section, const char *option)
{
	for (size_t i = 0; i < section->value_count; i++)
		if (strcmp(section->values[i].option->name, option) == 0)
			return &section->values[i];
	return NULL;
}

bool config_is_default(const struct config_value *value)
{
	const char *origin = value->origin;
	size_t length = strlen(CONFIG_DEFAULT);

	return strncmp(origin, CONFIG_DEFAULT, length) == 0 &&
	       (origin[length] == '\0' || strncmp(origin + length, " (", 2) == 0);
}

void config_enable(struct config_section *section, const char *origin)
{
	const struct config_value *enabled = config_value(section, CONFIG_ENABLED_KEY);
	struct config_place place = { .section = section->name, .key = CONFIG_ENABLED_KEY, .plugin = true };

	config_value_begin(&section->values[enabled - section->values], origin);
	config_value_append(&section->values[enabled - section->values], "yes", &place);
	section->enabled = true;
}

static __u64 number_of(const struct config_value *value)
{
	assert(value); /* callers name only options of their tables */
	return value->count ? value->numbers[0] : 0;
}

static const char *string_of(const struct config_value *value)
{
	assert(value);
	return value->count ? value->strings[0] : "";
}

__u64 config_number(const struct config_section *section, const char *option)
{
	return number_of(config_value(section, option));
}

const char *config_string(const struct config_section *section, const char *option)
{
	return string_of(config_value(section, option));
}

static void fill_number(void *member, __u32 size, __u64 number)
{
	switch (size) {
	case 1:
		*(__u8 *)member = (__u8)number;
		break;
	case 2:
		*(__u16 *)member = (__u16)number;
		break;
	case 4:
		*(__u32 *)member = (__u32)number;
		break;
	case 8:
		*(__u64 *)member = number;
		break;
	}
}

static void fill_member(void *member, __u32 size, const struct config_value *value)
{
	if (value->option->flags & BPFLOCK_OPTION_LIST)
		*(struct bpflock_list *)member = (struct bpflock_list){
			.items = config_has_texts(value->option) ? (const void *)value->strings : value->numbers,
			.count = value->count,
		};
	else if (config_has_texts(value->option))
		*(const char **)member = string_of(value);
	else
		fill_number(member, size, number_of(value));
}

void config_fill(const struct config_section *section, const struct bpflock_table *options, void *structure)
{
	for (__u32 i = 0; i < options->count; i++) {
		struct bpflock_option option;

		table_copy_row(options, i, &option, sizeof(option));
		if (option.size > 0)
			fill_member((char *)structure + option.offset, option.size, config_value(section, option.name));
	}
}

bool config_value_equal(const struct config_value *a, const struct config_value *b)
{
	if (a->option->type != b->option->type || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (config_has_texts(a->option) ? strcmp(a->strings[i], b->strings[i]) != 0 :
						  a->numbers[i] != b->numbers[i])
			return false;
	return true;
}

static void free_section(struct config_section *section)
{
	for (size_t i = 0; i < section->value_count; i++)
		config_value_clear(&section->values[i]);
	free(section->values);
	free(section->options);
}

struct config *config_hold(struct config *config)
{
	assert(config->references > 0);
	config->references++;
	return config;
}

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	assert(config->references > 0);
	if (--config->references > 0)
		return NULL;
	for (size_t i = 0; i < config->section_count; i++)
		free_section(&config->sections[i]);
	for (size_t i = 0; i < config->file_count; i++)
		free(config->files[i]);
	free(config->files);
	free(config->sections);
	free(config);
	return NULL;
}
