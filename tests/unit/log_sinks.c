/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "log/sink.h"
#include "log_records.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* More than any pipe, terminal or socket queue here takes. */
#define MANY 20000

/* A directory per test, the log in it, and what has been reported and counted. */
struct fixture {
	char directory[32];
	char path[64];
	char output[80];
	char syslog_path[64];
	struct report report;
	struct log *log;
	__u64 lost;
	char last_lost[80];
};

static int setup(void **state)
{
	struct fixture *test = test_calloc(1, sizeof(*test));

	strcpy(test->directory, "/tmp/bpflock-log.XXXXXX");
	assert_non_null(mkdtemp(test->directory));
	snprintf(test->path, sizeof(test->path), "%s/log", test->directory);
	snprintf(test->output, sizeof(test->output), "file:%s", test->path);
	snprintf(test->syslog_path, sizeof(test->syslog_path), "%s/syslog", test->directory);
	*state = test;
	alarm(30); /* a sink that blocks */
	return 0;
}

static int teardown(void **state)
{
	struct fixture *test = *state;

	alarm(0);
	log_close(test->log);
	report_clear(&test->report);
	unlink(test->path);
	unlink(test->syslog_path);
	rmdir(test->directory);
	test_free(test);
	return 0;
}

static int try_open(struct fixture *test, const char *output)
{
	return log_open_at(LOG_FORMAT_LOGFMT, &output, 1, test->syslog_path, &test->log,
			   &test->report);
}

static void open_log(struct fixture *test, const char *output)
{
	assert_int_equal(try_open(test, output), 0);
	assert_non_null(test->log);
}

/* The sink keeps what stderr is now; the test gets its own stderr back. */
static void open_stderr_on(struct fixture *test, int fd)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	assert_return_code(dup2(fd, STDERR_FILENO), errno);
	open_log(test, "stderr");
	assert_return_code(dup2(saved, STDERR_FILENO), errno);
	close(saved);
}

static void write_number(struct fixture *test, unsigned int number)
{
	struct log_record record = { .subsys = "bpf", .event = "test" };

	log_uint(&record, "n", number);
	log_write(test->log, &record);
}

static void count_lost(void *context, const char *sink, __u64 lost)
{
	struct fixture *test = context;

	assert_true(lost > 0); /* a sink that has lost nothing is not visited */
	snprintf(test->last_lost, sizeof(test->last_lost), "%s", sink);
	test->lost += lost;
}

static __u64 take_lost(struct fixture *test)
{
	test->lost = 0;
	log_take_lost(test->log, count_lost, test);
	return test->lost;
}

/* Lines that are whole and in order; fails on anything else. */
struct reader {
	char text[1 << 16];
	size_t length;
	unsigned int lines;
	unsigned int last;
};

static void read_line(struct reader *reader, char *text)
{
	unsigned int number;
	int end = 0;

	sscanf(text,
	       "time=\"1970-01-01T00:00:00Z\" level=info msg=\"event=test n=%u\" subsys=bpf%n",
	       &number, &end);
	if (!end || text[end])
		fail_msg("not a line: '%s'", text);
	assert_true(!reader->lines || number > reader->last);
	reader->last = number;
	reader->lines++;
}

static void read_lines(struct reader *reader)
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
static void read_all(struct reader *reader, int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	while (poll(&ready, 1, 0) == 1) {
		ssize_t count = read(fd, reader->text + reader->length,
				     sizeof(reader->text) - reader->length);

		if (count <= 0)
			break;
		reader->length += (size_t)count;
		read_lines(reader);
	}
}

static void read_file(struct reader *reader, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_return_code(fd, errno);
	read_all(reader, fd);
	close(fd);
}

