/* SPDX-License-Identifier: Apache-2.0 */
/* A log in a directory of its own, and what reads and checks its lines. */
#ifndef BPFLOCK_TESTS_LOG_FIXTURE_H
#define BPFLOCK_TESTS_LOG_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/sink.h"
#include "unit.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* More than any pipe, terminal or socket queue here takes. */
#define MANY 20000

/* A directory per test, the log in it, and what has been reported and counted. */
struct fixture {
	char directory[32];
	char path[64];
	char output[80];
	char syslog_path[64];
	char journal_path[64];
	char journal_stream[64];
	__u64 max_size;
	__u64 keep;
	struct report report;
	struct log *log;
	__u64 lost; /* events and messages */
	struct log_loss loss;
	char last_lost[80];
};

static inline int setup(void **state)
{
	struct fixture *test = test_calloc(1, sizeof(*test));

	strcpy(test->directory, "/tmp/bpflock-log.XXXXXX");
	assert_non_null(mkdtemp(test->directory));
	snprintf(test->path, sizeof(test->path), "%s/log", test->directory);
	snprintf(test->output, sizeof(test->output), "file:%s", test->path);
	snprintf(test->syslog_path, sizeof(test->syslog_path), "%s/syslog", test->directory);
	snprintf(test->journal_path, sizeof(test->journal_path), "%s/journal", test->directory);
	*state = test;
	alarm(30); /* a sink that blocks */
	/* As the daemon does, see log.h. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return 0;
}

/* The rotated file of a number. */
static inline const char *rotated(const struct fixture *test, unsigned int number)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s.%u", test->path, number);
	return path;
}

static inline int teardown(void **state)
{
	struct fixture *test = *state;

	alarm(0);
	log_close(test->log);
	report_clear(&test->report);
	unlink(test->path);
	unlink(test->syslog_path);
	unlink(test->journal_path);
	for (unsigned int i = 0; i < 10; i++)
		unlink(rotated(test, i));
	rmdir(test->directory);
	test_free(test);
	return 0;
}

static inline int try_open(struct fixture *test, const char *const *outputs, size_t count)
{
	const struct log_options options = {
		.outputs = outputs,
		.output_count = count,
		.max_size = test->max_size,
		.keep = test->keep,
		.syslog_path = test->syslog_path,
		.journal_path = test->journal_path,
		.journal_stream = test->journal_stream,
	};

	return log_open(&options, &test->log, &test->report);
}

static inline void open_log(struct fixture *test, const char *output)
{
	assert_int_equal(try_open(test, &output, 1), 0);
	assert_non_null(test->log);
}

static inline void write_number(struct fixture *test, unsigned int number)
{
	struct log_record record = { .subsys = "bpf", .event = "test" };

	log_uint(&record, "n", number);
	log_write(test->log, &record);
}

static inline void write_at(struct fixture *test, time_t time, __u64 events)
{
	struct log_record record = {
		.time = { .tv_sec = time },
		.subsys = "bpf",
		.event = "test",
		.events = events,
	};

	log_write(test->log, &record);
}

static inline void count_lost(void *context, const char *sink, const struct log_loss *loss)
{
	struct fixture *test = context;

	assert_false(log_loss_is_none(loss)); /* a sink that has lost nothing is not visited */
	snprintf(test->last_lost, sizeof(test->last_lost), "%s", sink);
	test->loss = *loss;
	test->lost += loss->events + loss->messages;
}

static inline __u64 take_lost(struct fixture *test)
{
	test->lost = 0;
	log_take_lost(test->log, count_lost, test);
	return test->lost;
}

/* The lines in the log; the next call overwrites them. */
static inline const char *text_of_log(const struct fixture *test)
{
	static char text[1 << 14];
	int fd = open(test->path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	close(fd);
	assert_return_code(length, errno);
	text[length] = '\0';
	return text;
}

static inline size_t count_in(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part))) {
		count++;
		text++;
	}
	return count;
}

/* A log of the same outputs in the place of the one there is, as on SIGHUP. */
static inline void replace_by(struct fixture *test, const char *output)
{
	struct log *old = test->log;

	open_log(test, output);
	log_replace(test->log, old, count_lost, test);
}

/* Lines that are whole and in order; fails on anything else. */
struct reader {
	char text[1 << 16];
	size_t length;
	unsigned int lines;
	unsigned int last;
};

static inline void read_line(struct reader *reader, char *text)
{
	unsigned int number;
	int end = 0;

	sscanf(text, "time=\"1970-01-01T00:00:00Z\" level=info msg=\"event=test n=%u\" subsys=bpf%n", &number, &end);
	if (!end || text[end])
		fail_msg("not a line: '%s'", text);
	assert_true(!reader->lines || number > reader->last);
	reader->last = number;
	reader->lines++;
}

static inline void read_lines(struct reader *reader)
{
	char *start = reader->text, *end;

	while ((end = memchr(start, '\n', reader->length - (size_t)(start - reader->text)))) {
		*end = '\0';
		read_line(reader, start);
		start = end + 1;
	}
	reader->length -= (size_t)(start - reader->text);
	memmove(reader->text, start, reader->length);
}

/* Reads what is there now. */
static inline void read_all(struct reader *reader, int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	while (poll(&ready, 1, 0) == 1) {
		ssize_t count = read(fd, reader->text + reader->length, sizeof(reader->text) - reader->length);

		if (count <= 0)
			break;
		reader->length += (size_t)count;
		read_lines(reader);
	}
}

static inline void read_file(struct reader *reader, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_return_code(fd, errno);
	read_all(reader, fd);
	close(fd);
}

#define LINE_5 "time=\"1970-01-01T00:00:00Z\" level=info msg=\"event=test n=5\" subsys=bpf\n"

static inline void assert_file_ends_in(const char *path, const char *end)
{
	static char text[LOG_LINE_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	close(fd);
	assert_true(length >= (ssize_t)strlen(end));
	text[length] = '\0';
	assert_string_equal(text + length - strlen(end), end);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
