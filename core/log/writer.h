/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes whole lines to a file descriptor that may take only a part of them, or nothing. Private to the log module. The
 * rest of a line after a short write is kept, and written before the next line. So each line is written completely or
 * counted as lost, and two lines are never joined.
 */
#ifndef BPFLOCK_LOG_WRITER_H
#define BPFLOCK_LOG_WRITER_H

#include "log/log.h"

/**
 * struct log_line - one of several lines
 * @end:    where it ends in their text, behind its newline
 * @level:  for syslog
 * @events: of its record, as @time
 */
struct log_line {
	size_t end;
	enum log_level level;
	__u64 events;
	struct timespec time;
};

/**
 * struct log_lines - lines in a row
 * @text:  of all lines that have been collected; the first of these begins at @begin
 * @lines: of these; their ends are places in @text
 */
struct log_lines {
	const char *text;
	size_t begin;
	const struct log_line *lines;
	size_t count;
};

/* Where the line of this number begins. */
static inline size_t log_lines_at(const struct log_lines *lines, size_t number)
{
	return number ? lines->lines[number - 1].end : lines->begin;
}

/* The first `count` lines are taken off, and returned. */
struct log_lines log_lines_take(struct log_lines *lines, size_t count);

bool log_loss_is_none(const struct log_loss *loss);
void log_loss_add(struct log_loss *loss, const struct log_loss *more);
void log_loss_add_line(struct log_loss *loss, const struct log_line *line);
void log_loss_add_lines(struct log_loss *loss, const struct log_lines *lines);

enum log_writer_kind {
	LOG_WRITER_PLAIN,  /* a regular file, or open with O_NONBLOCK */
	LOG_WRITER_SOCKET, /* sent to with MSG_DONTWAIT */
	LOG_WRITER_POLLED, /* may block: poll() first, and write only as much as poll() guarantees */
};

/**
 * struct log_writer - a file descriptor, and the rest of a half-written line
 * @fd:           owned
 * @chunk:        LOG_WRITER_POLLED: number of bytes that poll() guarantees
 * @atomic:       lines of at most so many bytes are written at once: a pipe does not mix them with those of others
 * @end:          regular file: the position of the rest
 * @lost:         what could not be written
 * @rest_loss:    what is lost where the rest cannot be written
 * @rest:         the rest of a line, or the newline after a line whose rest was given up
 */
struct log_writer {
	int fd;
	enum log_writer_kind kind;
	bool is_regular;
	size_t chunk;
	size_t atomic;
	off_t end;
	struct log_loss lost;
	struct log_loss rest_loss;
	size_t rest_length;
	char rest[LOG_LINE_MAX];
};

/* Takes ownership of the descriptor. Keeps only the losses of the one before. */
void log_writer_start(struct log_writer *writer, int fd, enum log_writer_kind kind);
/* If the file of this path, which is open, ends in half a line of another writer: a newline is then written first. */
void log_writer_mend(struct log_writer *writer, const char *path);
/* Writes the rest of the last line if that is possible now; otherwise counts the line as lost. */
void log_writer_finish(struct log_writer *writer);
void log_writer_close(struct log_writer *writer);

/* Writes the lines. A rest that was not written is kept. A line that cannot be written is counted as lost. */
void log_writer_put(struct log_writer *writer, const struct log_lines *lines);

#endif
