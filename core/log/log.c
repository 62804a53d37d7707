/* SPDX-License-Identifier: Apache-2.0 */
#include "log/sink.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/memory.h"

#define VALID_OUTPUTS "stderr, stdout, file:/path, syslog, journal"

/**
 * struct log - the open log
 * @options: without the outputs, which are in @sinks
 * @report:  findings of sinks that are not logged yet
 * @telling: findings of sinks are being logged
 * @watcher: NULL where nobody watches
 * @replaced: the log that this one is replacing
 * @kept:    see log_keep(); or NULL. It is the sum of the losses of all outputs and of those below
 * @inherited: of a predecessor, until they are reported
 * @reporting: events lost by an output, while the line about them is written
 * @unsettled: events that outputs have lost since log_settle()
 * @text:    the lines that are collected; @text_size bytes, of which @text_length are used
 * @lines:   what else is known of them
 * @collecting: lines wait for log_flush()
 */
struct log {
	struct log_options options;
	struct log_sink *sinks;
	size_t count;
	struct report report;
	bool telling;
	const struct log_watcher *watcher;
	struct log *replaced;
	struct log_kept *kept;
	struct log_kept inherited;
	__u64 reporting;
	__u64 unsettled;
	char *text;
	size_t text_size;
	size_t text_length;
	struct log_line *lines;
	size_t line_count;
	size_t line_max;
	bool collecting;
};

static const struct log_sink_type *const types[] = {
	&log_stderr, &log_stdout, &log_file, &log_syslog, &log_journal,
};

static bool takes_path(const struct log_sink_type *type)
{
	return type->name[strlen(type->name) - 1] == ':';
}

static const struct log_sink_type *find_type(const char *output)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const char *name = types[i]->name;

		if (takes_path(types[i]) ? strncmp(output, name, strlen(name)) == 0 : strcmp(output, name) == 0)
			return types[i];
	}
	return NULL;
}

static int check_output(const char *output, const char *where, struct report *report)
{
	const struct log_sink_type *type = find_type(output);
	struct report_item *item;

	if (!type) {
		item = report_add(report, REPORT_ERROR, "config_error", where, "'%s' is not an output of the log",
				  output);
		report_remedy(item, "valid: " VALID_OUTPUTS);
		return -EINVAL;
	}
	if (takes_path(type) && output[strlen(type->name)] != '/') {
		item = report_add(report, REPORT_ERROR, "config_error", where, "'%s' does not name an absolute path",
				  output);
		report_remedy(item, "valid: %s/path", type->name);
		return -EINVAL;
	}
	return 0;
}

int log_check_outputs(const char *const *outputs, size_t count, const char *where, struct report *report)
{
	int error = 0;

	if (!count) {
		report_remedy(report_add(report, REPORT_ERROR, "config_error", where, "no output of the log is named"),
			      "valid: " VALID_OUTPUTS);
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++)
		if (check_output(outputs[i], where, report) < 0)
			error = -EINVAL;
	return error;
}

/* The daemon runs as root: what only this user may not write is no error. */
static int try_file(const char *path)
{
	CLEANUP(cleanup_free) char *copy = xstrdup(path);

	if (access(path, W_OK) == 0 || (errno == ENOENT && access(dirname(copy), W_OK | X_OK) == 0))
		return 0;
	return errno == EACCES && geteuid() != 0 ? 0 : -errno;
}

int log_check_files(const char *const *outputs, size_t count, const char *where, struct report *report)
{
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		const char *path = outputs[i] + strlen(log_file.name);
		int error = find_type(outputs[i]) == &log_file ? try_file(path) : 0;

		if (!error)
			continue;
		report_add(report, REPORT_ERROR, "config_error", where, "the log cannot be written to %s: %s", path,
			   strerror(-error));
		result = -EINVAL;
	}
	return result;
}

