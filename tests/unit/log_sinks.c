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

/* Makes every file look like a block device; in the place of the C library's function. */
static bool is_block_device;

int fstat(int fd, struct stat *ret)
{
	int error = fstatat(fd, "", ret, AT_EMPTY_PATH);

	if (is_block_device)
		ret->st_mode = (ret->st_mode & ~(mode_t)S_IFMT) | S_IFBLK;
	return error;
}

/* A directory per test, the log in it, and what has been reported and counted. */
struct fixture {
	char directory[32];
	char path[64];
	char output[80];
	char syslog_path[64];
	char journal_path[64];
	__u64 max_size;
	__u64 keep;
	struct report report;
	struct log *log;
	__u64 lost; /* events and messages */
	struct log_loss loss;
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
	snprintf(test->journal_path, sizeof(test->journal_path), "%s/journal", test->directory);
	*state = test;
	alarm(30); /* a sink that blocks */
	return 0;
}

/* The rotated file of a number. */
static const char *rotated(const struct fixture *test, unsigned int number)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s.%u", test->path, number);
	return path;
}

static int teardown(void **state)
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

static int try_open(struct fixture *test, const char *const *outputs, size_t count)
{
	const struct log_options options = {
		.outputs = outputs,
		.output_count = count,
		.max_size = test->max_size,
		.keep = test->keep,
		.syslog_path = test->syslog_path,
		.journal_path = test->journal_path,
	};

	return log_open(&options, &test->log, &test->report);
}

