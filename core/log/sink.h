/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the list of outputs needs of one kind of output. Private to the log room; a new kind is
 * a new struct log_sink_type and its line in sink.c.
 */
#ifndef BPFLOCK_LOG_SINK_H
#define BPFLOCK_LOG_SINK_H

#include "log/writer.h"

/**
 * struct log_sink - one output
 * @name:   as the operator wrote it
 * @path:   of the file, or of syslog's socket
 * @writer: syslog uses no more than its descriptor and its count
 */
struct log_sink {
	const struct log_sink_type *type;
	char *name;
	const char *path;
	struct log_writer writer;
};

/**
 * struct log_sink_type - one kind of output
 * @name:   what the operator writes, or what comes before the path where it ends in ':'
 * @open:   reports what fails and returns a negative errno
 * @reopen: after rotation; NULL where there is nothing to open anew. Reports likewise
 * @put:    takes a line or counts it
 * @close:  also where open has failed
 */
struct log_sink_type {
	const char *name;
	int (*open)(struct log_sink *sink, struct report *report);
	int (*reopen)(struct log_sink *sink, struct report *report);
	void (*put)(struct log_sink *sink, enum log_level level, const char *line, size_t length);
	void (*close)(struct log_sink *sink);
};

extern const struct log_sink_type log_stderr;
extern const struct log_sink_type log_stdout;
extern const struct log_sink_type log_file;
extern const struct log_sink_type log_syslog;

/* For the kinds that are a descriptor and lines. */
void log_sink_put(struct log_sink *sink, enum log_level level, const char *line, size_t length);
void log_sink_close(struct log_sink *sink);

/* An output that cannot be used, as an item of the report; returns the item for its remedy. */
struct report_item *log_sink_failed(const struct log_sink *sink, struct report *report,
				    enum report_level level, int error);

/* log_open() with syslog's socket elsewhere than at /dev/log, for tests. */
int log_open_at(enum log_format format, const char *const *outputs, size_t count,
		const char *syslog_path, struct log **ret, struct report *report);

#endif
