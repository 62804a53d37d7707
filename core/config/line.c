/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inih reads a file as a whole, and is silent about much: it joins indented lines to the key before,
 * cuts long lines in two, and keeps the old section after a broken header. It cannot do any of that to
 * a line that it is given alone. A key behind that line, which no file can contain, tells which section
 * the line has opened.
 */
#include "config/line.h"

#include <ini.h>
#include <string.h>

#include "util/memory.h"

#define PROBE "\001"

static int take(void *user, const char *section, const char *name, const char *value)
{
	struct config_line *line = user;

	if (strcmp(name, PROBE) == 0) {
		line->section = xstrdup(section);
		return 1;
	}
	if (line->key)
		return 0; /* inih has made two lines of it */
	line->key = xstrdup(name);
	line->value = xstrdup(value);
	return 1;
}

static enum config_line_kind kind_of(const struct config_line *line, const char *text, int error)
{
	if (error)
		return CONFIG_LINE_BROKEN;
	if (line->key)
		return CONFIG_LINE_KEY;
	if (line->section && *line->section)
		return CONFIG_LINE_SECTION;
	/* "[]" opens a section without a name, which is where inih begins. */
	return *text == '[' ? CONFIG_LINE_BROKEN : CONFIG_LINE_EMPTY;
}

void config_line_parse(const char *text, struct config_line *ret)
{
	/* The empty line in front, because inih skips a byte order mark in its first line. */
	CLEANUP(cleanup_free) char *file = xasprintf("\n%s\n" PROBE "=", text);
	int error;

	*ret = (struct config_line){ 0 };
	error = ini_parse_string(file, take, ret);
	ret->kind = kind_of(ret, text, error);
}

void config_line_clear(struct config_line *line)
{
	free(line->section);
	free(line->key);
	free(line->value);
	*line = (struct config_line){ 0 };
}