/* A full sink, and the same after it has been read: nothing hangs, every line is accounted for. */
static void assert_survives_a_reader_that_never_reads(struct fixture *test, int fd)
{
	static struct reader reader;
	__u64 lost;

	reader = (struct reader){ 0 };
	for (unsigned int i = 0; i < MANY; i++)
		write_number(test, i);
	lost = take_lost(test);
	assert_in_range(lost, 1, MANY - 1);
	assert_int_equal(take_lost(test), 0);
	read_all(&reader, fd);
	for (unsigned int i = 0; i < 10; i++)
		write_number(test, MANY + i);
	assert_int_equal(take_lost(test), 0);
	read_all(&reader, fd);
	assert_int_equal(reader.lines + lost, MANY + 10);
	assert_int_equal(reader.length, 0);
}

static void a_pipe_whose_reader_never_reads_does_not_hang(void **state)
{
	struct fixture *test = *state;
	int ends[2];

	assert_return_code(pipe2(ends, O_CLOEXEC), errno);
	open_stderr_on(test, ends[1]);
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	assert_survives_a_reader_that_never_reads(test, ends[0]);
	assert_string_equal(test->last_lost, "stderr");
	close(ends[0]);
	close(ends[1]);
}

static void a_terminal_that_nobody_reads_does_not_hang(void **state)
{
	struct fixture *test = *state;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int terminal;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		skip();
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_return_code(terminal, errno);
	open_stderr_on(test, terminal);
	assert_int_equal(fcntl(terminal, F_GETFL) & O_NONBLOCK, 0);
	for (unsigned int i = 0; i < MANY; i++)
		write_number(test, i);
	assert_in_range(take_lost(test), 1, MANY - 1);
	close(master);
	close(terminal);
}

static void assert_socket_does_not_hang(struct fixture *test, int type)
{
	int ends[2];

	assert_return_code(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), errno);
	open_stderr_on(test, ends[1]);
	assert_survives_a_reader_that_never_reads(test, ends[0]);
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	close(ends[0]);
	write_number(test, 0);
	assert_int_equal(take_lost(test), 1);
	close(ends[1]);
}

static void a_stream_socket_that_nobody_reads_does_not_hang(void **state)
{
	assert_socket_does_not_hang(*state, SOCK_STREAM);
}

static void a_packet_socket_that_nobody_reads_does_not_hang(void **state)
{
	assert_socket_does_not_hang(*state, SOCK_SEQPACKET);
}

/* What a pipe gets that cannot be opened anew: O_NONBLOCK is not set anywhere. */
static void a_blocking_pipe_is_asked_first(void **state)
{
	static struct log_writer writer;
	static char line[3 * 4096];
	int ends[2];
	char byte;

	(void)state;
	assert_return_code(pipe2(ends, O_CLOEXEC), errno);
	assert_return_code(fcntl(ends[1], F_SETPIPE_SZ, 4096), errno);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	log_writer_start(&writer, fcntl(ends[1], F_DUPFD_CLOEXEC, 3), LOG_WRITER_POLLED);
	log_writer_put(&writer, line, sizeof(line));
	log_writer_put(&writer, "lost\n", 5);
	assert_int_equal(writer.lost, 1);
	for (size_t i = 0; i < sizeof(line); i++) {
		assert_int_equal(read(ends[0], &byte, 1), 1);
		assert_int_equal(byte, line[i]);
		if (i % 4096 == 4095 && i + 1 < sizeof(line))
			log_writer_put(&writer, "lost\n", 5);
	}
	log_writer_put(&writer, "kept\n", 5);
	assert_int_equal(read(ends[0], line, sizeof(line)), 5);
	assert_memory_equal(line, "kept\n", 5);
	log_writer_close(&writer);
	assert_int_equal(writer.lost, 3);
	close(ends[0]);
	close(ends[1]);
}

static void a_closed_pipe_counts_and_does_not_kill(void **state)
{
	struct fixture *test = *state;
	int ends[2];

	assert_return_code(pipe2(ends, O_CLOEXEC), errno);
	open_stderr_on(test, ends[1]);
	close(ends[0]);
	write_number(test, 1);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 2);
	close(ends[1]);
}

