/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration module turns files, environment and command line into typed values.
 *
 *   config_read()     collects what was written where, before any option is known
 *   config_peek()     returns one list of the core's section, which is needed to find the plugins
 *   config_bind()     checks everything against the tables of options, and makes typed values
 *
 * Everything is checked before anything is used. All errors go into the report.
 */
#ifndef BPFLOCK_CONFIG_CONFIG_H
#define BPFLOCK_CONFIG_CONFIG_H

#include <bpflock/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/report.h"

/* The core's section. Its environment variables have no section in their names. */
#define CONFIG_CORE_SECTION "bpflock"

/* The option, of type BOOL and default "no", that every plugin's section must have. */
#define CONFIG_ENABLED_KEY "enabled"

/* The origin of a default value begins with this. */
#define CONFIG_DEFAULT "default"

/**
 * struct config_sources - the sources of the configuration
 * @file:      -c FILE: the only file to read; it must exist. NULL: @main_file and @drop_in_dir.
 * @main_file: /etc/bpflock/bpflock.conf; may be missing
 * @drop_in_dir: /etc/bpflock/conf.d; *.conf in name order; may be missing
 * @environment: variables, terminated by NULL, as environ
 * @assignments: texts "section.key=value" of -o, terminated by NULL
 *
 * Each file is one source. The environment is one source, and all assignments together are one source. In one source
 * a list adds up, and any other option may be set only once.
 *
 * Any option of a plugin enables it, unless the same or a later source says `enabled = no`.
 */
struct config_sources {
	const char *file;
	const char *main_file;
	const char *drop_in_dir;
	const char *const *environment;
	const char *const *assignments;
};

/* All that was written, in order of rising precedence. */
struct config_text;

/*
 * Reads all sources. Syntax errors go into the report, each with file and line, and reading continues. Returns 0, or
 * -EINVAL when something was reported. *ret is set in both cases.
 */
int config_read(const struct config_sources *sources, struct config_text **ret, struct report *report);
struct config_text *config_text_free(struct config_text *text);

/* The list (to be freed), as written, that the latest source gives to a key of the core's section; or NULL. Unchecked. */
char *config_peek(const struct config_text *text, const char *key);
/*
 * Is a plugin enabled, whose tables are not known? As config_bind() would decide, but for variables with names of the
 * plugin's own (struct bpflock_alias).
 */
bool config_enables(const struct config_text *text, const char *plugin);

/* The next item of a list (to be freed), without blanks around it, and moves *next behind it; NULL behind the last one. */
char *config_next_item(const char **next);

/**
 * struct config_schema_section - what may be written in one section
 * @name:    the section
 * @tables:  tables of options, searched in order: those that the core adds, then those of the plugin
 * @table_count: number of @tables
 * @aliases: rows of struct bpflock_alias, for options of @tables
 * @plugin:  a section of a plugin, which is disabled unless something enables it
 * @opaque:  a section of a plugin whose file was refused: keys that are in no table are accepted unchecked
 */
struct config_schema_section {
	const char *name;
	struct bpflock_table tables[4];
	size_t table_count;
	struct bpflock_table aliases;
	bool plugin;
	bool opaque;
};

struct config_schema {
	struct config_schema_section *sections;
	size_t section_count;
};

/**
 * struct config_value - the value of one option
 * @option:  its row in the table: a copy in the core's layout
 * @text:    as written, a list joined by ", "; the default when nothing was written; never NULL
 * @origin:  "FILE:LINE" (of a list's first line), the variable's name, "-o", or CONFIG_DEFAULT and perhaps " (WHY)"
 * @count:   number of items: 1 for a scalar with a value, 0 for none. An empty string counts as none.
 * @numbers: the items of the types that config_has_texts() denies
 * @strings: the items of the others
 * @places:  where each item was written, in the form of @origin: a list may have several lines
 */
struct config_value {
	const struct bpflock_option *option;
	char *text;
	char *origin;
	size_t count;
	__u64 *numbers;
	char **strings;
	char **places;
};

/**
 * struct config_section - one section, with its values
 * @name:    the section; points into the schema
 * @enabled: for a plugin: whether it is to run
 * @invalid: something that was written for it is an error, and reported
 * @options: the rows of the schema's tables, in order
 * @values:  one for each of @options. That of CONFIG_ENABLED_KEY agrees with @enabled. Its origin is the
 *           variable or "-o" where that has enabled the plugin.
 */
struct config_section {
	const char *name;
	bool enabled;
	bool invalid;
	struct bpflock_option *options;
	struct config_value *values;
	size_t value_count;
};

/**
 * struct config - a configuration
 * @sections:   one for each section of the schema, in order
 * @files:      that it was read from, in order of rising precedence
 * @references: number of holders: the last config_free() frees it
 */
struct config {
	struct config_section *sections;
	size_t section_count;
	char **files;
	size_t file_count;
	unsigned int references;
};

/*
 * Checks everything that was written against the schema. Returns 0, or -EINVAL when something was reported. *ret is
 * set in both cases, so that further checks of values report in the same run. A value that was refused is empty. The
 * schema must outlive the configuration.
 */
int config_bind(const struct config_text *text, const struct config_schema *schema, struct config **ret,
		struct report *report);
/* A configuration for which nothing was written. The defaults of the schema are known to be valid. */
struct config *config_defaults(const struct config_schema *schema);
struct config *config_hold(struct config *config);
struct config *config_free(struct config *config);

/* Both return NULL when there is none of that name. */
struct config_section *config_section(const struct config *config, const char *name);
const struct config_value *config_value(const struct config_section *section, const char *option);

/* Are the items of the option texts? */
static inline bool config_has_texts(const struct bpflock_option *option)
{
	switch (option->type) {
	case BPFLOCK_OPTION_STRING:
	case BPFLOCK_OPTION_CGROUP:
	case BPFLOCK_OPTION_CIDR:
	case BPFLOCK_OPTION_PATH:
		return true;
	default:
		return false;
	}
}

/* Whether it is the default, because nothing was written. */
bool config_is_default(const struct config_value *value);
/* Enables a plugin though `enabled = yes` was not written; `origin` says why. */
void config_enable(struct config_section *section, const char *origin);

/* The value of an option that the section is known to have; 0 or "" where it has no value. */
__u64 config_number(const struct config_section *section, const char *option);
const char *config_string(const struct config_section *section, const char *option);

/*
 * Fills a plugin's configuration structure from the values of its table. A member without a value becomes 0, "" or an
 * empty list. Pointers in the structure belong to the section. The members lie within the structure: this was checked
 * when the plugin was accepted. Numbers fit in their members: config_bind() has checked that.
 */
void config_fill(const struct config_section *section, const struct bpflock_table *options, void *structure);

/* The name of the environment variable of an option, to be freed. */
char *config_variable_name(const char *section, const char *key);

/* Whether two values of an option are the same, however they were written. */
bool config_value_equal(const struct config_value *a, const struct config_value *b);

/*
 * Prints all values in the form of a configuration file, each with its origin in a comment. Reading that file gives
 * the same values, except for a text that is too long for a line: it is printed as a comment.
 */
void config_dump(const struct config *config, FILE *stream);

#endif