static void open_log(struct fixture *test, const char *output)
{
	assert_int_equal(try_open(test, &output, 1), 0);
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

static void count_lost(void *context, const char *sink, const struct log_loss *loss)
{
	struct fixture *test = context;

	assert_false(log_loss_is_none(loss)); /* a sink that has lost nothing is not visited */
	snprintf(test->last_lost, sizeof(test->last_lost), "%s", sink);
	test->loss = *loss;
	test->lost += loss->events + loss->messages;
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

static void put_bytes(struct log_writer *writer, const char *bytes, size_t length)
{
	const struct log_record record = { 0 };
	const struct log_line line = { &record, bytes, length };

	log_writer_put(writer, &line);
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
	put_bytes(&writer, line, sizeof(line));
	put_bytes(&writer, "lost\n", 5);
	assert_int_equal(writer.lost.messages, 1);
	for (size_t i = 0; i < sizeof(line); i++) {
		assert_int_equal(read(ends[0], &byte, 1), 1);
		assert_int_equal(byte, line[i]);
		if (i % 4096 == 4095 && i + 1 < sizeof(line))
			put_bytes(&writer, "lost\n", 5);
	}
	put_bytes(&writer, "kept\n", 5);
	assert_int_equal(read(ends[0], line, sizeof(line)), 5);
	assert_memory_equal(line, "kept\n", 5);
	log_writer_close(&writer);
	assert_int_equal(writer.lost.messages, 3);
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
	assert_int_equal(try_open(test, outputs, 2), 0);
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

/* A log of the same outputs in the place of the one there is, as on SIGHUP. */
static void replace_by(struct fixture *test, const char *output)
{
	struct log *old = test->log;

	open_log(test, output);
	log_replace(test->log, old, count_lost, test);
}

static void assert_mode_is_0600(const char *path)
{
	struct stat status;

	assert_return_code(stat(path, &status), errno);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static unsigned int lines_in(const char *path)
{
	static struct reader reader;

	reader = (struct reader){ 0 };
	read_file(&reader, path);
	assert_int_equal(reader.length, 0);
	return reader.lines;
}

static void a_deleted_file_comes_back_with_the_next_line(void **state)
{
	struct fixture *test = *state;

	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(unlink(test->path), errno);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 0);
	assert_file_ends_in(test->path, "was deleted or moved away; a new one is open\\\"\" "
					"subsys=bpflock\n");
	write_number(test, 5);
	assert_file_ends_in(test->path, LINE_5);
	assert_mode_is_0600(test->path);
}

static void a_file_that_was_moved_away_gets_no_more_lines(void **state)
{
	struct fixture *test = *state;

	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	write_number(test, 2);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	assert_int_equal(lines_in(rotated(test, 1)), 1);
	assert_file_ends_in(test->path, LINE_5);
}

static void another_file_at_the_path_is_continued(void **state)
{
	struct fixture *test = *state;
	int fd;

	open_log(test, test->output);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	fd = open(test->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	assert_int_equal(write(fd, "half", 4), 4);
	close(fd);
	write_number(test, 4);
	assert_int_equal(lines_in(rotated(test, 1)), 0);
	write_number(test, 5);
	assert_file_ends_in(test->path, LINE_5);
}

/* Its lines would go nowhere: they are counted, and the file is back when its directory is. */
static void a_file_deleted_with_its_directory_loses_lines_and_comes_back(void **state)
{
	struct fixture *test = *state;
	char away[48];

	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(unlink(test->path), errno);
	snprintf(away, sizeof(away), "%s.away", test->directory);
	assert_return_code(rename(test->directory, away), errno);
	write_number(test, 2); /* the line about the failure is lost as well */
	write_number(test, 3);
	assert_int_equal(take_lost(test), 3);
	assert_return_code(rename(away, test->directory), errno);
	for (int tries = 0; access(test->path, F_OK) < 0 && tries < 100; tries++) {
		usleep(50000);
		write_number(test, 4);
	}
	write_number(test, 5);
	assert_file_ends_in(test->path, LINE_5);
}

static void half_a_line_is_finished_in_a_file_that_was_moved_away(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	replace_by(test, test->output);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	assert_int_equal(lines_in(rotated(test, 1)), 2);
	assert_int_equal(lines_in(test->path), 1);
}

static void half_a_line_goes_on_after_a_replacement(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	replace_by(test, test->output);
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	assert_int_equal(lines_in(test->path), 3);
}

static void half_a_line_is_finished_after_a_reload_that_was_refused(void **state)
{
	struct fixture *test = *state;
	struct log *log;

	fill_up(test);
	log = test->log;
	open_log(test, test->output);
	log_close(test->log);
	test->log = log;
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	assert_int_equal(lines_in(test->path), 3);
}

static void half_a_line_that_is_left_behind_is_counted(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	replace_by(test, test->output);
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 1);
	assert_int_equal(lines_in(test->path), 1);
}

static void losses_are_taken_over_by_the_next_log(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	replace_by(test, "file:/dev/full");
	assert_int_equal(test->lost, 0);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 2);
}

static void losses_of_an_output_that_is_left_out_are_told(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	replace_by(test, test->output);
	assert_int_equal(test->lost, 1);
	assert_string_equal(test->last_lost, "file:/dev/full");
	assert_int_equal(take_lost(test), 0);
}

static void a_stream_goes_on_with_its_half_line_in_the_next_log(void **state)
{
	struct fixture *test = *state;
	static char text[LOG_STRING_MAX], received[2 * LOG_STRING_MAX];
	struct log_record record = comm_record(text, sizeof(text));
	struct log *old;
	int ends[2];
	ssize_t length;

	memset(text, 'x', sizeof(text));
	assert_return_code(pipe2(ends, O_CLOEXEC), errno);
	assert_return_code(fcntl(ends[1], F_SETPIPE_SZ, 8192), errno);
	open_stderr_on(test, ends[1]);
	log_write(test->log, &record);
	old = test->log;
	open_stderr_on(test, ends[1]);
	log_replace(test->log, old, count_lost, test);
	length = read(ends[0], received, sizeof(received));
	assert_int_equal(length, 8192);
	write_number(test, 5);
	length += read(ends[0], received + length, sizeof(received) - (size_t)length);
	received[length] = '\0';
	assert_int_equal(take_lost(test), 0);
	assert_string_equal(strstr(received, "x retval=-1"),
			    "x retval=-1\" bpfprog=any subsys=bpf\n" LINE_5);
	close(ends[0]);
	close(ends[1]);
}

/* n=1000 and on: all of one length. */
#define NUMBERED_LINE 75
#define FIRST_NUMBER 1000

static void write_numbers(struct fixture *test, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		write_number(test, FIRST_NUMBER + i);
}

static void a_file_is_rotated_before_it_grows_beyond_its_size(void **state)
{
	struct fixture *test = *state;

	test->max_size = 3 * NUMBERED_LINE;
	test->keep = 5;
	open_log(test, test->output);
	write_numbers(test, 10);
	assert_int_equal(lines_in(test->path), 1);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(lines_in(rotated(test, i)), 3);
		assert_mode_is_0600(rotated(test, i));
	}
	assert_int_equal(access(rotated(test, 4), F_OK), -1);
	assert_int_equal(access(rotated(test, 0), F_OK), -1);
	assert_mode_is_0600(test->path);
	assert_int_equal(take_lost(test), 0);
}

static void the_lines_of_rotated_files_are_in_order(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;

	reader = (struct reader){ 0 };
	test->max_size = 3 * NUMBERED_LINE;
	test->keep = 5;
	open_log(test, test->output);
	write_numbers(test, 10);
	for (unsigned int i = 3; i > 0; i--)
		read_file(&reader, rotated(test, i));
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 10);
	assert_int_equal(reader.last, FIRST_NUMBER + 9);
}

