/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "log/log.h"

/* Together no more than LOG_STRING_MAX. */
#define NAME_LENGTH_MAX 1024
#define REMEDY_LENGTH_MAX 2048
#define MESSAGE_LENGTH_MAX (LOG_STRING_MAX - NAME_LENGTH_MAX - REMEDY_LENGTH_MAX)

static const struct {
	enum log_level level;
	const char *key;
} levels[] = {
	[REPORT_ERROR] = { LOG_LEVEL_ERROR, "error" },
	[REPORT_WARNING] = { LOG_LEVEL_WARNING, "warning" },
	[REPORT_NOTICE] = { LOG_LEVEL_INFO, "notice" },
};

/* A text that is cut rather than the line lost. */
static void cut(struct log_record *record, const char *key, const char *text, size_t max)
{
	if (text)
		log_bytes(record, key, text, strnlen(text, max));
}

static void log_item(struct log *log, const struct report_item *item)
{
	const char *key = levels[item->level].key;
	struct log_record record = log_own(levels[item->level].level, item->event);

	record.bpfprog = item->plugin;
	cut(&record, "source", item->where, NAME_LENGTH_MAX);
	cut(&record, key, item->message, MESSAGE_LENGTH_MAX);
	cut(&record, "remedy", item->remedy, REMEDY_LENGTH_MAX);
	if (strlen(item->message) > MESSAGE_LENGTH_MAX)
		log_str(&record, "truncated", key);
	log_write(log, &record);
}

void log_report(struct log *log, const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		log_item(log, &report->items[i]);
}
