/* SPDX-License-Identifier: Apache-2.0 */
/* file:/path. Also takes a named pipe with a reader, or a character device. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/sink.h"
#include "util/memory.h"

#define FILE_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* A daemon that was killed in the middle of a line on a full disk has left half of it. */
static bool ends_in_half_line(const char *path)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | FILE_FLAGS);
	struct stat status;
	char last;

	if (fd < 0 || fstat(fd, &status) < 0 || !status.st_size)
		return false;
	return pread(fd, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

static int open_path(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | FILE_FLAGS, 0600);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || S_ISBLK(status.st_mode)) {
		close(fd);
		return -ENOTSUP; /* nobody wants lines written over a file system */
	}
	return fd;
}

static void report_failure(const struct log_sink *sink, struct report *report, int error)
{
	struct report_item *item = log_sink_failed(sink, report, REPORT_ERROR, error);

	if (error == -ENOENT)
		report_remedy(item, "create its directory");
	else if (error == -ELOOP)
		report_remedy(item, "name the file itself, not a symbolic link to it");
	else if (error == -ENXIO)
		report_remedy(item, "a named pipe needs its reader first");
}

/* The old file, if there is one, is finished only when the new one is open. */
static int open_file(struct log_sink *sink, struct report *report)
{
	int fd = open_path(sink->path);

	if (fd < 0) {
		report_failure(sink, report, fd);
		return fd;
	}
	log_writer_close(&sink->writer);
	log_writer_start(&sink->writer, fd, LOG_WRITER_PLAIN);
	if (sink->writer.is_regular && ends_in_half_line(sink->path))
		log_writer_break_line(&sink->writer);
	return 0;
}

const struct log_sink_type log_file = {
	.name = "file:",
	.open = open_file,
	.reopen = open_file,
	.put = log_sink_put,
	.close = log_sink_close,
};