static void no_more_files_are_kept_than_was_said(void **state)
{
	struct fixture *test = *state;

	test->max_size = NUMBERED_LINE;
	test->keep = 2;
	open_log(test, test->output);
	write_numbers(test, 9);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(lines_in(rotated(test, 1)), 1);
	assert_int_equal(lines_in(rotated(test, 2)), 1);
	assert_int_equal(access(rotated(test, 3), F_OK), -1);
}

static void what_a_daemon_killed_while_it_rotated_has_left_is_kept(void **state)
{
	struct fixture *test = *state;

	test->max_size = 2 * NUMBERED_LINE;
	test->keep = 2;
	open_log(test, test->output);
	write_numbers(test, 2);
	assert_return_code(rename(test->path, rotated(test, 0)), errno);
	test->log = log_close(test->log);
	open_log(test, test->output);
	write_numbers(test, 3);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(lines_in(rotated(test, 1)), 2);
	assert_int_equal(lines_in(rotated(test, 2)), 2);
}

static void where_none_is_kept_the_old_file_goes(void **state)
{
	struct fixture *test = *state;

	test->max_size = 2 * NUMBERED_LINE;
	open_log(test, test->output);
	write_numbers(test, 5);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(access(rotated(test, 1), F_OK), -1);
}

static void a_line_that_is_longer_than_the_size_is_written_whole(void **state)
{
	struct fixture *test = *state;

	test->max_size = 10;
	test->keep = 1;
	open_log(test, test->output);
	write_numbers(test, 2);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(lines_in(rotated(test, 1)), 1);
}

/* A directory in the way of the last file: nobody may rename over it, not even root. */
static void a_rotation_that_fails_goes_on_in_the_old_file_and_is_told_once(void **state)
{
	struct fixture *test = *state;
	static char text[1 << 16];
	size_t told = 0;
	int fd;

	test->max_size = 2 * NUMBERED_LINE;
	test->keep = 1;
	assert_return_code(mkdir(rotated(test, 1), 0700), errno);
	open_log(test, test->output);
	write_numbers(test, 20);
	assert_int_equal(take_lost(test), 0);
	fd = open(test->path, O_RDONLY | O_CLOEXEC);
	assert_return_code(read(fd, text, sizeof(text) - 1), errno);
	close(fd);
	for (const char *at = text; (at = strstr(at, "cannot be rotated: ")); at++)
		told++;
	assert_int_equal(told, 1);
	assert_non_null(strstr(text, "n=1019"));
	assert_int_equal(access(rotated(test, 0), F_OK), -1);
	assert_return_code(rmdir(rotated(test, 1)), errno);
}

