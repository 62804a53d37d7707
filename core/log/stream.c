/* SPDX-License-Identifier: Apache-2.0 */
/* stderr and stdout: a terminal, a pipe, a socket of the journal, or a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/sink.h"

/*
 * O_NONBLOCK is a flag of the open file description, which the daemon shares with the process that started it. So
 * pipes and terminals are opened again, to get a separate description. This fails, for example, without /proc.
 */
static int reopen(const char *path)
{
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* For a file the shared description is used: its offset prevents that writers overwrite each other's lines. */
static int start(struct log_writer *writer, int stream)
{
	struct stat status;
	enum log_writer_kind kind = LOG_WRITER_PLAIN;
	char path[32];
	int fd = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", stream);
	if (fstat(stream, &status) < 0)
		return -errno;
	if (S_ISSOCK(status.st_mode)) {
		kind = LOG_WRITER_SOCKET;
	} else if (!S_ISREG(status.st_mode)) {
		fd = reopen(path);
		kind = fd < 0 ? LOG_WRITER_POLLED : LOG_WRITER_PLAIN;
	}
	if (fd < 0)
		fd = fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0)
		return -errno;
	log_writer_start(writer, fd, kind);
	log_writer_mend(writer, path);
	return 0;
}

static int open_stream(struct log_sink *sink, int stream, struct report *report)
{
	int error = start(&sink->writer, stream);

	if (error < 0)
		log_sink_failed(sink, report, REPORT_ERROR, error);
	return error;
}

bool log_stderr_is_journal(const char *journal_stream)
{
	unsigned long long device, inode;
	struct stat status;

	if (!journal_stream || sscanf(journal_stream, "%llu:%llu", &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

static int open_stderr(struct log_sink *sink, struct report *report)
{
	return open_stream(sink, STDERR_FILENO, report);
}

static int open_stdout(struct log_sink *sink, struct report *report)
{
	return open_stream(sink, STDOUT_FILENO, report);
}

const struct log_sink_type log_stderr = {
	.name = "stderr",
	.open = open_stderr,
	.put = log_sink_put,
	.close = log_sink_close,
};

const struct log_sink_type log_stdout = {
	.name = "stdout",
	.open = open_stdout,
	.put = log_sink_put,
	.close = log_sink_close,
};
