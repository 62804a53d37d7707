/* SPDX-License-Identifier: Apache-2.0 */
/* What was written where, before any option is known: the result of config_read(). */
#ifndef BPFLOCK_CONFIG_ENTRIES_H
#define BPFLOCK_CONFIG_ENTRIES_H

#include "config/config.h"

#define CONFIG_BLANKS " \t"

enum config_kind { CONFIG_FILE, CONFIG_VARIABLE, CONFIG_ASSIGNMENT };

/**
 * struct config_entry - one line, variable or -o
 * @source:  number of the source, from 1, in order of precedence: see struct config_sources
 * @section: NULL for a variable: only the tables of options say to which section it belongs
 * @key:     for a variable its name; NULL for a section's header
 * @where:   for the report: "FILE:LINE", the variable's name, or "-o TEXT"
 */
struct config_entry {
	enum config_kind kind;
	unsigned int source;
	char *section;
	char *key;
	char *value;
	char *where;
};

/**
 * struct config_text - the result
 * @source: number of the source that is being read
 * @files:  that were read
 */
struct config_text {
	struct config_entry *entries;
	size_t count;
	unsigned int source;
	char **files;
	size_t file_count;
};

/*
 * Adds a copy of an entry, its value without blanks around it. A value that a file could not contain is an error for
 * every kind of source: the output of config_dump() must be a valid file.
 */
void config_text_add(struct config_text *text, const struct config_entry *entry, struct report *report);

/* Reports an error that is not about an option: a line that cannot be read, an unknown section. */
struct report_item *config_error(struct report *report, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A copy without blanks at both ends. */
char *config_trim(const char *text, size_t length);

/* The index of the first control character other than tab, or `length`. */
size_t config_find_control(const char *text, size_t length);

#endif
