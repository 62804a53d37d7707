/* SPDX-License-Identifier: Apache-2.0 */
#include "log/sink.h"

#include <errno.h>
#include <string.h>

#include "util/memory.h"

#define VALID_OUTPUTS "stderr, stdout, file:/path, syslog"

struct log {
	enum log_format format;
	struct log_sink *sinks;
	size_t count;
	char line[LOG_LINE_MAX];
};

static const struct log_sink_type *const types[] = {
	&log_stderr,
	&log_stdout,
	&log_file,
	&log_syslog,
};

static bool takes_path(const struct log_sink_type *type)
{
	return type->name[strlen(type->name) - 1] == ':';
}

static const struct log_sink_type *find_type(const char *output)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const char *name = types[i]->name;

		if (takes_path(types[i]) ? strncmp(output, name, strlen(name)) == 0 :
					   strcmp(output, name) == 0)
			return types[i];
	}
	return NULL;
}

static int check_output(const char *output, const char *where, struct report *report)
{
	const struct log_sink_type *type = find_type(output);
	struct report_item *item;

	if (!type) {
		item = report_add(report, REPORT_ERROR, "config_error", where,
				  "'%s' is not an output of the log", output);
		report_remedy(item, "valid: " VALID_OUTPUTS);
		return -EINVAL;
	}
	if (takes_path(type) && output[strlen(type->name)] != '/') {
		item = report_add(report, REPORT_ERROR, "config_error", where,
				  "'%s' does not name an absolute path", output);
		report_remedy(item, "valid: %s/path", type->name);
		return -EINVAL;
	}
	return 0;
}

int log_check_outputs(const char *const *outputs, size_t count, const char *where,
		      struct report *report)
{
	int error = 0;

	if (!count) {
		report_remedy(report_add(report, REPORT_ERROR, "config_error", where,
					 "no output of the log is named"),
			      "valid: " VALID_OUTPUTS);
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++)
		if (check_output(outputs[i], where, report) < 0)
			error = -EINVAL;
	return error;
}

struct report_item *log_sink_failed(const struct log_sink *sink, struct report *report,
				    enum report_level level, int error)
{
	return report_add(report, level, "log_failed", sink->name, "cannot be opened: %s",
			  strerror(-error));
}

void log_sink_put(struct log_sink *sink, enum log_level level, const char *line, size_t length)
{
	(void)level; /* it is in the line */
	log_writer_put(&sink->writer, line, length);
}

void log_sink_close(struct log_sink *sink)
{
	log_writer_close(&sink->writer);
}

static int open_sink(struct log_sink *sink, const char *output, const char *syslog_path,
		     struct report *report)
{
	sink->type = find_type(output);
	sink->name = xstrdup(output);
	sink->path = takes_path(sink->type) ? sink->name + strlen(sink->type->name) : syslog_path;
	sink->writer.fd = -1;
	return sink->type->open(sink, report);
}

int log_open_at(enum log_format format, const char *const *outputs, size_t count,
		const char *syslog_path, struct log **ret, struct report *report)
{
	struct log *log;
	int error = log_check_outputs(outputs, count, NULL, report);

	if (error < 0)
		return error;
	log = xcalloc(1, sizeof(*log));
	log->format = format;
	log->sinks = xcalloc(count, sizeof(*log->sinks));
	log->count = count;
	for (size_t i = 0; i < count; i++) {
		int failed = open_sink(&log->sinks[i], outputs[i], syslog_path, report);

		error = error ? error : failed;
	}
	if (error < 0) {
		log_close(log);
		return error;
	}
	*ret = log;
	return 0;
}

int log_open(enum log_format format, const char *const *outputs, size_t count, struct log **ret,
	     struct report *report)
{
	return log_open_at(format, outputs, count, "/dev/log", ret, report);
}

struct log *log_close(struct log *log)
{
	if (!log)
		return NULL;
	for (size_t i = 0; i < log->count; i++) {
		log->sinks[i].type->close(&log->sinks[i]);
		free(log->sinks[i].name);
	}
	free(log->sinks);
	free(log);
	return NULL;
}

int log_reopen(struct log *log, struct report *report)
{
	int error = 0;

	for (size_t i = 0; i < log->count; i++) {
		struct log_sink *sink = &log->sinks[i];
		int failed = sink->type->reopen ? sink->type->reopen(sink, report) : 0;

		error = error ? error : failed;
	}
	return error;
}

void log_write(struct log *log, const struct log_record *record)
{
	ssize_t length = log->format == LOG_FORMAT_JSON ?
				 json_write(record, log->line, sizeof(log->line)) :
				 logfmt_write(record, log->line, sizeof(log->line));

	for (size_t i = 0; i < log->count; i++) {
		struct log_sink *sink = &log->sinks[i];

		if (length < 0)
			sink->writer.lost++;
		else
			sink->type->put(sink, record->level, log->line, (size_t)length);
	}
}

size_t log_fds(const struct log *log, int *ret, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < log->count && count < max; i++) {
		const struct log_sink *sink = &log->sinks[i];

		if (sink->type->put == log_sink_put && sink->type != &log_stderr)
			ret[count++] = sink->writer.fd;
	}
	return count;
}

void log_take_lost(struct log *log, void (*visit)(void *context, const char *sink, __u64 lost),
		   void *context)
{
	for (size_t i = 0; i < log->count; i++) {
		struct log_sink *sink = &log->sinks[i];
		__u64 lost = sink->writer.lost;

		sink->writer.lost = 0; /* before the visit: it may write, and lose that line too */
		if (lost)
			visit(context, sink->name, lost);
	}
}
