/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log module: turns records of named values into lines, and writes them to the configured outputs.
 *
 * Every event of a plugin and every line of the daemon itself is first a struct log_record. The
 * formats (logfmt, json) are written from it, and the sinks (stderr, stdout, file, syslog, journal)
 * take the lines. No text of a record is ever used as a format string.
 *
 * Before the daemon opens the log, it must ignore SIGPIPE (a reader that is gone) and SIGXFSZ (a file
 * at its size limit). Sinks count these errors, but the signals would kill the daemon.
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
	LOG_OCTAL,
	LOG_TIME, /* to the second in logfmt, to the nanosecond in JSON */
	LOG_STR,  /* bytes, not trusted: quoted and escaped as needed */
	LOG_STRV, /* strings that each end in NUL, not trusted; the last one may lack it */
	LOG_TEXT, /* fixed text of the core: never quoted in logfmt; only for `reason` */
};

/**
 * struct log_field - one named value
 * @key:       fixed text
 * @kind:      which member holds the value
 * @json_only: left out of logfmt
 * @detail:    the same, unless `log_details = yes`
 */
struct log_field {
	const char *key;
	enum log_kind kind;
	bool json_only;
	bool detail;
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
 * struct log_record - the content of one line
 * @time:    when it happened, CLOCK_REALTIME
 * @subsys:  "bpf" for events of plugins, "bpflock" for lines of the daemon itself
 * @bpfprog: the plugin, or NULL
 * @event:   `event=`
 * @denied:  the line is about a denial, which is a warning in the journal
 * @events:  how many events of plugins the line stands for; 0 for a line of the daemon itself
 * @fields:  in the order of logfmt
 */
struct log_record {
	struct timespec time;
	enum log_level level;
	const char *subsys;
	const char *bpfprog;
	const char *event;
	bool denied;
	__u64 events;
	struct log_field fields[LOG_FIELDS_MAX];
	size_t field_count;
};

/* Append a field. Fields beyond LOG_FIELDS_MAX are dropped; no accepted plugin has so many. */
void log_uint(struct log_record *record, const char *key, __u64 value);
void log_int(struct log_record *record, const char *key, __s64 value);
void log_hex(struct log_record *record, const char *key, __u64 value);
void log_octal(struct log_record *record, const char *key, __u64 value);
/* `time` is of CLOCK_REALTIME. */
void log_time(struct log_record *record, const char *key, struct timespec time);
void log_str(struct log_record *record, const char *key, const char *text);
void log_bytes(struct log_record *record, const char *key, const char *bytes, size_t length);
void log_strv(struct log_record *record, const char *key, const char *bytes, size_t length);
void log_text(struct log_record *record, const char *key, const char *text);

/* The longest line of a record whose strings have at most LOG_STRING_MAX bytes in all. */
#define LOG_STRING_MAX 8192
#define LOG_LINE_MAX (LOG_STRING_MAX * 6 + 8192)

/*
 * Write one line with its newline into buffer[size]. Return its length, or -ENOBUFS (json also -ENOMEM):
 * then the content of the buffer is not a line.
 */
ssize_t logfmt_write(const struct log_record *record, char *buffer, size_t size);
ssize_t json_write(const struct log_record *record, char *buffer, size_t size);

#define LOG_TIME_SIZE 64

/* RFC 3339 in UTC, to the second or to the nanosecond. */
void log_time_text(const struct timespec *time, bool nanoseconds, char ret[LOG_TIME_SIZE]);

#define LOG_SYSLOG_PATH "/dev/log"
#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"

/**
 * struct log_options - the configuration of the log
 * @outputs:      "stderr", "stdout", "file:/path", "syslog", "journal"
 * @max_size:     a file is rotated before it grows beyond this; 0: never by bpflock
 * @keep:         number of rotated files FILE.1, FILE.2, … that are kept
 * @syslog_path:  LOG_SYSLOG_PATH, except in tests
 * @journal_path: LOG_JOURNAL_PATH, except in tests
 * @journal_stream: $JOURNAL_STREAM, or NULL. Where it says that stderr leads to the journal, and the journal's socket
 *                  is there, "stderr" is written by the protocol of "journal", which has priorities.
 */
struct log_options {
	enum log_format format;
	const char *const *outputs;
	size_t output_count;
	__u64 max_size;
	__u64 keep;
	const char *syslog_path;
	const char *journal_path;
	const char *journal_stream;
};

/* The open log: a format and its sinks. */
struct log;

/*
 * Opens all outputs. An output that cannot be opened is reported, as event=log_failed. For syslog and journal this is
 * only a warning: they may start later than the daemon. Of outputs that lead to the same file, only the first is used.
 * Returns 0 or a negative errno. *ret is set on success only.
 */
int log_open(const struct log_options *options, struct log **ret, struct report *report);
/*
 * Checks the names of outputs without opening any, for --check-config. A wrong name, or an empty list, is reported as
 * event=config_error at `where`. Returns 0 or -EINVAL.
 */
int log_check_outputs(const char *const *outputs, size_t count, const char *where, struct report *report);
/* Whether the files among valid outputs can be opened, without making any. Returns as log_check_outputs(). */
int log_check_files(const char *const *outputs, size_t count, const char *where, struct report *report);
struct log *log_close(struct log *log);

/*
 * Formats the record once and gives the line to every sink. It does not block, except on a file whose disk hangs. A
 * sink that cannot take the line counts it as lost, and is tried again with the next line. Findings about a file (it
 * was moved away, or cannot be rotated) are logged after the line.
 */
void log_write(struct log *log, const struct log_record *record);

/* So many bytes of lines are collected at most, plus what one record is the reason for. */
#define LOG_COLLECT_MAX (256ul * 1024)

/*
 * Between these two, lines are collected: log_flush() gives them to every sink at once. Once log_is_full(), flush
 * before the next record.
 */
void log_collect_begins(struct log *log);
bool log_is_full(const struct log *log);
void log_flush(struct log *log);
/* Flushes what is left. */
void log_collect_ends(struct log *log);

/**
 * struct log_watcher - sees each record that is written
 */
struct log_watcher {
	void (*see)(void *context, const struct log_record *record);
	void *context;
};

/* From now on this watcher, or none (NULL), sees what is written. log_replace() hands it on. It must not log. */
void log_watch(struct log *log, const struct log_watcher *watcher);

/*
 * For the line of a crash: pointers to the descriptors of the outputs stdout and file:. The pointers stay valid as
 * long as the log. A descriptor changes when its file is opened anew, and may be -1. Returns their number, at most
 * `max`.
 */
size_t log_fds(const struct log *log, const int **ret, size_t max);

/**
 * struct log_loss - what an output has lost
 * @events:   events of plugins
 * @messages: lines of the daemon itself
 * @since:    time of the first lost record
 * @until:    time of the last lost record
 */
struct log_loss {
	__u64 events;
	__u64 messages;
	struct timespec since;
	struct timespec until;
};

/* `sink` is the output's name. The callback may log. */
typedef void log_visit_loss(void *context, const char *sink, const struct log_loss *loss);

/*
 * Visits what each sink has lost since the last visit, for event=events_lost. A sink that lost only the lines of
 * earlier visits is not visited: otherwise a dead sink would cause such lines in the other sinks for ever.
 */
void log_take_lost(struct log *log, log_visit_loss *visit, void *context);

/* Visits each sink, with all that it has lost since it was first configured, also what was visited before. */
void log_each_output(const struct log *log, log_visit_loss *visit, void *context);

/**
 * struct log_kept - what a log keeps for the case that the daemon is killed; pinned
 * @lost:      events that its outputs have lost, and that are not reported. An event that two outputs have lost counts
 *             twice.
 * @uncertain: those of them that may be reported, or whose lines a successor writes again
 */
struct log_kept {
	__u64 lost;
	__u64 uncertain;
};

/* From now on *kept is up to date. NULL: it is not any more. */
void log_keep(struct log *log, struct log_kept *kept);
/* Call this when all lines so far are accounted for: if the daemon is killed now, they are not written again. */
void log_settle(struct log *log);
/*
 * What a killed predecessor had kept at log_keep(). Call the second function after the line that reports it. *kept
 * includes it until then.
 */
struct log_kept log_inherited_begins(struct log *log);
void log_inherited_ends(struct log *log);

/* Finishes lines that are half written, or counts them as lost. Call it before the last log_take_lost(). */
void log_finish(struct log *log);

/*
 * Replaces `old`, which is freed, by `log`, which keeps what `old` has kept. An output that both have keeps its
 * half-written line and its unreported losses. Files are opened anew. The losses of the other outputs of `old` are visited, and may be logged to `log`.
 */
void log_replace(struct log *log, struct log *old, log_visit_loss *visit, void *context);

/* A new record of the daemon itself, with the current time and without fields. */
struct log_record log_daemon_record(enum log_level level, const char *event);

/*
 * The record of an item of a report: event=… source=… error=… remedy=…. The key `error` is `warning` or `notice` for
 * items of those levels. truncated=error says that the text was cut. The record points into the item.
 */
struct log_record log_of_report(const struct report_item *item);

/* Writes each item of a report as a line. */
void log_report(struct log *log, const struct report *report);

/* For a start that fails: writes the errors of a report as lines to stderr, unless stderr is an output of the log. */
void log_errors_to_stderr(const struct log *log, const struct report *report);

#endif
