/* SPDX-License-Identifier: Apache-2.0 */
#include "config/complain.h"

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

struct report_item *config_complain(const struct config_place *place, const char *format, ...)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct report_item *item;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	item = config_error(place->report, place->where, "[%s] %s: %s", place->section, place->key,
			    text);
	if (place->plugin)
		report_plugin(item, place->section);
	return item;
}