/* The half of a line that the reader left behind is a lost line, too. */
static void a_reader_that_leaves_half_a_line_loses_it(void **state)
{
	struct fixture *test = *state;
	struct log_record record = { .subsys = "bpf", .event = "test" };
	static char text[LOG_STRING_MAX];
	int ends[2];

	assert_return_code(pipe2(ends, O_CLOEXEC), errno);
	assert_return_code(fcntl(ends[1], F_SETPIPE_SZ, 4096), errno);
	open_stderr_on(test, ends[1]);
	memset(text, 'x', sizeof(text));
	log_bytes(&record, "text", text, sizeof(text));
	log_write(test->log, &record);
	assert_int_equal(take_lost(test), 0);
	close(ends[0]);
	write_number(test, 1);
	assert_int_equal(take_lost(test), 2);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 1);
	close(ends[1]);
}

static void a_full_device_counts_every_line(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	for (unsigned int i = 0; i < 10; i++)
		write_number(test, i);
	assert_int_equal(take_lost(test), 10);
	assert_string_equal(test->last_lost, "file:/dev/full");
	assert_int_equal(take_lost(test), 0);
}

static void a_sink_that_fails_costs_the_others_nothing(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { "file:/dev/full", test->output };
	static struct reader reader;

	reader = (struct reader){ 0 };
	assert_int_equal(log_open(LOG_FORMAT_LOGFMT, outputs, 2, &test->log, &test->report), 0);
	for (unsigned int i = 0; i < 10; i++)
		write_number(test, i);
	assert_int_equal(take_lost(test), 10);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 10);
}

static void limit_file_size(rlim_t size)
{
	struct rlimit limit;

	assert_return_code(getrlimit(RLIMIT_FSIZE, &limit), errno);
	limit.rlim_cur = size;
	assert_return_code(setrlimit(RLIMIT_FSIZE, &limit), errno);
}

/* A size limit cuts a line like a full disk does: a short write, then an error. */
static void fill_up(struct fixture *test)
{
	struct stat status;

	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(stat(test->path, &status), errno);
	limit_file_size((rlim_t)status.st_size + 10);
	write_number(test, 2);
	write_number(test, 3);
	write_number(test, 4);
	assert_int_equal(take_lost(test), 2);
}

static void a_full_disk_that_is_freed_gets_whole_lines(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;

	reader = (struct reader){ 0 };
	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 3);
	assert_int_equal(reader.last, 5);
	assert_int_equal(reader.length, 0);
}

static void a_file_truncated_to_free_the_disk_starts_with_a_whole_line(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;

	reader = (struct reader){ 0 };
	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	assert_return_code(truncate(test->path, 0), errno);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 1);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 1);
	assert_int_equal(reader.last, 5);
}

static void assert_file_ends_in(const char *path, const char *end)
{
	static char text[LOG_LINE_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	close(fd);
	assert_true(length >= (ssize_t)strlen(end));
	text[length] = '\0';
	assert_string_equal(text + length - strlen(end), end);
}

#define LINE_5 "time=\"1970-01-01T00:00:00Z\" level=info msg=\"event=test n=5\" subsys=bpf\n"

/* As after the kill of a daemon on a full disk. */
static void half_a_line_of_before_is_not_continued(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	test->log = log_close(test->log);
	limit_file_size(RLIM_INFINITY);
	open_log(test, test->output);
	write_number(test, 5);
	assert_file_ends_in(test->path, "\ntime=\"1970\n" LINE_5);
}

static void a_whole_line_of_before_is_followed_at_once(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;

	reader = (struct reader){ 0 };
	open_log(test, test->output);
	write_number(test, 1);
	test->log = log_close(test->log);
	open_log(test, test->output);
	write_number(test, 2);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 2);
}

static void a_deleted_file_comes_back_after_a_reopen(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;
	struct stat status;

	reader = (struct reader){ 0 };
	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(unlink(test->path), errno);
	write_number(test, 2);
	assert_int_equal(log_reopen(test->log, &test->report), 0);
	write_number(test, 3);
	assert_int_equal(take_lost(test), 0);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 1);
	assert_int_equal(reader.last, 3);
	assert_return_code(stat(test->path, &status), errno);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void rotate(struct fixture *test, char *ret_old, size_t size)
{
	snprintf(ret_old, size, "%s.1", test->path);
	assert_return_code(rename(test->path, ret_old), errno);
	assert_int_equal(log_reopen(test->log, &test->report), 0);
}

