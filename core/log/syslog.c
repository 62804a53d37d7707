/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local syslog, over its datagram socket. libc's syslog() waits while the socket's queue is
 * full, and that would be us, so the few bytes of RFC 3164 are written here. Its time is left
 * out: receivers put their own there, and the time of the event is in the line.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "log/sink.h"

static const int severities[] = {
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_ERROR] = LOG_ERR,
};

static void disconnect(struct log_sink *sink)
{
	if (sink->writer.fd >= 0)
		close(sink->writer.fd);
	sink->writer.fd = -1;
}

static int connect_again(struct log_sink *sink)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(sink->path);
	int error;

	disconnect(sink);
	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, sink->path, length);
	sink->writer.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sink->writer.fd < 0)
		return -errno;
	if (connect(sink->writer.fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	error = -errno;
	disconnect(sink);
	return error;
}

static int open_syslog(struct log_sink *sink, struct report *report)
{
	int error = connect_again(sink);

	if (error < 0)
		report_remedy(log_sink_failed(sink, report, REPORT_WARNING, error),
			      "start a syslog daemon that listens on %s; until then lines are lost "
			      "and counted",
			      sink->path);
	return 0;
}

static int send_datagram(const struct log_sink *sink, const struct msghdr *message)
{
	if (sendmsg(sink->writer.fd, message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

/* A receiver that is full, or a line too long for it, is no reason to look for another one. */
static bool is_connected(int error)
{
	return error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM || error == -EMSGSIZE ||
	       error == -EINTR;
}

static void put_syslog(struct log_sink *sink, enum log_level level, const char *line, size_t length)
{
	char header[64];
	struct iovec parts[] = {
		{ .iov_base = header },
		{ .iov_base = (void *)(uintptr_t)line, .iov_len = length - 1 }, /* no newline */
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	int error;

	parts[0].iov_len = (size_t)snprintf(header, sizeof(header), "<%d>bpflock[%d]: ",
					    LOG_DAEMON | severities[level], getpid());
	error = send_datagram(sink, &message);
	if (error < 0 && !is_connected(error) && connect_again(sink) == 0)
		error = send_datagram(sink, &message);
	if (error < 0)
		sink->writer.lost++;
}

const struct log_sink_type log_syslog = {
	.name = "syslog",
	.open = open_syslog,
	.put = put_syslog,
	.close = disconnect,
};
