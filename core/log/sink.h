/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface between the log and one kind of output. Private to the log module. A new kind is a new
 * struct log_sink_type, and an entry in the list in log.c.
 */
#ifndef BPFLOCK_LOG_SINK_H
#define BPFLOCK_LOG_SINK_H

#include <sys/uio.h>

#include "log/writer.h"

/**
 * struct log_collected - pieces of bytes, one for each line that is collected
 * @ends: where each ends
 */
struct log_collected {
	char *bytes;
	size_t size;
	size_t length;
	size_t *ends;
	size_t count;
	size_t max;
};

/**
 * struct log_sink - one output
 * @name:    as the operator wrote it
 * @path:    of the file or the socket
 * @options: of the log
 * @writer:  sockets use only its descriptor and its count of losses
 * @reports: number of lost lines that are reports of losses
 * @visited: losses that log_take_lost() has visited
 * @retry:   file: a failed action is not tried again before this second of CLOCK_MONOTONIC
 * @failing: file: the last attempt failed, and this is reported
 * @fields:  journal: of each line that is collected, its datagram without the line
 */
struct log_sink {
	const struct log_sink_type *type;
	char *name;
	const char *path;
	const struct log_options *options;
	struct log_writer writer;
	__u64 reports;
	struct log_loss visited;
	time_t retry;
	bool failing;
	struct log_collected fields;
};

/**
 * struct log_sink_type - one kind of output
 * @name:   its name in the configuration; where it ends in ':', a path follows
 * @open:   returns 0, or a negative errno, reported
 * @reopen: opens the path anew; NULL for kinds without a path to reopen. Returns as @open. After a failure the sink
 *          is unchanged.
 * @collect: what the sink needs of a record besides its line; may be NULL
 * @put:    takes all lines that were collected, or counts them as lost. What it reports is logged after them.
 * @close:  is also called where @open has failed
 */
struct log_sink_type {
	const char *name;
	int (*open)(struct log_sink *sink, struct report *report);
	int (*reopen)(struct log_sink *sink, struct report *report);
	void (*collect)(struct log_sink *sink, const struct log_record *record);
	void (*put)(struct log_sink *sink, const struct log_lines *lines, struct report *report);
	void (*close)(struct log_sink *sink);
};

extern const struct log_sink_type log_stderr;
extern const struct log_sink_type log_stdout;
extern const struct log_sink_type log_file;
extern const struct log_sink_type log_syslog;
extern const struct log_sink_type log_journal;

/* Is stderr the stream that systemd has connected to the journal? See JOURNAL_STREAM in systemd.exec(5). */
bool log_stderr_is_journal(const char *journal_stream);

/* For kinds that write lines to a descriptor. */
void log_sink_put(struct log_sink *sink, const struct log_lines *lines, struct report *report);
void log_sink_close(struct log_sink *sink);

/*
 * For kinds that use a local datagram socket. log_datagram_put() sends `parts` as one datagram, or counts the line as
 * lost.
 */
int log_datagram_open(struct log_sink *sink, const char *receiver, struct report *report);
void log_datagram_put(struct log_sink *sink, const struct log_line *line, struct iovec *parts, size_t count);
void log_datagram_close(struct log_sink *sink);
bool log_datagram_is_received(const char *path);

/* The level as a priority of syslog(3). */
int log_priority(enum log_level level);

/*
 * Renames PATH to PATH.1, PATH.1 to PATH.2, and so on. The file after PATH.keep is removed. Returns 0, or a negative
 * errno, and then PATH is unchanged.
 */
int log_rotate(const char *path, __u64 keep);

/* Reports that an output cannot be opened. Returns the item, so that the caller can add a remedy. */
struct report_item *log_sink_failed(const struct log_sink *sink, struct report *report, enum report_level level,
				    int error);

#endif
