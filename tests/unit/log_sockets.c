/* SPDX-License-Identifier: Apache-2.0 */
/* The outputs syslog and journal. */
#include <sys/socket.h>
#include <sys/un.h>

#include "log_fixture.h"
#include "log_records.h"

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

/* Lines that are written together. */
static void syslog_gets_the_priority_of_each_line_of_a_batch(void **state)
{
	static const enum log_level levels[] = { LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_ERROR, LOG_LEVEL_INFO };
	struct fixture *test = *state;
	int fd = listen_at(test->syslog_path);

	open_log(test, "syslog");
	log_collect_begins(test->log);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct log_record record = { .level = levels[i], .subsys = "bpf", .event = "test" };

		log_uint(&record, "n", i);
		log_write(test->log, &record);
	}
	log_collect_ends(test->log);
	assert_receives(fd, 30, 0, "info");
	assert_receives(fd, 30, 1, "info");
	assert_receives(fd, 27, 2, "error");
	assert_receives(fd, 30, 3, "info");
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

static void sockets_that_are_named_twice_get_each_line_once(void **state)
{
	static const char *const outputs[] = { "syslog", "journal", "syslog", "journal" };
	struct fixture *test = *state;
	int syslog = listen_at(test->syslog_path), journal = listen_at(test->journal_path);
	char text[1024];

	assert_int_equal(try_open(test, outputs, ARRAY_SIZE(outputs)), 0);
	write_number(test, 1);
	assert_receives(syslog, 30, 1, "info");
	receive(journal, text, sizeof(text));
	assert_int_equal(recv(syslog, text, sizeof(text), MSG_DONTWAIT), -1);
	assert_int_equal(recv(journal, text, sizeof(text), MSG_DONTWAIT), -1);
	close(syslog);
	close(journal);
}

static void the_journal_gets_the_line_and_each_field(void **state)
{
	static const char expected[] =
		"MESSAGE=time=\"1970-01-01T00:00:07Z\" level=warning msg=\"event=test n=1 i=-1 "
		"x=0x1f since=1970-01-01T00:00:06Z comm=\\\"a b\\\" args=\\\"a b\\\" reason=denied (baseline)\" bpfprog=any "
		"subsys=bpf\n"
		"PRIORITY=4\nSYSLOG_IDENTIFIER=bpflock\nBPFLOCK_EVENT=test\nBPFLOCK_PLUGIN=any\n"
		"BPFLOCK_N=1\nBPFLOCK_I=-1\nBPFLOCK_X=0x1f\n"
		"BPFLOCK_SINCE=1970-01-01T00:00:06Z\nBPFLOCK_COMM=a b\nBPFLOCK_ARGS=a b\n"
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
	log_time(&record, "since", (struct timespec){ .tv_sec = 6 });
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

static void a_denial_is_a_warning_in_the_journal_and_info_in_its_line(void **state)
{
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path);
	struct log_record record = { .subsys = "bpf", .event = "test", .denied = true };
	char text[1024];

	open_log(test, "journal");
	log_write(test->log, &record);
	receive(fd, text, sizeof(text));
	assert_non_null(strstr(text, " level=info "));
	assert_non_null(strstr(text, "\nPRIORITY=4\n"));
	record.level = LOG_LEVEL_ERROR;
	log_write(test->log, &record);
	receive(fd, text, sizeof(text));
	assert_non_null(strstr(text, "\nPRIORITY=3\n"));
	close(fd);
}

/* A pipe as stderr while the log is opened. JOURNAL_STREAM names it, or another inode. Returns its other end. */
static int open_stderr_of_the_journal(struct fixture *test, unsigned int beside)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), ends[2];
	struct stat status;

	assert_return_code(pipe2(ends, O_CLOEXEC | O_NONBLOCK), errno);
	fstat(ends[1], &status);
	snprintf(test->journal_stream, sizeof(test->journal_stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino + beside);
	dup2(ends[1], STDERR_FILENO);
	open_log(test, "stderr");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	return ends[0];
}

static void stderr_that_leads_to_the_journal_has_priorities_and_fields(void **state)
{
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path), pipe = open_stderr_of_the_journal(test, 0);
	struct log_record record = { .level = LOG_LEVEL_ERROR, .subsys = "bpf", .event = "test" };
	char text[1024];

	log_write(test->log, &record);
	receive(fd, text, sizeof(text));
	assert_non_null(strstr(text, "MESSAGE=time="));
	assert_non_null(strstr(text, "\nPRIORITY=3\n"));
	assert_non_null(strstr(text, "\nBPFLOCK_EVENT=test\n"));
	assert_int_equal(read(pipe, text, sizeof(text)), 0);
	close(pipe);
	close(fd);
}

