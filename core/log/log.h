/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log room: from a record of named values to lines in the places the operator chose.
 *
 * Everything that is logged, an event of a plugin or a word of the daemon's own, is first a
 * struct log_record. The formats (logfmt, json) are written from it, and the sinks (stderr,
 * stdout, file, syslog) take the lines. No text of a record is ever used as a format string.
 *
 * The daemon ignores SIGPIPE (a reader that is gone) and SIGXFSZ (a file at its size limit)
 * before it opens the log: sinks count those errors, they do not survive the signals.
 */
#ifndef BPFLOCK_LOG_LOG_H
#define BPFLOCK_LOG_LOG_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "util/report.h"

enum log_level { LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

/* Kinds of values. */
enum log_kind {
	LOG_UINT,
	LOG_INT,
	LOG_HEX,
	LOG_STR,  /* bytes, not trusted: quoted and escaped as needed */
	LOG_STRV, /* strings that each end in NUL, not trusted; the last one may lack it */
	LOG_TEXT, /* fixed text of ours: written as it is, never quoted in logfmt; only `reason` */
};

/**
 * struct log_field - one named value
 * @key:       fixed text
 * @kind:      which member holds the value
 * @json_only: left out of logfmt
 */
struct log_field {
	const char *key;
	enum log_kind kind;
	bool json_only;
	union {
		__u64 unsigned_value;
		__s64 signed_value;
		struct {
			const char *bytes;
			size_t length;
		} string;
	};
};

#define LOG_FIELDS_MAX 48

/**
 * struct log_record - one line to be
 * @time:    when it happened, CLOCK_REALTIME
 * @subsys:  "bpf" for events of plugins, "bpflock" for the daemon's own
 * @bpfprog: the plugin, or NULL
 * @event:   `event=`
 * @fields:  in the order of logfmt
 */
struct log_record {
	struct timespec time;
	enum log_level level;
	const char *subsys;
	const char *bpfprog;
	const char *event;
	struct log_field fields[LOG_FIELDS_MAX];
	size_t field_count;
};

/* Append a field; one too many is dropped (LOG_FIELDS_MAX is checked when a plugin is accepted). */
void log_uint(struct log_record *record, const char *key, __u64 value);
void log_int(struct log_record *record, const char *key, __s64 value);
void log_hex(struct log_record *record, const char *key, __u64 value);
void log_str(struct log_record *record, const char *key, const char *text);
void log_bytes(struct log_record *record, const char *key, const char *bytes, size_t length);
void log_strv(struct log_record *record, const char *key, const char *bytes, size_t length);
void log_text(struct log_record *record, const char *key, const char *text);

/* Room enough for any line of a record whose strings have at most LOG_STRING_MAX bytes in all. */
#define LOG_STRING_MAX 8192
#define LOG_LINE_MAX (LOG_STRING_MAX * 6 + 8192)

/*
 * Write one line with its newline into buffer[size]. Return its length, or -ENOBUFS (json also
 * -ENOMEM), after which the buffer holds no line; never write beyond the buffer.
 */
ssize_t logfmt_write(const struct log_record *record, char *buffer, size_t size);
ssize_t json_write(const struct log_record *record, char *buffer, size_t size);

/* The open log: a format and its sinks. */
struct log;

/*
 * Opens all outputs ("stderr", "stdout", "file:/path", "syslog"). What cannot be opened is
 * reported, as event=log_failed. A syslog that does not run yet is a warning only: it may start
 * later than we do. Returns 0 or a negative errno; *ret is set on success only.
 */
int log_open(enum log_format format, const char *const *outputs, size_t count, struct log **ret,
	     struct report *report);
/*
 * Checks the names of outputs without opening any, for --check-config. What is wrong, or that there
 * is none, is reported as event=config_error at `where`. Returns 0 or -EINVAL.
 */
int log_check_outputs(const char *const *outputs, size_t count, const char *where,
		      struct report *report);
struct log *log_close(struct log *log);

/*
 * Files are opened anew, after rotation. What fails keeps the old one and is reported. Returns
 * 0 or a negative errno; every file is tried.
 */
int log_reopen(struct log *log, struct report *report);

/*
 * Formats once and gives the line to every sink. Never blocks (but for a file on a disk that
 * hangs); a sink that cannot take the line counts it and is tried again with the next one.
 */
void log_write(struct log *log, const struct log_record *record);

/*
 * The descriptors that take lines as they are, but stderr's, for the line of a crash. They stay open
 * as long as the log; log_reopen() changes them. Returns how many there are, at most `max`.
 */
size_t log_fds(const struct log *log, int *ret, size_t max);

/*
 * Visits what each sink has lost since the last call, for event=log_lost. `sink` is the
 * output's name.
 */
void log_take_lost(struct log *log, void (*visit)(void *context, const char *sink, __u64 lost),
		   void *context);

/* The time now and the daemon's own subsys, ready for fields. */
struct log_record log_own(enum log_level level, const char *event);

/*
 * Each item of a report as a line: event=… source=… error=… remedy=…, where `error` is
 * `warning` or `notice` for items of those levels, and truncated=error says that the text was
 * too long.
 */
void log_report(struct log *log, const struct report *report);

#endif
