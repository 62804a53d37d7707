/* SPDX-License-Identifier: Apache-2.0 */
#include "config/entries.h"

#include <string.h>

#include "util/memory.h"

struct report_item *config_error(struct report *report, const char *where, const char *format, ...)
{
	struct report_item *item;
	va_list args;

	va_start(args, format);
	item = report_addv(report, REPORT_ERROR, "config_error", where, format, args);
	va_end(args);
	return item;
}

char *config_trim(const char *text, size_t length)
{
	while (length > 0 && strchr(CONFIG_BLANKS, text[length - 1]))
		length--;
	while (length > 0 && strchr(CONFIG_BLANKS, *text)) {
		text++;
		length--;
	}
	return xstrndup(text, length);
}

size_t config_find_control(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return i;
	}
	return length;
}

/* For inih a ';' after a blank begins a comment. In a file a blank precedes the value ("key = value"). */
static bool has_comment(const char *value)
{
	for (const char *c = strchr(value, ';'); c; c = strchr(c + 1, ';'))
		if (c == value || strchr(CONFIG_BLANKS, c[-1]))
			return true;
	return false;
}

static bool can_stand_in_file(const struct config_entry *entry, const char *value, struct report *report)
{
	size_t length = strlen(value);
	size_t control = config_find_control(value, length);

	if (control < length) {
		config_error(report, entry->where, "the value has a control character (0x%02x)",
			     (unsigned char)value[control]);
		return false;
	}
	if (has_comment(value)) {
		config_error(report, entry->where,
			     "the value has a ';' at its start or behind a blank: in a file that "
			     "begins a comment");
		return false;
	}
	return true;
}

void config_text_add(struct config_text *text, const struct config_entry *entry, struct report *report)
{
	const char *raw = entry->value ? entry->value : "";
	CLEANUP(cleanup_free) char *value = config_trim(raw, strlen(raw));

	if (!can_stand_in_file(entry, value, report))
		return;
	text->entries = xreallocarray(text->entries, text->count + 1, sizeof(*text->entries));
	text->entries[text->count++] = (struct config_entry){
		.kind = entry->kind,
		.source = text->source,
		.section = entry->section ? xstrdup(entry->section) : NULL,
		.key = entry->key ? xstrdup(entry->key) : NULL,
		.value = xstrdup(value),
		.where = xstrdup(entry->where),
	};
}

struct config_text *config_text_free(struct config_text *text)
{
	if (!text)
		return NULL;
	for (size_t i = 0; i < text->count; i++) {
		free(text->entries[i].section);
		free(text->entries[i].key);
		free(text->entries[i].value);
		free(text->entries[i].where);
	}
	for (size_t i = 0; i < text->file_count; i++)
		free(text->files[i]);
	free(text->files);
	free(text->entries);
	free(text);
	return NULL;
}
