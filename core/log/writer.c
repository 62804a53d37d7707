/* SPDX-License-Identifier: Apache-2.0 */
#include "log/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/memory.h"

struct log_lines log_lines_take(struct log_lines *lines, size_t count)
{
	struct log_lines taken = *lines;

	taken.count = count;
	lines->begin = log_lines_at(lines, count);
	lines->lines += count;
	lines->count -= count;
	return taken;
}

static off_t end_of(const struct log_writer *writer)
{
	return writer->is_regular ? lseek(writer->fd, 0, SEEK_CUR) : 0;
}

void log_writer_start(struct log_writer *writer, int fd, enum log_writer_kind kind)
{
	struct stat status = { 0 };

	fstat(fd, &status);
	writer->fd = fd;
	writer->kind = kind;
	writer->is_regular = S_ISREG(status.st_mode);
	/* poll() guarantees PIPE_BUF bytes for a pipe, but only one character for a terminal. */
	writer->chunk = S_ISFIFO(status.st_mode) ? PIPE_BUF : 1;
	writer->atomic = S_ISFIFO(status.st_mode) ? PIPE_BUF : SIZE_MAX;
	writer->rest_loss = (struct log_loss){ 0 };
	writer->rest_length = 0;
}

/* A daemon that was killed while it wrote may have left half a line. */
static bool ends_in_half_line(const char *path)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	char last;

	if (fd < 0 || fstat(fd, &status) < 0 || !status.st_size)
		return false;
	return pread(fd, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

void log_writer_mend(struct log_writer *writer, const char *path)
{
	if (!writer->is_regular || !ends_in_half_line(path))
		return;
	writer->rest[0] = '\n';
	writer->rest_length = 1;
	writer->rest_loss = (struct log_loss){ 0 };
	writer->end = lseek(writer->fd, 0, SEEK_END);
}

static ssize_t write_polled(const struct log_writer *writer, const char *bytes, size_t length)
{
	struct pollfd ready = { .fd = writer->fd, .events = POLLOUT };

	if (poll(&ready, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(writer->fd, bytes, length < writer->chunk ? length : writer->chunk);
}

static ssize_t write_some(const struct log_writer *writer, const char *bytes, size_t length)
{
	switch (writer->kind) {
	case LOG_WRITER_SOCKET:
		return send(writer->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	case LOG_WRITER_POLLED:
		return write_polled(writer, bytes, length);
	case LOG_WRITER_PLAIN:
		break;
	}
	return write(writer->fd, bytes, length);
}

/* Writes as much as possible. Returns 0 when everything was written. *ret_done is set in both cases. */
static int write_most(struct log_writer *writer, const char *bytes, size_t length, size_t *ret_done)
{
	int error = 0;

	*ret_done = 0;
	while (!error && *ret_done < length) {
		ssize_t count = write_some(writer, bytes + *ret_done, length - *ret_done);

		if (count > 0)
			*ret_done += (size_t)count;
		else
			error = count < 0 ? -errno : -EAGAIN;
	}
	return error;
}

/* May the same descriptor take the rest later? */
static bool is_temporary(int error)
{
	switch (-error) {
	case EAGAIN:
	case EINTR:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case ENOBUFS:
	case ENOMEM:
		return true;
	default:
		return false;
	}
}

static void keep_rest(struct log_writer *writer, const char *rest, size_t length)
{
	memmove(writer->rest, rest, length);
	writer->rest_length = length;
	writer->end = end_of(writer);
}

/* A newline replaces the rest, so that the next line does not continue the part that was written. */
static void give_up_rest(struct log_writer *writer)
{
	log_loss_add(&writer->lost, &writer->rest_loss);
	writer->rest_loss = (struct log_loss){ 0 };
	writer->rest[0] = '\n';
	writer->rest_length = 1;
}

/*
 * Somebody may truncate the file to free a full disk, and others may append to it. Then the rest of a line must not be
 * written: the part before it is gone, or is not at the end of the file.
 */
static void check_rest(struct log_writer *writer)
{
	struct stat status;

	if (!writer->is_regular || fstat(writer->fd, &status) < 0 || status.st_size == writer->end)
		return;
	give_up_rest(writer);
	if (status.st_size == 0)
		writer->rest_length = 0;
}

static int finish_rest(struct log_writer *writer)
{
	size_t done;
	int error;

	if (!writer->rest_length)
		return 0;
	check_rest(writer);
	error = write_most(writer, writer->rest, writer->rest_length, &done);
	if (!error) {
		writer->rest_loss = (struct log_loss){ 0 };
		writer->rest_length = 0;
		return 0;
	}
	keep_rest(writer, writer->rest + done, writer->rest_length - done);
	if (!is_temporary(error))
		give_up_rest(writer);
	return error;
}

/* Of the lines only so many bytes were written: one may have been cut, and all behind it are lost. */
static void keep_cut(struct log_writer *writer, struct log_lines lines, size_t done)
{
	size_t written = 0, place = lines.begin + done;
	struct log_lines cut;

	while (lines.lines[written].end <= place)
		written++;
	(void)log_lines_take(&lines, written);
	if (lines.begin < place) {
		cut = log_lines_take(&lines, 1);
		log_loss_add_line(&writer->rest_loss, &cut.lines[0]);
		keep_rest(writer, cut.text + place, cut.lines[0].end - place);
	}
	log_loss_add_lines(&writer->lost, &lines);
}

/* Returns whether all lines were written. */
static bool put_at_once(struct log_writer *writer, const struct log_lines *lines)
{
	size_t done, length = log_lines_at(lines, lines->count) - lines->begin;

	if (finish_rest(writer) < 0) {
		log_loss_add_lines(&writer->lost, lines);
		return false;
	}
	if (!write_most(writer, lines->text + lines->begin, length, &done))
		return true;
	keep_cut(writer, *lines, done);
	return false;
}

/* How many lines are not longer than this together; at least one. */
static size_t count_within(const struct log_lines *lines, size_t length)
{
	size_t count = 1;

	while (count < lines->count && lines->lines[count].end - lines->begin <= length)
		count++;
	return count;
}

void log_writer_put(struct log_writer *writer, const struct log_lines *lines)
{
	struct log_lines left = *lines;

	while (left.count) {
		struct log_lines now = log_lines_take(&left, count_within(&left, writer->atomic));

		if (!put_at_once(writer, &now))
			break;
	}
	log_loss_add_lines(&writer->lost, &left);
}

/* A rest that is only a newline is not written here: another writer may be in the middle of a line of the file. */
void log_writer_finish(struct log_writer *writer)
{
	if (log_loss_is_none(&writer->rest_loss))
		return;
	if (finish_rest(writer) < 0)
		give_up_rest(writer);
}

void log_writer_close(struct log_writer *writer)
{
	if (writer->fd < 0)
		return;
	log_writer_finish(writer);
	close(writer->fd);
	writer->fd = -1;
}