/* The rest of a line that a full disk has cut counts as if it were in the file already. */
static void half_a_line_belongs_to_the_size_of_its_file(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;
	struct stat status;
	off_t length;

	reader = (struct reader){ 0 };
	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(stat(test->path, &status), errno);
	length = status.st_size;
	test->log = log_close(test->log);
	assert_return_code(unlink(test->path), errno);

	test->max_size = (__u64)length * 2 + 20;
	test->keep = 1;
	open_log(test, test->output);
	write_number(test, 1);
	limit_file_size((rlim_t)length + 10);
	write_number(test, 2);
	limit_file_size(RLIM_INFINITY);
	write_number(test, 3);
	assert_int_equal(take_lost(test), 0);
	read_file(&reader, rotated(test, 1));
	assert_int_equal(reader.last, 2);
	read_file(&reader, test->path);
	assert_int_equal(reader.last, 3);
	assert_int_equal(reader.lines, 3);
}

static void a_block_device_is_refused(void **state)
{
	struct fixture *test = *state;
	const char *output = test->output;

	is_block_device = true;
	assert_int_equal(try_open(test, &output, 1), -ENOTSUP);
	is_block_device = false;
	assert_int_equal(test->report.errors, 1);
}

static void what_is_not_a_file_is_not_rotated(void **state)
{
	struct fixture *test = *state;

	test->max_size = 1;
	open_log(test, "file:/dev/null");
	write_numbers(test, 3);
	assert_int_equal(take_lost(test), 0);
	assert_return_code(access("/dev/null", F_OK), errno);
}

static void a_reopen_that_fails_keeps_the_old_file_and_is_told_once(void **state)
{
	struct fixture *test = *state;

	open_log(test, test->output);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	assert_return_code(symlink("/dev/null", test->path), errno);
	write_number(test, 2);
	assert_file_ends_in(rotated(test, 1), "remedy=\\\"name the file itself, not a symbolic link "
					      "to it\\\"\" subsys=bpflock\n");
	write_number(test, 5);
	assert_file_ends_in(rotated(test, 1), LINE_5);
	assert_int_equal(take_lost(test), 0);
}

static void what_cannot_be_opened_is_reported_all_at_once(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { "file:/nonexistent/log", test->output, "file:/" };

	assert_int_equal(try_open(test, outputs, 3), -ENOENT);
	assert_null(test->log);
	assert_int_equal(test->report.errors, 2);
	assert_string_equal(test->report.items[0].where, "file:/nonexistent/log");
	assert_non_null(test->report.items[0].remedy);
	assert_string_equal(test->report.items[1].where, "file:/");
}