static void half_a_line_is_finished_in_the_old_file_before_a_reopen(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;
	char old[80];

	reader = (struct reader){ 0 };
	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	rotate(test, old, sizeof(old));
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	read_file(&reader, old);
	assert_int_equal(reader.lines, 2);
	assert_int_equal(reader.length, 0);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 3);
	unlink(old);
}

static void half_a_line_that_a_reopen_leaves_behind_is_counted(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;
	char old[80];

	reader = (struct reader){ 0 };
	fill_up(test);
	rotate(test, old, sizeof(old));
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 1);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 1);
	unlink(old);
}

static void a_reopen_that_fails_keeps_the_old_file(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;
	char moved[80];

	reader = (struct reader){ 0 };
	open_log(test, test->output);
	write_number(test, 1);
	snprintf(moved, sizeof(moved), "%s.1", test->path);
	assert_return_code(rename(test->path, moved), errno);
	assert_return_code(symlink("/dev/null", test->path), errno);
	assert_int_equal(log_reopen(test->log, &test->report), -ELOOP);
	assert_int_equal(test->report.count, 1);
	assert_string_equal(test->report.items[0].event, "log_failed");
	assert_string_equal(test->report.items[0].where, test->output);
	write_number(test, 2);
	read_file(&reader, moved);
	assert_int_equal(reader.lines, 2);
	unlink(moved);
}

static void what_cannot_be_opened_is_reported_all_at_once(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { "file:/nonexistent/log", test->output, "file:/" };

	assert_int_equal(log_open(LOG_FORMAT_LOGFMT, outputs, 3, &test->log, &test->report),
			 -ENOENT);
	assert_null(test->log);
	assert_int_equal(test->report.errors, 2);
	assert_string_equal(test->report.items[0].where, "file:/nonexistent/log");
	assert_non_null(test->report.items[0].remedy);
	assert_string_equal(test->report.items[1].where, "file:/");
}

static void outputs_are_checked_without_opening_any(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { "stderr", "stdout", "syslog", test->output, "file:log",
				  "stderrr", "file:", "" };

	assert_int_equal(log_check_outputs(outputs, 4, "x.conf:3", &test->report), 0);
	assert_int_equal(test->report.count, 0);
	assert_int_equal(access(test->path, F_OK), -1);
	assert_int_equal(log_check_outputs(outputs, 8, "x.conf:3", &test->report), -EINVAL);
	assert_int_equal(test->report.errors, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(test->report.items[i].event, "config_error");
		assert_string_equal(test->report.items[i].where, "x.conf:3");
		assert_non_null(strstr(test->report.items[i].message, outputs[4 + i]));
		assert_non_null(strstr(test->report.items[i].remedy, "file:/path"));
	}
	assert_string_equal(test->report.items[1].remedy,
			    "valid: stderr, stdout, file:/path, syslog");
	assert_int_equal(log_check_outputs(NULL, 0, "x.conf:3", &test->report), -EINVAL);
	assert_int_equal(test->report.errors, 5);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_return_code(fd, errno);
	memcpy(address.sun_path, path, strlen(path));
	assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof(address)), errno);
	return fd;
}

static void assert_receives(int fd, int priority, unsigned int number, const char *level)
{
	char expected[256], text[256];
	ssize_t length = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	assert_return_code(length, errno);
	text[length] = '\0';
	snprintf(expected, sizeof(expected),
		 "<%d>bpflock[%d]: time=\"1970-01-01T00:00:00Z\" level=%s msg=\"event=test n=%u\" "
		 "subsys=bpf",
		 priority, getpid(), level, number);
	assert_string_equal(text, expected);
}

