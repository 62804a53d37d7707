/* SPDX-License-Identifier: Apache-2.0 */
/* What was written where, before any option is known: the result of config_read(). */
#ifndef BPFLOCK_CONFIG_ENTRIES_H
#define BPFLOCK_CONFIG_ENTRIES_H

#include "config/config.h"

#define CONFIG_BLANKS " \t"

enum config_kind { CONFIG_FILE, CONFIG_VARIABLE, CONFIG_ASSIGNMENT };

/**
 * struct config_entry - one line, variable or -o
 * @source:  rises with precedence, from 1; each file is a source, all variables are one, all -o are one
 * @section: NULL for a variable: whose it is, only the option tables say
 * @key:     of a variable its name; NULL for a section's header
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

struct config_text {
	struct config_entry *entries;
	size_t count;
	unsigned int source;
};

/*
 * Adds copies of an entry's texts; its value without blanks around it. A value that could not stand in
 * a file is an error, wherever it comes from: what config_dump() prints has to be a file.
 */
void config_text_add(struct config_text *text, const struct config_entry *entry,
		     struct report *report);

/* An error at a place that is no option: a line that cannot be read, an unknown section. */
struct report_item *config_error(struct report *report, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A copy without blanks at both ends. */
char *config_trim(const char *text, size_t length);

/* The index of the first control character other than tab, or `length`. */
size_t config_find_control(const char *text, size_t length);

#endif
