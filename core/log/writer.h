/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole lines into a file descriptor that may take only a part of one, or nothing. Private to
 * the log module. What a short write leaves is kept and goes out before the next line; so a line
 * is written whole, or counted, and two lines are never glued together.
 */
#ifndef BPFLOCK_LOG_WRITER_H
#define BPFLOCK_LOG_WRITER_H

#include "log/log.h"

/**
 * struct log_line - what a sink is given
 * @record: for sinks with fields of their own, and to count it by
 * @text:   the record in the log's format, with its newline
 */
struct log_line {
	const struct log_record *record;
	const char *text;
	size_t length;
};

bool log_loss_is_none(const struct log_loss *loss);
void log_loss_add(struct log_loss *loss, const struct log_loss *more);
void log_loss_add_record(struct log_loss *loss, const struct log_record *record);

enum log_writer_kind {
	LOG_WRITER_PLAIN,  /* a regular file, or open with O_NONBLOCK */
	LOG_WRITER_SOCKET, /* sent to with MSG_DONTWAIT */
	LOG_WRITER_POLLED, /* may block: asked first, and given only what it has promised to take */
};

/**
 * struct log_writer - a file descriptor and what it still has to take
 * @fd:           owned
 * @chunk:        LOG_WRITER_POLLED: how many bytes poll() promises
 * @end:          of a regular file: where the rest belongs
 * @lost:         what could not be written
 * @rest:         the end of a line, or the newline after one that was given up
 * @rest_loss:    what giving up the rest loses
 */
struct log_writer {
	int fd;
	enum log_writer_kind kind;
	bool is_regular;
	size_t chunk;
	off_t end;
	struct log_loss lost;
	struct log_loss rest_loss;
	size_t rest_length;
	char rest[LOG_LINE_MAX];
};

/* Takes over the descriptor. Nothing of the old one is kept but what it has lost. */
void log_writer_start(struct log_writer *writer, int fd, enum log_writer_kind kind);
/* Says that the file ends in half a line of somebody else. */
void log_writer_break_line(struct log_writer *writer);
/* Finishes the last line if that is possible now, else counts it. */
void log_writer_finish(struct log_writer *writer);
void log_writer_close(struct log_writer *writer);

/* The line is written, or its rest kept, or it is counted as lost. */
void log_writer_put(struct log_writer *writer, const struct log_line *line);

#endif