static void syslog_gets_a_datagram_with_the_lines_priority(void **state)
{
	static const struct {
		enum log_level level;
		const char *name;
		int priority; /* facility daemon */
	} levels[] = {
		{ LOG_LEVEL_INFO, "info", 3 * 8 + 6 },
		{ LOG_LEVEL_WARNING, "warning", 3 * 8 + 4 },
		{ LOG_LEVEL_ERROR, "error", 3 * 8 + 3 },
	};
	struct fixture *test = *state;
	int fd = listen_at(test->syslog_path);

	open_log(test, "syslog");
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct log_record record = { .subsys = "bpf", .event = "test" };

		record.level = levels[i].level;
		log_uint(&record, "n", i);
		log_write(test->log, &record);
		assert_receives(fd, levels[i].priority, (unsigned int)i, levels[i].name);
	}
	assert_int_equal(test->report.count, 0);
	close(fd);
}

static void syslog_that_comes_back_is_used_again(void **state)
{
	struct fixture *test = *state;
	int fd;

	open_log(test, "syslog"); /* nobody listens yet */
	assert_int_equal(test->report.count, 1);
	assert_int_equal(test->report.errors, 0);
	write_number(test, 1);
	assert_int_equal(take_lost(test), 1);
	for (int restart = 0; restart < 2; restart++) {
		fd = listen_at(test->syslog_path);
		write_number(test, 2);
		assert_receives(fd, 30, 2, "info");
		close(fd);
		assert_return_code(unlink(test->syslog_path), errno);
		write_number(test, 3);
		assert_int_equal(take_lost(test), 1);
	}
}

static void syslog_that_does_not_read_does_not_hang(void **state)
{
	struct fixture *test = *state;
	int fd = listen_at(test->syslog_path);
	unsigned int received = 0;
	__u64 lost;

	open_log(test, "syslog");
	for (unsigned int i = 0; i < MANY; i++)
		write_number(test, i);
	lost = take_lost(test);
	assert_in_range(lost, 1, MANY - 1);
	for (char byte; recv(fd, &byte, 1, MSG_DONTWAIT) == 1;)
		received++;
	assert_int_equal(received + lost, MANY);
	write_number(test, 7);
	assert_receives(fd, 30, 7, "info");
	close(fd);
}

static void a_record_too_long_for_a_line_is_counted(void **state)
{
	struct fixture *test = *state;
	static char text[LOG_LINE_MAX + 1];
	struct log_record record = { .subsys = "bpf", .event = "test" };

	open_log(test, test->output);
	memset(text, 'x', LOG_LINE_MAX);
	log_str(&record, "text", text);
	log_write(test->log, &record);
	assert_int_equal(take_lost(test), 1);
}

static void write_again(void *context, const char *sink, __u64 lost)
{
	struct fixture *test = context;

	(void)sink;
	test->lost += lost;
	write_number(test, 0);
}

/* The daemon logs event=log_lost for each. */
static void losses_may_be_logged_while_they_are_visited(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	log_take_lost(test->log, write_again, test);
	assert_int_equal(test->lost, 1);
	assert_int_equal(take_lost(test), 1);
}

static void assert_item_becomes(struct fixture *test, enum report_level level, const char *expected)
{
	struct report report = { 0 };
	struct report_item *item = report_add(&report, level, "plugin_refused", "/lib/x\n.so",
					      "100%% %s", "\"no\"");

	report_plugin(item, "x");
	report_remedy(item, "remove it");
	log_report(test->log, &report);
	report_clear(&report);
	assert_file_ends_in(test->path, expected);
}

