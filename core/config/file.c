/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When inih reads a whole file, it accepts several mistakes silently: it joins indented lines to the key before,
 * cuts long lines in two, and keeps the old section after a broken header. So inih gets each line alone here. It
 * also gets a second line: a key that no file can contain (PROBE). The section of that key is the section that the
 * line has opened.
 */
#include "config/file.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

#include "util/filesystem.h"
#include "util/memory.h"

#define FILE_SIZE_MAX (1024ul * 1024)
#define FILE_CHUNK (16ul * 1024)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define PROBE "\001"

enum line_kind {
	LINE_EMPTY, /* or a comment */
	LINE_SECTION,
	LINE_KEY,
	LINE_BROKEN,
};

/**
 * struct line - one parsed line
 * @section: of LINE_SECTION
 * @key:     of LINE_KEY, with @value
 */
struct line {
	enum line_kind kind;
	char *section;
	char *key;
	char *value;
};

static int take(void *user, const char *section, const char *name, const char *value)
{
	struct line *line = user;

	if (strcmp(name, PROBE) == 0) {
		line->section = xstrdup(section);
		return 1;
	}
	if (line->key)
		return 0; /* inih has cut the line in two */
	line->key = xstrdup(name);
	line->value = xstrdup(value);
	return 1;
}

static enum line_kind kind_of(const struct line *line, const char *text, int error)
{
	if (error)
		return LINE_BROKEN;
	if (line->key)
		return LINE_KEY;
	if (line->section && *line->section)
		return LINE_SECTION;
	/* inih starts in a section without a name, so "[]" looks like an empty line. */
	return *text == '[' ? LINE_BROKEN : LINE_EMPTY;
}

/* `text` has no newline and no control characters, and at most CONFIG_LINE_MAX bytes. */
static void parse_line(const char *text, struct line *ret)
{
	/* The first line is empty, because inih would skip a byte order mark there. */
	CLEANUP(cleanup_free) char *file = xasprintf("\n%s\n" PROBE "=", text);
	int error;

	*ret = (struct line){ 0 };
	error = ini_parse_string(file, take, ret);
	ret->kind = kind_of(ret, text, error);
}

static void clear_line(struct line *line)
{
	free(line->section);
	free(line->key);
	free(line->value);
	*line = (struct line){ 0 };
}

/**
 * struct reader - the position in a file
 * @where:   "FILE:LINE"
 * @section: the section, or NULL
 * @skip:    after a broken header: the section of the following keys is unknown
 */
struct reader {
	struct config_text *text;
	struct report *report;
	char *where;
	char *section;
	bool skip;
};

/* So that keys after a broken header do not count for the section before it. */
static void leave_section(struct reader *reader)
{
	free(reader->section);
	reader->section = NULL;
	reader->skip = true;
}

static void enter_section(struct reader *reader, const char *section)
{
	struct config_entry header = { .kind = CONFIG_FILE, .where = reader->where };

	reader->section = xstrdup(section);
	reader->skip = false;
	header.section = reader->section;
	config_text_add(reader->text, &header, reader->report);
}

static void read_header(struct reader *reader, const char *text, const char *section)
{
	const char *bracket = text + 1 + strlen(section);
	const char *behind = bracket + 1 + strspn(bracket + 1, CONFIG_BLANKS);

	if (*bracket != ']') {
		config_error(reader->report, reader->where, "the name of the section is longer than %d bytes",
			     CONFIG_SECTION_MAX);
		return;
	}
	if (*behind && (*behind != ';' || behind == bracket + 1)) {
		config_error(reader->report, reader->where, "there is text after [%s]: '%s'", section, behind);
		return;
	}
	enter_section(reader, section);
}

static void read_key(struct reader *reader, const char *text, const struct line *line)
{
	const char *separator = text + strlen(line->key);
	const struct config_entry entry = {
		.kind = CONFIG_FILE,
		.section = reader->section,
		.key = line->key,
		.value = line->value,
		.where = reader->where,
	};

	separator += strspn(separator, CONFIG_BLANKS);
	if (!*line->key) {
		config_error(reader->report, reader->where, "there is no key before the '%c'", *separator);
	} else if (*separator == ':') {
		report_remedy(config_error(reader->report, reader->where, "'%s' is followed by ':'", line->key),
			      "use '=': %s = %s", line->key, line->value);
	} else if (reader->section) {
		config_text_add(reader->text, &entry, reader->report);
	} else if (!reader->skip) {
		report_remedy(config_error(reader->report, reader->where, "'%s' is outside of any section", line->key),
			      "put a line like [%s] before it", CONFIG_CORE_SECTION);
	}
}

