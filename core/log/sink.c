/* SPDX-License-Identifier: Apache-2.0 */
#include "log/sink.h"

#include <string.h>

struct report_item *log_sink_failed(const struct log_sink *sink, struct report *report, enum report_level level,
				    int error)
{
	return report_add(report, level, "log_failed", sink->name, "cannot be opened: %s", strerror(-error));
}

void log_sink_put(struct log_sink *sink, const struct log_lines *lines, struct report *report)
{
	(void)report;
	log_writer_put(&sink->writer, lines);
}

void log_sink_close(struct log_sink *sink)
{
	log_writer_close(&sink->writer);
}