static const char *path_of(const struct log_sink *sink)
{
	if (takes_path(sink->type))
		return sink->name + strlen(sink->type->name);
	return sink->type == &log_journal ? sink->options->journal_path : sink->options->syslog_path;
}

/* journald gives all lines of a stream one priority, so its own protocol is used instead where that is possible. */
static const struct log_sink_type *type_of(const char *output, const struct log_options *options)
{
	const struct log_sink_type *type = find_type(output);

	if (type == &log_stderr && log_stderr_is_journal(options->journal_stream) &&
	    log_datagram_is_received(options->journal_path))
		return &log_journal;
	return type;
}

static int open_sink(struct log *log, const char *output, struct report *report)
{
	struct log_sink *sink = &log->sinks[log->count++];

	sink->type = type_of(output, &log->options);
	sink->name = xstrdup(output);
	sink->options = &log->options;
	sink->path = path_of(sink);
	sink->writer.fd = -1;
	return sink->type->open(sink, report);
}

static void close_sink(struct log_sink *sink)
{
	sink->type->close(sink);
	free(sink->name);
	memset(sink, 0, sizeof(*sink));
}

/* Sockets to the same receiver differ, so outputs without a file are compared by their kind. */
static bool is_same_output(const struct log_sink *a, const struct log_sink *b)
{
	struct stat first, second;

	if (a->type == b->type && !takes_path(a->type))
		return true;
	return fstat(a->writer.fd, &first) == 0 && fstat(b->writer.fd, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

/* Closes the output that was opened last, if an earlier one is the same. */
static void drop_repeated(struct log *log)
{
	struct log_sink *last = &log->sinks[log->count - 1];

	for (size_t i = 0; i + 1 < log->count; i++) {
		if (!is_same_output(&log->sinks[i], last))
			continue;
		close_sink(last);
		log->count--;
		return;
	}
}

int log_open(const struct log_options *options, struct log **ret, struct report *report)
{
	struct log *log;
	int error = log_check_outputs(options->outputs, options->output_count, NULL, report);

	if (error < 0)
		return error;
	log = xcalloc(1, sizeof(*log));
	log->options = *options;
	log->options.outputs = NULL;
	log->sinks = xcalloc(options->output_count, sizeof(*log->sinks));
	for (size_t i = 0; i < options->output_count; i++) {
		int failed = open_sink(log, options->outputs[i], report);

		if (!failed)
			drop_repeated(log);
		error = error ? error : failed;
	}
	if (error < 0) {
		log_close(log);
		return error;
	}
	*ret = log;
	return 0;
}

struct log *log_close(struct log *log)
{
	if (!log)
		return NULL;
	for (size_t i = 0; i < log->count; i++)
		close_sink(&log->sinks[i]);
	free(log->sinks);
	free(log->text);
	free(log->lines);
	report_clear(&log->report);
	free(log);
	return NULL;
}

/* The type of "stderr" may have changed: see type_of(). Then there is nothing to take over. */
static struct log_sink *find_same(struct log *log, const struct log_sink *sink)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->sinks[i].name && strcmp(log->sinks[i].name, sink->name) == 0 &&
		    log->sinks[i].type == sink->type)
			return &log->sinks[i];
	return NULL;
}

/* Both may have the same file open. Only the old writer has the rest of its last line, so it is kept. */
static void take_over(struct log_sink *sink, struct log_sink *old, struct report *report)
{
	sink->type->close(sink);
	sink->writer = old->writer;
	sink->reports = old->reports;
	sink->visited = old->visited;
	old->reports = 0;
	old->writer = (struct log_writer){ .fd = -1 };
	free(old->name);
	old->name = NULL; /* so that a second output of the same name takes over another sink */
	if (sink->type->reopen)
		sink->type->reopen(sink, report);
}

static __u64 events_lost(const struct log *log)
{
	__u64 events = 0;

	for (size_t i = 0; i < log->count; i++)
		events += log->sinks[i].writer.lost.events;
	return events;
}

