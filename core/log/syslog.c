/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local syslog, over its datagram socket. libc's syslog() blocks while the socket's queue is full, so the header
 * of RFC 3164 is written here. It has no time: receivers add theirs, and the line has the time of the event.
 */
#include <stdint.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "log/sink.h"
#include "util/memory.h"

static int open_syslog(struct log_sink *sink, struct report *report)
{
	return log_datagram_open(sink, "a syslog daemon", report);
}

static size_t write_header(char *header, size_t size, enum log_level level)
{
	return (size_t)snprintf(header, size, "<%d>bpflock[%d]: ", LOG_DAEMON | log_priority(level), getpid());
}

/* Lines of one level in a row have the same header. It is kept: making it costs a sixth of what a line costs. */
static void put_syslog(struct log_sink *sink, const struct log_lines *lines, struct report *report)
{
	char header[64];
	struct iovec parts[2] = { { .iov_base = header } };

	(void)report;
	for (size_t i = 0; i < lines->count; i++) {
		const struct log_line *line = &lines->lines[i];
		size_t begin = log_lines_at(lines, i);

		if (i == 0 || line->level != lines->lines[i - 1].level)
			parts[0].iov_len = write_header(header, sizeof(header), line->level);
		parts[1].iov_base = (void *)(uintptr_t)(lines->text + begin);
		parts[1].iov_len = line->end - begin - 1; /* no newline */
		log_datagram_put(sink, line, parts, ARRAY_SIZE(parts));
	}
}

const struct log_sink_type log_syslog = {
	.name = "syslog",
	.open = open_syslog,
	.put = put_syslog,
	.close = log_datagram_close,
};
