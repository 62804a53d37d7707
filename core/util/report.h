/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings for the operator. Functions that find something collect it; their callers print or log the report. A
 * function reports or logs, never both. So all errors of one run appear together.
 */
#ifndef BPFLOCK_UTIL_REPORT_H
#define BPFLOCK_UTIL_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum report_level { REPORT_ERROR, REPORT_WARNING, REPORT_NOTICE };

/**
 * struct report_item - one finding
 * @event:   what kind, as `event=` of the log: config_error, plugin_refused, …
 * @plugin:  the plugin that it concerns, or NULL
 * @where:   "FILE:LINE", the name of a variable, or a path; or NULL
 * @message: what failed, and why
 * @remedy:  what to do, or what would be valid; or NULL
 */
struct report_item {
	enum report_level level;
	const char *event;
	char *plugin;
	char *where;
	char *message;
	char *remedy;
};

struct report {
	struct report_item *items;
	size_t count;
	size_t errors; /* items of level REPORT_ERROR, without those of plugins that are not required */
};

/*
 * Adds an item and returns it, so that the caller can set a remedy. The item is valid until the next one is added. It
 * never fails: without memory the process aborts (util/memory.h).
 */
struct report_item *report_add(struct report *report, enum report_level level, const char *event, const char *where,
			       const char *format, ...) __attribute__((format(printf, 5, 6)));
struct report_item *report_addv(struct report *report, enum report_level level, const char *event, const char *where,
				const char *format, va_list args) __attribute__((format(printf, 5, 0)));
void report_remedy(struct report_item *item, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_plugin(struct report_item *item, const char *plugin);

/* Prints each item as "bpflock: WHERE: MESSAGE (REMEDY)", before there is a log. */
void report_print(const struct report *report, FILE *stream);
void report_clear(struct report *report);

#endif
