/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by syslog and the journal: a datagram socket whose receiver may stop and start again. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "log/sink.h"
#include "util/memory.h"

int log_priority(enum log_level level)
{
	static const int priorities[] = {
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_WARNING] = LOG_WARNING,
		[LOG_LEVEL_ERROR] = LOG_ERR,
	};

	return priorities[level];
}

void log_datagram_close(struct log_sink *sink)
{
	if (sink->writer.fd >= 0)
		close(sink->writer.fd);
	sink->writer.fd = -1;
}

/* Returns a socket or a negative errno. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd, error;

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

bool log_datagram_is_received(const char *path)
{
	CLEANUP(cleanup_close) int fd = connect_to(path);

	return fd >= 0;
}

static int connect_again(struct log_sink *sink)
{
	int fd = connect_to(sink->path);

	log_datagram_close(sink);
	if (fd < 0)
		return fd;
	sink->writer.fd = fd;
	return 0;
}

int log_datagram_open(struct log_sink *sink, const char *receiver, struct report *report)
{
	int error = connect_again(sink);

	if (error < 0)
		report_remedy(log_sink_failed(sink, report, REPORT_WARNING, error),
			      "start %s that listens on %s; until then lines are lost and counted", receiver,
			      sink->path);
	return 0;
}

static int send_datagram(const struct log_sink *sink, const struct msghdr *message)
{
	if (sendmsg(sink->writer.fd, message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

/* Is the receiver still there? Its queue may be full, or the line too long: then connecting again does not help. */
static bool is_connected(int error)
{
	return error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM || error == -EMSGSIZE || error == -EINTR;
}

void log_datagram_put(struct log_sink *sink, const struct log_line *line, struct iovec *parts, size_t count)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	int error = send_datagram(sink, &message);

	if (error < 0 && !is_connected(error) && connect_again(sink) == 0)
		error = send_datagram(sink, &message);
	if (error < 0)
		log_loss_add_line(&sink->writer.lost, line);
}
