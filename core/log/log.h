/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log module: from a record of named values to lines in the places the operator chose.
 *
 * Everything that is logged, an event of a plugin or a word of the daemon's own, is first a
 * struct log_record. The formats (logfmt, json) are written from it, and the sinks (stderr,
 * stdout, file, syslog, journal) take the lines. No text of a record is ever used as a format
 * string.
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
	LOG_TIME, /* to the second */
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
		struct timespec time;
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
 * @events:  how many events of plugins it stands for; 0 for a word of the daemon's own
 * @fields:  in the order of logfmt
 */
struct log_record {
	struct timespec time;
	enum log_level level;
	const char *subsys;
	const char *bpfprog;
	const char *event;
	__u64 events;
	struct log_field fields[LOG_FIELDS_MAX];
	size_t field_count;
};

/* Append a field; one too many is dropped (LOG_FIELDS_MAX is checked when a plugin is accepted). */
void log_uint(struct log_record *record, const char *key, __u64 value);
void log_int(struct log_record *record, const char *key, __s64 value);
void log_hex(struct log_record *record, const char *key, __u64 value);
/* `time` is of CLOCK_REALTIME. */
void log_time(struct log_record *record, const char *key, struct timespec time);
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

#define LOG_TIME_SIZE 64

/* RFC 3339 in UTC, to the second or to the nanosecond. */
void log_time_text(const struct timespec *time, bool nanoseconds, char ret[LOG_TIME_SIZE]);

#define LOG_SYSLOG_PATH "/dev/log"
#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"

/**
 * struct log_options - what the operator wants
 * @outputs:      "stderr", "stdout", "file:/path", "syslog", "journal"
 * @max_size:     a file is rotated before it grows beyond this; 0: never by us
 * @keep:         how many rotated files FILE.1, FILE.2, … stay
 * @syslog_path:  LOG_SYSLOG_PATH, but for tests
 * @journal_path: LOG_JOURNAL_PATH, but for tests
 */
struct log_options {
	enum log_format format;
	const char *const *outputs;
	size_t output_count;
	__u64 max_size;
	__u64 keep;
	const char *syslog_path;
	const char *journal_path;
};

/* The open log: a format and its sinks. */
struct log;

/*
 * Opens all outputs. What cannot be opened is reported, as event=log_failed. A syslog or a journal
 * that does not run yet is a warning only: it may start later than we do. Returns 0 or a negative
 * errno; *ret is set on success only.
 */
int log_open(const struct log_options *options, struct log **ret, struct report *report);
/*
 * Checks the names of outputs without opening any, for --check-config. What is wrong, or that there
 * is none, is reported as event=config_error at `where`. Returns 0 or -EINVAL.
 */
int log_check_outputs(const char *const *outputs, size_t count, const char *where,
		      struct report *report);
struct log *log_close(struct log *log);

/*
 * Formats once and gives the line to every sink. Never blocks (but for a file on a disk that
 * hangs); a sink that cannot take the line counts it and is tried again with the next one. What a
 * file has to say of its own (it was moved away, cannot be rotated) is logged after the line.
 */
void log_write(struct log *log, const struct log_record *record);

/*
 * Where the descriptors are that take lines as they are, but stderr's, for the line of a crash. The places stay as
 * long as the log; what is there changes when a file is opened anew, and may be -1. Returns how many there are, at
 * most `max`.
 */
size_t log_fds(const struct log *log, const int **ret, size_t max);

/**
 * struct log_loss - records that did not get through
 * @events:   of plugins
 * @messages: the daemon's own
 * @since:    when the first of them happened
 * @until:    when the last of them happened
 */
struct log_loss {
	__u64 events;
	__u64 messages;
	struct timespec since;
	struct timespec until;
};

/* `sink` is the output's name. May log. */
typedef void log_visit_loss(void *context, const char *sink, const struct log_loss *loss);

/*
 * Visits what each sink has lost since the last visit, for event=events_lost. Where that is nothing
 * but what earlier visits have logged it waits for the next loss, or a dead sink would make the
 * others repeat themselves for ever.
 */
void log_take_lost(struct log *log, log_visit_loss *visit, void *context);

/* Events that were lost and not visited yet, of all sinks. */
__u64 log_unreported(const struct log *log);

/* Half lines are finished now or counted as lost; for a last log_take_lost(). */
void log_finish(struct log *log);

/*
 * `log` in the place of `old`, which is freed. An output that both have goes on with the line and
 * the losses that it has not written yet, files are opened anew; what the other outputs of `old`
 * have lost is visited, and may be logged to `log`.
 */
void log_replace(struct log *log, struct log *old, log_visit_loss *visit, void *context);

/* The time now and the daemon's own subsys, ready for fields. */
struct log_record log_daemon_record(enum log_level level, const char *event);

/*
 * An item of a report: event=… source=… error=… remedy=…, where `error` is `warning` or `notice` for
 * items of those levels, and truncated=error says that the text was too long. Points into the item.
 */
struct log_record log_of_report(const struct report_item *item);

/* Each item of a report as a line. */
void log_report(struct log *log, const struct report *report);

#endif