static void add_losses(const struct log *log, struct log_kept *sum)
{
	for (size_t i = 0; i < log->count; i++) {
		const struct log_writer *writer = &log->sinks[i].writer;

		sum->lost += writer->lost.events + writer->rest_loss.events;
		sum->uncertain += writer->rest_loss.events;
	}
}

/* The process may be killed between any two stores: a loss is never there without its mark. */
static void update_kept(const struct log *log)
{
	volatile struct log_kept *kept = log->kept;
	struct log_kept sum = {
		.lost = log->inherited.lost + log->reporting,
		.uncertain = log->inherited.uncertain + log->reporting + log->unsettled,
	};

	if (!kept)
		return;
	add_losses(log, &sum);
	if (log->replaced)
		add_losses(log->replaced, &sum);
	if (sum.uncertain > kept->uncertain)
		kept->uncertain = sum.uncertain;
	kept->lost = sum.lost;
	kept->uncertain = sum.uncertain;
}

/* Visits the losses of the sinks of `from`, which `log` keeps. */
static void take_lost(struct log *log, struct log *from, log_visit_loss *visit, void *context)
{
	for (size_t i = 0; i < from->count; i++) {
		struct log_sink *sink = &from->sinks[i];
		struct log_loss lost = sink->writer.lost;

		if (!lost.events && lost.messages == sink->reports)
			continue;
		log_loss_add(&sink->visited, &lost);
		sink->writer.lost = (struct log_loss){ 0 }; /* before the visit, which may lose a line too */
		log->reporting = lost.events;
		update_kept(log);
		visit(context, sink->name, &lost);
		log->reporting = 0;
		update_kept(log);
	}
	for (size_t i = 0; i < from->count; i++)
		from->sinks[i].reports = from->sinks[i].writer.lost.messages;
}

void log_replace(struct log *log, struct log *old, log_visit_loss *visit, void *context)
{
	log->kept = old->kept;
	old->kept = NULL;
	log->inherited = old->inherited;
	log->replaced = old;
	for (size_t i = 0; i < log->count; i++) {
		struct log_sink *from = find_same(old, &log->sinks[i]);

		if (from)
			take_over(&log->sinks[i], from, &log->report);
	}
	log_watch(log, old->watcher);
	log_watch(old, NULL);
	log_finish(old);
	take_lost(log, old, visit, context);
	log->replaced = NULL;
	update_kept(log);
	log_close(old);
}

/* Logs findings of sinks. Findings about these lines are logged after the next log_flush(). */
static void tell(struct log *log)
{
	struct report report = log->report;
	bool collecting = log->collecting;

	log->report = (struct report){ 0 };
	log->telling = true;
	log->collecting = false;
	log_report(log, &report);
	log->collecting = collecting;
	log->telling = false;
	report_clear(&report);
}

static ssize_t format(const struct log *log, const struct log_record *record, char *line)
{
	if (log->options.format == LOG_FORMAT_JSON)
		return json_write(record, line, LOG_LINE_MAX);
	return logfmt_write(record, line, LOG_LINE_MAX);
}

static void lose(struct log *log, const struct log_line *line)
{
	for (size_t i = 0; i < log->count; i++)
		log_loss_add_line(&log->sinks[i].writer.lost, line);
	log->unsettled += line->events * log->count;
	update_kept(log);
}

static void collect(struct log *log, const struct log_record *record)
{
	struct log_line line = { .level = record->level, .events = record->events, .time = record->time };
	ssize_t length;

	log->text = xgrow(log->text, &log->text_size, log->text_length + LOG_LINE_MAX, 1);
	log->lines = xgrow(log->lines, &log->line_max, log->line_count + 1, sizeof(*log->lines));
	length = format(log, record, log->text + log->text_length);
	if (length < 0) {
		lose(log, &line);
		return;
	}
	log->text_length += (size_t)length;
	line.end = log->text_length;
	log->lines[log->line_count++] = line;
	for (size_t i = 0; i < log->count; i++)
		if (log->sinks[i].type->collect)
			log->sinks[i].type->collect(&log->sinks[i], record);
}