static void read_broken(const struct reader *reader, const char *text)
{
	if (*text == '[')
		report_remedy(
			config_error(reader->report, reader->where, "the header of the section is broken: '%s'", text),
			"valid: [NAME]; up to the next header everything is skipped");
	else
		report_remedy(config_error(reader->report, reader->where, "there is no '=' in '%s'", text),
			      "valid: KEY = VALUE, [SECTION], or a comment after # or ;");
}

static void read_parsed(struct reader *reader, const char *text, const struct line *line)
{
	if (line->kind != LINE_EMPTY && strchr(CONFIG_BLANKS, *text)) {
		report_remedy(config_error(reader->report, reader->where, "the line is indented"),
			      "begin it in the first column; to continue a list, repeat KEY = ...");
		return;
	}
	switch (line->kind) {
	case LINE_EMPTY:
		break;
	case LINE_SECTION:
		read_header(reader, text, line->section);
		break;
	case LINE_KEY:
		read_key(reader, text, line);
		break;
	case LINE_BROKEN:
		read_broken(reader, text);
		break;
	}
}

static void read_line(struct reader *reader, const char *text, size_t length)
{
	size_t control = config_find_control(text, length);
	const char *begin = text + strspn(text, CONFIG_BLANKS);
	CLEANUP(clear_line) struct line line = { 0 };

	if (*begin == '[')
		leave_section(reader);
	if (control < length) {
		config_error(reader->report, reader->where, "there is a control character (0x%02x) in column %zu",
			     (unsigned char)text[control], control + 1);
		return;
	}
	if (*begin == '#' || *begin == ';')
		return; /* a comment may have any length */
	if (length > CONFIG_LINE_MAX) {
		report_remedy(config_error(reader->report, reader->where, "the line is longer than %d bytes",
					   CONFIG_LINE_MAX),
			      "repeat the key of a list in several lines");
		return;
	}
	parse_line(text, &line);
	read_parsed(reader, text, &line);
}

/* content[length] is NUL. The content is changed: each newline becomes a NUL. */
static void read_lines(struct reader *reader, const char *path, char *content, size_t length)
{
	char *end = content + length;
	char *next;

	if (strncmp(content, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		content += strlen(BYTE_ORDER_MARK);
	for (size_t number = 1; content < end; number++, content = next) {
		char *newline = memchr(content, '\n', (size_t)(end - content));
		char *stop = newline ? newline : end;

		next = stop + 1;
		if (stop > content && stop[-1] == '\r')
			stop--;
		*stop = '\0';
		free(reader->where);
		reader->where = xasprintf("%s:%zu", path, number);
		read_line(reader, content, (size_t)(stop - content));
	}
}

/* The limit (-EFBIG) also ends the reading of a device that was named by mistake. */
static int read_stream(FILE *stream, char **ret, size_t *ret_length)
{
	size_t size = 0;

	do {
		size += FILE_CHUNK;
		*ret = xreallocarray(*ret, size + 1, 1);
		errno = 0;
		*ret_length += fread(*ret + *ret_length, 1, size - *ret_length, stream);
	} while (*ret_length == size && size <= FILE_SIZE_MAX);
	(*ret)[*ret_length] = '\0';
	if (ferror(stream))
		return errno ? -errno : -EIO;
	return *ret_length > FILE_SIZE_MAX ? -EFBIG : 0;
}

/* Who can write to the file configures the daemon. Devices such as /dev/null are writable by all. */
static void check_trust(int fd, const char *path, struct report *report)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	if (file_is_writable_by_others(&status))
		report_remedy(config_error(report, path, "it is writable by its group or by others (mode %04o)",
					   status.st_mode & 07777),
			      "chmod go-w %s", path);
	if (file_is_of_another_user(&status))
		report_remedy(report_add(report, REPORT_WARNING, "config_warning", path,
					 "it belongs to user %u, who can change it", status.st_uid),
			      "chown root %s", path);
}

static int read_content(const char *path, char **ret, size_t *ret_length, struct report *report)
{
	FILE *stream = fopen(path, "re");
	int error;

	if (!stream)
		return -errno;
	check_trust(fileno(stream), path, report);
	error = read_stream(stream, ret, ret_length);
	fclose(stream);
	return error;
}

void config_file_read(struct config_text *text, const char *path, bool required, struct report *report)
{
	CLEANUP(cleanup_free) char *content = xstrdup("");
	struct reader reader = { .text = text, .report = report };
	size_t length = 0;
	int error = read_content(path, &content, &length, report);

	if (error == -ENOENT && !required)
		return;
	if (error) {
		config_error(report, path, "the file cannot be read: %s", strerror(-error));
		return;
	}
	text->source++;
	text->files = xreallocarray(text->files, text->file_count + 1, sizeof(*text->files));
	text->files[text->file_count++] = xstrdup(path);
	read_lines(&reader, path, content, length);
	free(reader.where);
	free(reader.section);
}
