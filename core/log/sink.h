/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the list of outputs needs of one kind of output. Private to the log module; a new kind is
 * a new struct log_sink_type and its line in log.c.
 */
#ifndef BPFLOCK_LOG_SINK_H
#define BPFLOCK_LOG_SINK_H

#include <sys/uio.h>

#include "log/writer.h"

/**
 * struct log_sink - one output
 * @name:    as the operator wrote it
 * @path:    of the file or the socket
 * @options: of the log
 * @writer:  sockets use no more than its descriptor and what it has lost
 * @reports: how many of the lost messages are reports of losses
 * @retry:   a file: the second of CLOCK_MONOTONIC before which what has failed is not tried again
 * @failing: a file: it has failed, and that has been told
 */
struct log_sink {
	const struct log_sink_type *type;
	char *name;
	const char *path;
	const struct log_options *options;
	struct log_writer writer;
	__u64 reports;
	time_t retry;
	bool failing;
};

/**
 * struct log_sink_type - one kind of output
 * @name:   what the operator writes, or what comes before the path where it ends in ':'
 * @open:   reports what fails and returns a negative errno
 * @reopen: what the path may lead to now; NULL where there is nothing to open anew. Fails likewise,
 *          and then leaves the sink as it is
 * @put:    takes a line or counts it; what it reports is logged after the line
 * @close:  also where open has failed
 */
struct log_sink_type {
	const char *name;
	int (*open)(struct log_sink *sink, struct report *report);
	int (*reopen)(struct log_sink *sink, struct report *report);
	void (*put)(struct log_sink *sink, const struct log_line *line, struct report *report);
	void (*close)(struct log_sink *sink);
};

extern const struct log_sink_type log_stderr;
extern const struct log_sink_type log_stdout;
extern const struct log_sink_type log_file;
extern const struct log_sink_type log_syslog;
extern const struct log_sink_type log_journal;

/* For the kinds that are a descriptor and lines. */
void log_sink_put(struct log_sink *sink, const struct log_line *line, struct report *report);
void log_sink_close(struct log_sink *sink);

/* For the kinds that are a local datagram socket; log_datagram_put() sends a line as these parts. */
int log_datagram_open(struct log_sink *sink, const char *receiver, struct report *report);
void log_datagram_put(struct log_sink *sink, const struct log_line *line, struct iovec *parts,
		      size_t count);
void log_datagram_close(struct log_sink *sink);

/* The level as a priority of syslog(3). */
int log_priority(enum log_level level);

/*
 * PATH becomes PATH.1, PATH.1 becomes PATH.2, and so on; what would be the one after PATH.keep goes.
 * Returns 0, or a negative errno, and then there is a PATH as before.
 */
int log_rotate(const char *path, __u64 keep);

/* An output that cannot be used, as an item of the report; returns the item for its remedy. */
struct report_item *log_sink_failed(const struct log_sink *sink, struct report *report,
				    enum report_level level, int error);

#endif
