/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a file, as inih reads it. */
#ifndef BPFLOCK_CONFIG_LINE_H
#define BPFLOCK_CONFIG_LINE_H

/* What inih holds of a line (INI_MAX_LINE, less newline and NUL as its header counts them). */
#define CONFIG_LINE_MAX 197
/* What inih holds of a section's name; the rest it drops. */
#define CONFIG_SECTION_MAX 49

enum config_line_kind {
	CONFIG_LINE_EMPTY, /* or a comment */
	CONFIG_LINE_SECTION,
	CONFIG_LINE_KEY,
	CONFIG_LINE_BROKEN,
};

/**
 * struct config_line - what a line says
 * @section: of CONFIG_LINE_SECTION
 * @key:     of CONFIG_LINE_KEY, with @value
 */
struct config_line {
	enum config_line_kind kind;
	char *section;
	char *key;
	char *value;
};

/* `text` has no newline and no control characters, and at most CONFIG_LINE_MAX bytes. */
void config_line_parse(const char *text, struct config_line *ret);
void config_line_clear(struct config_line *line);

#endif