static void a_reports_item_is_a_line_that_names_plugin_source_and_remedy(void **state)
{
	struct fixture *test = *state;

	open_log(test, test->output);
	assert_item_becomes(test, REPORT_ERROR,
			    " level=error msg=\"event=plugin_refused "
			    "source=\\\"/lib/x\\\\n.so\\\" error=\\\"100% \\\\x22no\\\\x22\\\" "
			    "remedy=\\\"remove it\\\"\" bpfprog=x subsys=bpflock\n");
	assert_item_becomes(test, REPORT_WARNING,
			    " level=warning msg=\"event=plugin_refused "
			    "source=\\\"/lib/x\\\\n.so\\\" warning=\\\"100% \\\\x22no\\\\x22\\\" "
			    "remedy=\\\"remove it\\\"\" bpfprog=x subsys=bpflock\n");
	assert_item_becomes(test, REPORT_NOTICE,
			    " level=info msg=\"event=plugin_refused "
			    "source=\\\"/lib/x\\\\n.so\\\" notice=\\\"100% \\\\x22no\\\\x22\\\" "
			    "remedy=\\\"remove it\\\"\" bpfprog=x subsys=bpflock\n");
}

static void a_report_without_source_plugin_or_remedy_is_a_line_too(void **state)
{
	struct fixture *test = *state;
	struct report report = { 0 };

	report_add(&report, REPORT_ERROR, "kernel_requirement", NULL, "none");
	open_log(test, test->output);
	log_report(test->log, &report);
	report_clear(&report);
	assert_file_ends_in(test->path, " level=error msg=\"event=kernel_requirement error=none\" "
					"subsys=bpflock\n");
}

static void a_report_that_is_too_long_is_cut_and_not_lost(void **state)
{
	struct fixture *test = *state;
	struct report report = { 0 };
	static char text[2 * LOG_LINE_MAX];

	memset(text, '\\', sizeof(text) - 1);
	report_remedy(report_add(&report, REPORT_ERROR, "plugin_failed", text, "%s", text), "%s",
		      text);
	open_log(test, test->output);
	log_report(test->log, &report);
	report_clear(&report);
	assert_int_equal(take_lost(test), 0);
	assert_file_ends_in(test->path, "\\\" truncated=error\" subsys=bpflock\n");
}

static void json_is_written_where_it_is_chosen(void **state)
{
	struct fixture *test = *state;
	const char *output = test->output;

	assert_int_equal(log_open(LOG_FORMAT_JSON, &output, 1, &test->log, &test->report), 0);
	write_number(test, 5);
	assert_file_ends_in(test->path, "\"level\":\"info\",\"n\":5}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pipe_whose_reader_never_reads_does_not_hang),
		TEST(a_terminal_that_nobody_reads_does_not_hang),
		TEST(a_stream_socket_that_nobody_reads_does_not_hang),
		TEST(a_packet_socket_that_nobody_reads_does_not_hang),
		TEST(a_blocking_pipe_is_asked_first),
		TEST(a_closed_pipe_counts_and_does_not_kill),
		TEST(a_reader_that_leaves_half_a_line_loses_it),
		TEST(a_full_device_counts_every_line),
		TEST(a_sink_that_fails_costs_the_others_nothing),
		TEST(a_full_disk_that_is_freed_gets_whole_lines),
		TEST(a_file_truncated_to_free_the_disk_starts_with_a_whole_line),
		TEST(half_a_line_of_before_is_not_continued),
		TEST(a_whole_line_of_before_is_followed_at_once),
		TEST(a_deleted_file_comes_back_after_a_reopen),
		TEST(half_a_line_is_finished_in_the_old_file_before_a_reopen),
		TEST(half_a_line_that_a_reopen_leaves_behind_is_counted),
		TEST(a_reopen_that_fails_keeps_the_old_file),
		TEST(what_cannot_be_opened_is_reported_all_at_once),
		TEST(outputs_are_checked_without_opening_any),
		TEST(syslog_gets_a_datagram_with_the_lines_priority),
		TEST(syslog_that_comes_back_is_used_again),
		TEST(syslog_that_does_not_read_does_not_hang),
		TEST(a_record_too_long_for_a_line_is_counted),
		TEST(losses_may_be_logged_while_they_are_visited),
		TEST(a_reports_item_is_a_line_that_names_plugin_source_and_remedy),
		TEST(a_report_without_source_plugin_or_remedy_is_a_line_too),
		TEST(a_report_that_is_too_long_is_cut_and_not_lost),
		TEST(json_is_written_where_it_is_chosen),
	};

	/* As the daemon does, see log.h. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
