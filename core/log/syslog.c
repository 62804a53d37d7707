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

static void put_line(struct log_sink *sink, const struct log_line *line, const char *text, size_t length)
{
	char header[64];
	struct iovec parts[] = {
		{ .iov_base = header }, { .iov_base = (void *)(uintptr_t)text, .iov_len = length - 1 }, /* no newline */
	};

	parts[0].iov_len = (size_t)snprintf(header, sizeof(header),
					    "<%d>bpflock[%d]: ", LOG_DAEMON | log_priority(line->level), getpid());
	log_datagram_put(sink, line, parts, ARRAY_SIZE(parts));
}

static void put_syslog(struct log_sink *sink, const struct log_lines *lines, struct report *report)
{
	(void)report;
	for (size_t i = 0; i < lines->count; i++) {
		size_t begin = log_lines_at(lines, i);

		put_line(sink, &lines->lines[i], lines->text + begin, lines->lines[i].end - begin);
	}
}

const struct log_sink_type log_syslog = {
	.name = "syslog",
	.open = open_syslog,
	.put = put_syslog,
	.close = log_datagram_close,
};