void log_flush(struct log *log)
{
	const struct log_lines lines = { .text = log->text, .lines = log->lines, .count = log->line_count };
	__u64 lost = events_lost(log);

	if (!lines.count)
		return;
	for (size_t i = 0; i < log->count; i++)
		log->sinks[i].type->put(&log->sinks[i], &lines, &log->report);
	log->text_length = 0;
	log->line_count = 0;
	log->unsettled += events_lost(log) - lost;
	update_kept(log);
	if (log->report.count && !log->telling)
		tell(log);
}

void log_write(struct log *log, const struct log_record *record)
{
	collect(log, record);
	if (log->watcher)
		log->watcher->see(log->watcher->context, record);
	if (!log->collecting)
		log_flush(log);
}

void log_collect_begins(struct log *log)
{
	log->collecting = true;
}

bool log_is_full(const struct log *log)
{
	return log->text_length >= LOG_COLLECT_MAX;
}

void log_collect_ends(struct log *log)
{
	log->collecting = false;
	log_flush(log);
}

void log_watch(struct log *log, const struct log_watcher *watcher)
{
	log->watcher = watcher;
}

void log_report(struct log *log, const struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct log_record record = log_of_report(&report->items[i]);

		log_write(log, &record);
	}
}

static void write_errors(struct log *log, const struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct log_record record = log_of_report(&report->items[i]);

		if (record.level == LOG_LEVEL_ERROR)
			log_write(log, &record);
	}
}

/* Is there an output that is the same as the only one of `other`? */
static bool has_output_of(const struct log *log, const struct log *other)
{
	for (size_t i = 0; i < log->count; i++)
		if (is_same_output(&log->sinks[i], &other->sinks[0]))
			return true;
	return false;
}

void log_errors_to_stderr(const struct log *log, const struct report *report)
{
	static const char *const output = "stderr";
	struct log_options options = log->options;
	struct report failed = { 0 };
	struct log *errors;

	options.outputs = &output;
	options.output_count = 1;
	if (log_open(&options, &errors, &failed) == 0) {
		if (!has_output_of(log, errors))
			write_errors(errors, report);
		log_close(errors);
	}
	report_clear(&failed);
}

void log_finish(struct log *log)
{
	for (size_t i = 0; i < log->count; i++)
		log_writer_finish(&log->sinks[i].writer);
	update_kept(log);
}

size_t log_fds(const struct log *log, const int **ret, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < log->count && count < max; i++) {
		const struct log_sink *sink = &log->sinks[i];

		if (sink->type == &log_stdout || sink->type == &log_file)
			ret[count++] = &sink->writer.fd;
	}
	return count;
}

void log_take_lost(struct log *log, log_visit_loss *visit, void *context)
{
	take_lost(log, log, visit, context);
}

void log_keep(struct log *log, struct log_kept *kept)
{
	if (kept)
		log->inherited = *kept;
	log->kept = kept;
	update_kept(log);
}

void log_each_output(const struct log *log, log_visit_loss *visit, void *context)
{
	for (size_t i = 0; i < log->count; i++) {
		struct log_loss lost = log->sinks[i].visited;

		log_loss_add(&lost, &log->sinks[i].writer.lost);
		visit(context, log->sinks[i].name, &lost);
	}
}

void log_settle(struct log *log)
{
	log->unsettled = 0;
	update_kept(log);
}

struct log_kept log_inherited_begins(struct log *log)
{
	struct log_kept inherited = log->inherited;

	if (inherited.uncertain > inherited.lost)
		inherited.uncertain = inherited.lost;
	log->inherited.uncertain = log->inherited.lost;
	update_kept(log);
	return inherited;
}

void log_inherited_ends(struct log *log)
{
	log->inherited = (struct log_kept){ 0 };
	update_kept(log);
}