static void stderr_that_leads_elsewhere_gets_the_line(void **state)
{
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path), pipe = open_stderr_of_the_journal(test, 1);
	char text[1024];

	write_number(test, 5);
	assert_int_equal(read(pipe, text, sizeof(text)), strlen(LINE_5));
	assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), -1);
	close(pipe);
	close(fd);
}

static void stderr_gets_the_line_where_the_journal_has_no_socket(void **state)
{
	struct fixture *test = *state;
	int pipe = open_stderr_of_the_journal(test, 0);
	char text[1024];

	write_number(test, 5);
	assert_int_equal(read(pipe, text, sizeof(text)), strlen(LINE_5));
	assert_int_equal(test->report.count, 0);
	close(pipe);
}

/* At the reload the socket is there: the stream's descriptor is not used for datagrams. */
static void stderr_may_become_the_journal_at_a_reload(void **state)
{
	struct fixture *test = *state;
	int stream = open_stderr_of_the_journal(test, 0), fd = listen_at(test->journal_path), other;
	struct log *old = test->log;
	char text[1024];

	other = open_stderr_of_the_journal(test, 0);
	log_replace(test->log, old, count_lost, test);
	write_number(test, 5);
	receive(fd, text, sizeof(text));
	assert_non_null(strstr(text, "\nBPFLOCK_N=5\n"));
	assert_int_equal(take_lost(test), 0);
	close(stream);
	close(other);
	close(fd);
}

static void stderr_becomes_the_stream_again_at_a_reload_without_the_journal(void **state)
{
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path), first = open_stderr_of_the_journal(test, 0), stream;
	struct log *old = test->log;
	char text[1024];

	close(fd);
	assert_return_code(unlink(test->journal_path), errno);
	stream = open_stderr_of_the_journal(test, 0);
	log_replace(test->log, old, count_lost, test);
	write_number(test, 5);
	assert_int_equal(read(stream, text, sizeof(text)), strlen(LINE_5));
	assert_int_equal(take_lost(test), 0);
	close(first);
	close(stream);
}

static void stderr_and_the_journal_are_one_where_they_lead_to_the_same(void **state)
{
	static const char *const outputs[] = { "stderr", "journal" };
	struct fixture *test = *state;
	int fd = listen_at(test->journal_path);
	struct stat status;
	char text[1024];

	fstat(STDERR_FILENO, &status);
	snprintf(test->journal_stream, sizeof(test->journal_stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	assert_int_equal(try_open(test, outputs, ARRAY_SIZE(outputs)), 0);
	write_number(test, 5);
	receive(fd, text, sizeof(text));
	assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), -1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(syslog_gets_a_datagram_with_the_lines_priority),
		TEST(syslog_gets_the_priority_of_each_line_of_a_batch),
		TEST(syslog_that_comes_back_is_used_again),
		TEST(syslog_that_does_not_read_does_not_hang),
		TEST(syslog_that_is_full_keeps_its_connection),
		TEST(a_record_whose_fields_are_too_long_for_the_journal_is_counted),
		TEST(sockets_that_are_named_twice_get_each_line_once),
		TEST(the_journal_gets_the_line_and_each_field),
		TEST(a_denial_is_a_warning_in_the_journal_and_info_in_its_line),
		TEST(stderr_that_leads_to_the_journal_has_priorities_and_fields),
		TEST(stderr_that_leads_elsewhere_gets_the_line),
		TEST(stderr_gets_the_line_where_the_journal_has_no_socket),
		TEST(stderr_may_become_the_journal_at_a_reload),
		TEST(stderr_becomes_the_stream_again_at_a_reload_without_the_journal),
		TEST(stderr_and_the_journal_are_one_where_they_lead_to_the_same),
		TEST(the_journal_gets_bytes_as_they_are),
		TEST(the_journal_takes_the_longest_record),
		TEST(a_journal_that_is_away_is_a_warning_with_a_remedy_and_is_used_when_it_is_there),
		TEST(a_journal_that_does_not_read_does_not_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
