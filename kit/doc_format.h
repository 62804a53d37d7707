/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_KIT_DOC_FORMAT_H
#define BPFLOCK_KIT_DOC_FORMAT_H

#include <stdbool.h>

/**
 * struct doc_format - how the parts of a page are written to stdout
 * @name:       of the format, for --format
 * @head:       of the page of a plugin: its name, one line, and what kind it is
 * @section:    a title, for example "OPTIONS"
 * @subsection: the name of an event, as the log has it
 * @sentence:   a whole sentence
 * @code:       begins a sentence, which ends with this literal text
 * @variable:   the environment variable of an option
 * @list:       begins or ends a list; one of values has no lines between its items
 * @item:       an item of a list: names of the configuration and the log
 * @group:      the name of a group of operations, without @; the last ends the sentence
 * @foot:       other pages
 */
struct doc_format {
	const char *name;
	void (*head)(const char *name, const char *summary, const char *kind);
	void (*section)(const char *title);
	void (*subsection)(const char *event);
	void (*sentence)(const char *text);
	void (*code)(const char *beginning, const char *literal);
	void (*variable)(const char *name);
	void (*list)(bool begins, bool of_values);
	void (*item)(const char *name, bool of_values);
	void (*group)(const char *name, bool last);
	void (*foot)(void);
};

extern const struct doc_format doc_formats[];
extern const unsigned int doc_format_count;

#endif