static void outputs_are_checked_without_opening_any(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { "stderr", "stdout",  "syslog", "journal", test->output,
				  "file:log", "stderrr", "file:",  "" };

	assert_int_equal(log_check_outputs(outputs, 5, "x.conf:3", &test->report), 0);
	assert_int_equal(test->report.count, 0);
	assert_int_equal(access(test->path, F_OK), -1);
	assert_int_equal(log_check_outputs(outputs, 9, "x.conf:3", &test->report), -EINVAL);
	assert_int_equal(test->report.errors, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(test->report.items[i].event, "config_error");
		assert_string_equal(test->report.items[i].where, "x.conf:3");
		assert_non_null(strstr(test->report.items[i].message, outputs[5 + i]));
		assert_non_null(strstr(test->report.items[i].remedy, "file:/path"));
	}
	assert_string_equal(test->report.items[1].remedy,
			    "valid: stderr, stdout, file:/path, syslog, journal");
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

static size_t receive(int fd, char *ret, size_t size)
{
	ssize_t length = recv(fd, ret, size - 1, MSG_DONTWAIT);

	assert_return_code(length, errno);
	ret[length] = '\0';
	return (size_t)length;
}

static void assert_receives(int fd, int priority, unsigned int number, const char *level)
{
	char expected[256], text[256];

	receive(fd, text, sizeof(text));
	snprintf(expected, sizeof(expected),
		 "<%d>bpflock[%d]: time=\"1970-01-01T00:00:00Z\" level=%s msg=\"event=test n=%u\" "
		 "subsys=bpf",
		 priority, getpid(), level, number);
	assert_string_equal(text, expected);
}

/* The queue fills up: what is in it and what is lost is all that was written. */
static void assert_survives_a_listener_that_does_not_read(struct fixture *test, int fd)
{
	unsigned int received = 0;
	__u64 lost;

	for (unsigned int i = 0; i < MANY; i++)
		write_number(test, i);
	lost = take_lost(test);
	assert_in_range(lost, 1, MANY - 1);
	for (char byte; recv(fd, &byte, 1, MSG_DONTWAIT) == 1;)
		received++;
	assert_int_equal(received + lost, MANY);
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

	open_log(test, "syslog");
	assert_survives_a_listener_that_does_not_read(test, fd);
	write_number(test, 7);
	assert_receives(fd, 30, 7, "info");
	close(fd);
}

/* Its queue is full: that is no reason to turn to whoever listens there now. */
static void syslog_that_is_full_keeps_its_connection(void **state)
{
	struct fixture *test = *state;
	int full = listen_at(test->syslog_path), other;
	char byte;

	open_log(test, "syslog");
	while (take_lost(test) == 0)
		write_number(test, 1);
	assert_return_code(unlink(test->syslog_path), errno);
	other = listen_at(test->syslog_path);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 1);
	assert_int_equal(recv(other, &byte, 1, MSG_DONTWAIT), -1);
	close(full);
	close(other);
}

static void a_record_whose_fields_are_too_long_for_the_journal_is_counted(void **state)
{
	static char bytes[LOG_LINE_MAX];
	struct log_record record = { .subsys = "bpf", .event = "test", .events = 1 };
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path);
	char byte;

	memset(bytes, 'a', sizeof(bytes));
	open_log(test, "journal");
	/* Not in the line, which would be too long as well. */
	log_bytes(&record, "first", bytes, sizeof(bytes));
	record.fields[0].json_only = true;
	log_bytes(&record, "second", bytes, sizeof(bytes));
	record.fields[1].json_only = true;
	log_write(test->log, &record);
	assert_int_equal(take_lost(test), 1);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	close(fd);
}

static void the_journal_gets_the_line_and_each_field(void **state)
{
	static const char expected[] =
		"MESSAGE=time=\"1970-01-01T00:00:07Z\" level=warning msg=\"event=test n=1 i=-1 "
		"x=0x1f comm=\\\"a b\\\" args=\\\"a b\\\" reason=denied (baseline)\" bpfprog=any "
		"subsys=bpf\n"
		"PRIORITY=4\nSYSLOG_IDENTIFIER=bpflock\nBPFLOCK_EVENT=test\nBPFLOCK_PLUGIN=any\n"
		"BPFLOCK_N=1\nBPFLOCK_I=-1\nBPFLOCK_X=0x1f\nBPFLOCK_COMM=a b\nBPFLOCK_ARGS=a b\n"
		"BPFLOCK_REASON=denied (baseline)\n";
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path);
	struct log_record record = {
		.time = { .tv_sec = 7 },
		.level = LOG_LEVEL_WARNING,
		.subsys = "bpf",
		.bpfprog = "any",
		.event = "test",
	};
	char text[1024];

	log_uint(&record, "n", 1);
	log_int(&record, "i", -1);
	log_hex(&record, "x", 0x1f);
	log_str(&record, "comm", "a b");
	log_strv(&record, "args", "a\0b", 4);
	log_text(&record, "reason", "denied (baseline)");
	open_log(test, "journal");
	log_write(test->log, &record);
	receive(fd, text, sizeof(text));
	assert_string_equal(text, expected);
	assert_int_equal(test->report.count, 0);
	close(fd);
}

