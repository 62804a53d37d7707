/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file:/path. Also takes a named pipe with a reader, or a character device.
 *
 * A regular file is rotated by max_size and keep. Before lines are written its path is checked: if the file was moved
 * away or deleted, a new one is opened, without a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log/sink.h"
#include "util/memory.h"

/* So that a failed action is not tried again for each line. */
#define RETRY_SECONDS 1

#define FILE_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

static int open_path(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | FILE_FLAGS, 0600);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || S_ISBLK(status.st_mode)) {
		close(fd);
		return -ENOTSUP; /* lines on a block device would overwrite its file system */
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

/* The old file, if any, is closed only when the new one is open. */
static int start_file(struct log_sink *sink)
{
	int fd = open_path(sink->path);

	if (fd < 0)
		return fd;
	log_writer_close(&sink->writer);
	log_writer_start(&sink->writer, fd, LOG_WRITER_PLAIN);
	log_writer_mend(&sink->writer, sink->path);
	return 0;
}

static int open_file(struct log_sink *sink, struct report *report)
{
	int error = start_file(sink);

	if (error < 0)
		report_failure(sink, report, error);
	return error;
}

/* Is the open file still the one at the path? *ret_opened is all zero where no file is open. */
static bool is_at_path(const struct log_sink *sink, struct stat *ret_opened)
{
	struct stat named;

	*ret_opened = (struct stat){ 0 };
	fstat(sink->writer.fd, ret_opened);
	return lstat(sink->path, &named) == 0 && named.st_dev == ret_opened->st_dev &&
	       named.st_ino == ret_opened->st_ino;
}

static int reopen_file(struct log_sink *sink, struct report *report)
{
	struct stat opened;

	if (sink->writer.is_regular && is_at_path(sink, &opened))
		return 0;
	return open_file(sink, report);
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

/* Records the result of an attempt. Returns whether it is to be reported: the first failure in a row. */
static bool note_attempt(struct log_sink *sink, int error)
{
	bool was_failing = sink->failing;

	sink->failing = error < 0;
	sink->retry = error < 0 ? seconds() + RETRY_SECONDS : 0;
	return sink->failing && !was_failing;
}

/*
 * A deleted file is closed at once: nobody will read it, and it may fill the disk. A file that was moved away gets the
 * lines until a new one is open.
 */
static void return_to_path(struct log_sink *sink, const struct stat *opened, struct report *report)
{
	int error;

	if (!opened->st_nlink)
		log_writer_close(&sink->writer);
	if (seconds() < sink->retry)
		return;
	error = start_file(sink);
	if (note_attempt(sink, error))
		report_failure(sink, report, error);
	if (!error)
		report_add(report, REPORT_NOTICE, "log_reopened", sink->name,
			   "was deleted or moved away; a new one is open");
}

static void rotate(struct log_sink *sink, struct report *report)
{
	int error;

	if (seconds() < sink->retry)
		return;
	error = log_rotate(sink->path, sink->options->keep);
	if (!error)
		error = start_file(sink);
	if (note_attempt(sink, error))
		report_remedy(report_add(report, REPORT_WARNING, "log_failed", sink->name, "cannot be rotated: %s",
					 strerror(-error)),
			      "let root rename files in its directory; until then it grows");
}

/* How many of the lines fit into a file of this size. */
static size_t count_that_fit(const struct log_sink *sink, __u64 size, const struct log_lines *lines)
{
	__u64 max = sink->options->max_size;
	size_t count = 0;

	if (!max)
		return lines->count;
	size += sink->writer.rest_length;
	while (count < lines->count && size + (lines->lines[count].end - lines->begin) <= max)
		count++;
	return count;
}

/*
 * Writes as many lines as fit, and rotates where one does not. One that fits into no file, and all lines where the file
 * cannot be rotated, go to the file that is open.
 */
static void put_some(struct log_sink *sink, struct log_lines *left, struct report *report)
{
	struct stat opened = { 0 };
	struct log_lines now;
	size_t count;

	fstat(sink->writer.fd, &opened);
	count = count_that_fit(sink, (__u64)opened.st_size, left);
	if (!count && opened.st_size > 0 && seconds() >= sink->retry) {
		rotate(sink, report);
		fstat(sink->writer.fd, &opened);
		count = count_that_fit(sink, (__u64)opened.st_size, left);
	}
	if (!count)
		count = sink->failing ? left->count : 1;
	now = log_lines_take(left, count);
	log_writer_put(&sink->writer, &now);
}

/* The path is looked at once, so that no line is written to a file that was deleted before. */
static void put_file(struct log_sink *sink, const struct log_lines *lines, struct report *report)
{
	struct log_lines left = *lines;
	struct stat opened;

	if (sink->writer.is_regular && !is_at_path(sink, &opened))
		return_to_path(sink, &opened, report);
	if (sink->writer.fd < 0)
		log_loss_add_lines(&sink->writer.lost, lines);
	else if (!sink->writer.is_regular)
		log_writer_put(&sink->writer, lines);
	else
		while (left.count)
			put_some(sink, &left, report);
}

const struct log_sink_type log_file = {
	.name = "file:",
	.open = open_file,
	.reopen = reopen_file,
	.put = put_file,
	.close = log_sink_close,
};
