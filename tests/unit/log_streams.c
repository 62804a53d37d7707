/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs that are a pipe, a terminal or a socket of somebody else: a reader may be slow, or go. */
#include <sys/socket.h>

#include "log_fixture.h"
#include "log_records.h"

/* The sink keeps what stderr is now; the test gets its own stderr back. */
static void open_stderr_on(struct fixture *test, int fd)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	assert_return_code(dup2(fd, STDERR_FILENO), errno);
	open_log(test, "stderr");
	assert_return_code(dup2(saved, STDERR_FILENO), errno);
	close(saved);
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

/* As after the kill of a daemon whose stderr was the same file. */
static void half_a_line_of_before_in_the_file_behind_stderr_is_not_continued(void **state)
{
	struct fixture *test = *state;
	int fd = open(test->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, "half", 4), 4);
	open_stderr_on(test, fd);
	write_number(test, 5);
	assert_file_ends_in(test->path, "half\n" LINE_5);
	close(fd);
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

static void stdout_and_stderr_that_are_one_pipe_get_each_line_once(void **state)
{
	static const char *const outputs[] = { "stdout", "stderr" };
	static struct reader reader;
	struct fixture *test = *state;
	int saved[] = { fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) };
	int ends[2], error;

	reader = (struct reader){ 0 };
	assert_return_code(pipe2(ends, O_CLOEXEC), errno);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	dup2(ends[1], STDERR_FILENO);
	error = try_open(test, outputs, ARRAY_SIZE(outputs));
	dup2(saved[0], STDOUT_FILENO);
	dup2(saved[1], STDERR_FILENO);
	close(saved[0]);
	close(saved[1]);
	assert_int_equal(error, 0);
	write_number(test, 1);
	read_all(&reader, ends[0]);
	assert_int_equal(reader.lines, 1);
	close(ends[0]);
	close(ends[1]);
}

/* What a start that fails with two errors and a warning writes to stderr, beside the outputs. */
static const char *errors_on_stderr(struct fixture *test)
{
	static char text[4096];
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), ends[2];
	struct report report = { 0 };
	ssize_t length;

	report_add(&report, REPORT_ERROR, "pins_failed", NULL, "first");
	report_add(&report, REPORT_WARNING, "unguarded", NULL, "second");
	report_add(&report, REPORT_ERROR, "plugin_failed", NULL, "third");
	/* Each read returns what one write has written. */
	assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), errno);
	dup2(ends[1], STDERR_FILENO);
	log_errors_to_stderr(test->log, &report);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	report_clear(&report);
	text[0] = '\0';
	while ((length = read(ends[0], text + strlen(text), 1024)) > 0)
		strcpy(text + strlen(text), "|");
	close(ends[0]);
	return text;
}

static void the_errors_of_a_start_that_fails_are_lines_on_stderr(void **state)
{
	struct fixture *test = *state;
	const char *text, *second;

	open_log(test, test->output);
	text = errors_on_stderr(test);
	assert_ptr_equal(strstr(text, "time=\""), text);
	assert_non_null(strstr(text, "\" level=error msg=\"event=pins_failed error=first\" subsys=bpflock\n|time="));
	second = strchr(text, '|') + 1;
	assert_string_equal(strchr(second, ' '),
			    " level=error msg=\"event=plugin_failed error=third\" subsys=bpflock\n|");
}

static void the_errors_of_a_start_that_fails_have_the_format_of_the_log(void **state)
{
	struct fixture *test = *state;
	const char *output = test->output;
	const struct log_options options = { .format = LOG_FORMAT_JSON, .outputs = &output, .output_count = 1 };
	const char *text;

	assert_int_equal(log_open(&options, &test->log, &test->report), 0);
	text = errors_on_stderr(test);
	assert_non_null(strstr(text, "{\"subsys\":\"bpflock\",\"event\":\"pins_failed\","));
	assert_non_null(strstr(text, "\"error\":\"third\"}\n|"));
}

static void errors_are_not_on_stderr_twice(void **state)
{
	static const char *const outputs[] = { "stdout", "stderr" };
	struct fixture *test = *state;
	struct report report = { 0 };
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), ends[2];
	char byte;

	report_add(&report, REPORT_ERROR, "pins_failed", NULL, "first");
	assert_return_code(pipe2(ends, O_CLOEXEC | O_NONBLOCK), errno);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	assert_int_equal(try_open(test, outputs, ARRAY_SIZE(outputs)), 0);
	log_errors_to_stderr(test->log, &report);
	dup2(saved, STDERR_FILENO);
	close(saved);
	report_clear(&report);
	test->log = log_close(test->log);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

static void put_bytes(struct log_writer *writer, const char *bytes, size_t length)
{
	const struct log_line line = { .end = length };
	const struct log_lines lines = { .text = bytes, .lines = &line, .count = 1 };

	log_writer_put(writer, &lines);
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
	assert_string_equal(strstr(received, "x retval=-1"), "x retval=-1\" bpfprog=any subsys=bpf\n" LINE_5);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(half_a_line_of_before_in_the_file_behind_stderr_is_not_continued),
		TEST(a_pipe_whose_reader_never_reads_does_not_hang),
		TEST(a_terminal_that_nobody_reads_does_not_hang),
		TEST(a_stream_socket_that_nobody_reads_does_not_hang),
		TEST(a_packet_socket_that_nobody_reads_does_not_hang),
		TEST(stdout_and_stderr_that_are_one_pipe_get_each_line_once),
		TEST(the_errors_of_a_start_that_fails_are_lines_on_stderr),
		TEST(the_errors_of_a_start_that_fails_have_the_format_of_the_log),
		TEST(errors_are_not_on_stderr_twice),
		TEST(a_blocking_pipe_is_asked_first),
		TEST(a_closed_pipe_counts_and_does_not_kill),
		TEST(a_reader_that_leaves_half_a_line_loses_it),
		TEST(a_stream_goes_on_with_its_half_line_in_the_next_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