/* The name of a process cannot add a field: its length comes before it. */
static void the_journal_gets_bytes_as_they_are(void **state)
{
	static const char name[] = "a\nBPFLOCK_REASON=allow\n\xff\0b";
	static const char end[] = "\nBPFLOCK_COMM\n\x1a\0\0\0\0\0\0\0a\nBPFLOCK_REASON=allow\n\xff\0b\n"
				  "BPFLOCK_RETVAL=-1\n";
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path);
	struct log_record record = comm_record(name, sizeof(name) - 1);
	char text[1024];
	size_t length;

	assert_int_equal(sizeof(name) - 1, 0x1a);
	open_log(test, "journal");
	log_write(test->log, &record);
	length = receive(fd, text, sizeof(text));
	assert_memory_equal(text + length - (sizeof(end) - 1), end, sizeof(end) - 1);
	close(fd);
}

static void the_journal_takes_the_longest_record(void **state)
{
	static char text[LOG_STRING_MAX], received[4 * LOG_LINE_MAX];
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path);
	struct log_record record = comm_record(text, sizeof(text));

	memset(text, '\\', sizeof(text));
	open_log(test, "journal");
	log_write(test->log, &record);
	assert_int_equal(take_lost(test), 0);
	assert_in_range(receive(fd, received, sizeof(received)), 5 * LOG_STRING_MAX, LOG_LINE_MAX);
	close(fd);
}

static void a_journal_that_is_away_is_a_warning_with_a_remedy_and_is_used_when_it_is_there(void **state)
{
	struct fixture *test = *state;
	char text[1024];
	int fd;

	open_log(test, "journal");
	assert_int_equal(test->report.count, 1);
	assert_int_equal(test->report.items[0].level, REPORT_WARNING);
	assert_non_null(strstr(test->report.items[0].remedy, test->journal_path));
	for (int restart = 0; restart < 2; restart++) {
		write_number(test, 1);
		assert_int_equal(take_lost(test), 1);
		fd = listen_at(test->journal_path);
		write_number(test, 2);
		receive(fd, text, sizeof(text));
		assert_non_null(strstr(text, "\nBPFLOCK_N=2\n"));
		close(fd);
		assert_return_code(unlink(test->journal_path), errno);
	}
}

static void a_journal_that_does_not_read_does_not_hang(void **state)
{
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path);

	open_log(test, "journal");
	assert_survives_a_listener_that_does_not_read(test, fd);
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

static void write_again(void *context, const char *sink, const struct log_loss *loss)
{
	struct fixture *test = context;

	(void)sink;
	test->lost += loss->messages;
	write_number(test, 0);
}

/* The daemon logs event=events_lost for each, and a dead sink loses that too: no new reason to speak. */
static void losses_may_be_logged_while_they_are_visited(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	log_take_lost(test->log, write_again, test);
	assert_int_equal(test->lost, 1);
	assert_int_equal(take_lost(test), 0);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 2);
}

/* Nor is a reload a new reason. */
static void losses_of_reports_alone_are_not_told_after_a_reload(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	log_take_lost(test->log, write_again, test);
	replace_by(test, "file:/dev/full");
	assert_int_equal(take_lost(test), 0);
}

static void write_at(struct fixture *test, time_t time, __u64 events)
{
	struct log_record record = {
		.time = { .tv_sec = time },
		.subsys = "bpf",
		.event = "test",
		.events = events,
	};

	log_write(test->log, &record);
}

