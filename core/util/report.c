/* SPDX-License-Identifier: Apache-2.0 */
#include "util/report.h"

#include "util/memory.h"

struct report_item *report_addv(struct report *report, enum report_level level, const char *event, const char *where,
				const char *format, va_list args)
{
	struct report_item *item;

	report->items = xreallocarray(report->items, report->count + 1, sizeof(*report->items));
	item = &report->items[report->count++];
	*item = (struct report_item){
		.level = level,
		.event = event,
		.where = where ? xstrdup(where) : NULL,
		.message = xvasprintf(format, args),
	};
	if (level == REPORT_ERROR)
		report->errors++;
	return item;
}

struct report_item *report_add(struct report *report, enum report_level level, const char *event, const char *where,
			       const char *format, ...)
{
	struct report_item *item;
	va_list args;

	va_start(args, format);
	item = report_addv(report, level, event, where, format, args);
	va_end(args);
	return item;
}

void report_remedy(struct report_item *item, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	free(item->remedy);
	item->remedy = xvasprintf(format, args);
	va_end(args);
}

void report_plugin(struct report_item *item, const char *plugin)
{
	free(item->plugin);
	item->plugin = xstrdup(plugin);
}

static void print_item(const struct report_item *item, FILE *stream)
{
	static const char *const levels[] = {
		[REPORT_ERROR] = "",
		[REPORT_WARNING] = "warning: ",
		[REPORT_NOTICE] = "notice: ",
	};

	fputs("bpflock: ", stream);
	if (item->where)
		fprintf(stream, "%s: ", item->where);
	fputs(levels[item->level], stream);
	if (item->plugin)
		fprintf(stream, "%s: ", item->plugin);
	fputs(item->message, stream);
	if (item->remedy)
		fprintf(stream, " (%s)", item->remedy);
	fputc('\n', stream);
}

void report_print(const struct report *report, FILE *stream)
{
	for (size_t i = 0; i < report->count; i++)
		print_item(&report->items[i], stream);
}

void report_clear(struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->items[i].plugin);
		free(report->items[i].where);
		free(report->items[i].message);
		free(report->items[i].remedy);
	}
	free(report->items);
	*report = (struct report){ 0 };
}