static void events_and_messages_are_counted_apart_with_the_times_of_the_first_and_the_last(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_at(test, 20, 1);
	write_at(test, 10, 99);
	write_at(test, 30, 0);
	write_at(test, 25, 0);
	take_lost(test);
	assert_int_equal(test->loss.events, 100);
	assert_int_equal(test->loss.messages, 2);
	assert_int_equal(test->loss.since.tv_sec, 10);
	assert_int_equal(test->loss.until.tv_sec, 30);
	write_at(test, 40, 1);
	take_lost(test);
	assert_int_equal(test->loss.events, 1);
	assert_int_equal(test->loss.messages, 0);
	assert_int_equal(test->loss.since.tv_sec, 40);
}

static void half_a_line_that_is_given_up_counts_all_its_events(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	test->log = log_close(test->log);
	unlink(test->path);
	open_log(test, test->output);
	limit_file_size(10);
	write_at(test, 50, 7);
	take_lost(test);
	assert_int_equal(test->lost, 0);
	log_finish(test->log);
	take_lost(test);
	assert_int_equal(test->loss.events, 7);
	assert_int_equal(test->loss.messages, 0);
	assert_int_equal(test->loss.since.tv_sec, 50);
	limit_file_size(RLIM_INFINITY);
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
	const struct log_options options = {
		.format = LOG_FORMAT_JSON,
		.outputs = &output,
		.output_count = 1,
	};

	assert_int_equal(log_open(&options, &test->log, &test->report), 0);
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
		TEST(a_deleted_file_comes_back_with_the_next_line),
		TEST(a_file_that_was_moved_away_gets_no_more_lines),
		TEST(another_file_at_the_path_is_continued),
		TEST(a_file_deleted_with_its_directory_loses_lines_and_comes_back),
		TEST(a_reopen_that_fails_keeps_the_old_file_and_is_told_once),
		TEST(half_a_line_is_finished_in_a_file_that_was_moved_away),
		TEST(half_a_line_goes_on_after_a_replacement),
		TEST(half_a_line_is_finished_after_a_reload_that_was_refused),
		TEST(half_a_line_that_is_left_behind_is_counted),
		TEST(losses_are_taken_over_by_the_next_log),
		TEST(losses_of_an_output_that_is_left_out_are_told),
		TEST(a_stream_goes_on_with_its_half_line_in_the_next_log),
		TEST(a_file_is_rotated_before_it_grows_beyond_its_size),
		TEST(the_lines_of_rotated_files_are_in_order),
		TEST(no_more_files_are_kept_than_was_said),
		TEST(what_a_daemon_killed_while_it_rotated_has_left_is_kept),
		TEST(where_none_is_kept_the_old_file_goes),
		TEST(a_line_that_is_longer_than_the_size_is_written_whole),
		TEST(a_rotation_that_fails_goes_on_in_the_old_file_and_is_told_once),
		TEST(half_a_line_belongs_to_the_size_of_its_file),
		TEST(a_block_device_is_refused),
		TEST(what_is_not_a_file_is_not_rotated),
		TEST(what_cannot_be_opened_is_reported_all_at_once),
		TEST(outputs_are_checked_without_opening_any),
		TEST(syslog_gets_a_datagram_with_the_lines_priority),
		TEST(syslog_that_comes_back_is_used_again),
		TEST(syslog_that_does_not_read_does_not_hang),
		TEST(syslog_that_is_full_keeps_its_connection),
		TEST(a_record_whose_fields_are_too_long_for_the_journal_is_counted),
		TEST(the_journal_gets_the_line_and_each_field),
		TEST(the_journal_gets_bytes_as_they_are),
		TEST(the_journal_takes_the_longest_record),
		TEST(a_journal_that_is_away_is_a_warning_with_a_remedy_and_is_used_when_it_is_there),
		TEST(a_journal_that_does_not_read_does_not_hang),
		TEST(a_record_too_long_for_a_line_is_counted),
		TEST(losses_may_be_logged_while_they_are_visited),
		TEST(losses_of_reports_alone_are_not_told_after_a_reload),
		TEST(events_and_messages_are_counted_apart_with_the_times_of_the_first_and_the_last),
		TEST(half_a_line_that_is_given_up_counts_all_its_events),
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
