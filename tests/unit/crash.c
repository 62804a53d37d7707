/* SPDX-License-Identifier: Apache-2.0 */
/* The last line of a process that crashes, and that it dies as it would have died without it. */
#include "util/crash.h"

#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#define LOGFMT_TIME "time=\"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z\""
#define JSON_TIME "\"time\":\"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{9}Z\""

/**
 * struct death - of a child
 * @text:   what it wrote to stderr
 * @signal: what ended it
 */
struct death {
	char text[1024];
	int signal;
};

static void read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t count;

	while (length < size - 1 && (count = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)count;
	text[length] = '\0';
}

/* qemu-user, under which the tests for other architectures run, adds a line of its own. */
static void cut_words_of_emulator(char *text)
{
	char *words = strstr(text, "qemu: uncaught target signal");

	if (words)
		*words = '\0';
}

static struct death die_by(void (*crash)(void), const char *plugin, bool json)
{
	const struct rlimit no_core = { 0 };
	struct death death = { .signal = 0 };
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		dup2(fds[1], STDERR_FILENO);
		crash_install();
		crash_write_to(NULL, 0, json);
		if (plugin)
			crash_enter(plugin, "observe");
		crash();
		_exit(0);
	}
	close(fds[1]);
	read_all(fds[0], death.text, sizeof(death.text));
	cut_words_of_emulator(death.text);
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		death.signal = WTERMSIG(status);
	return death;
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t regex;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&regex, text, 0, NULL, 0) != 0)
		fail_msg("not like %s: %s", pattern, text);
	regfree(&regex);
}

/* Not by raise(): a real fault, and one that no sanitizer sees before it happens. */
static void write_nowhere(void)
{
	volatile char *nowhere = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*nowhere = 1;
}

static void raise_bus(void)
{
	raise(SIGBUS);
}

static void raise_illegal(void)
{
	raise(SIGILL);
}

static void raise_arithmetic(void)
{
	raise(SIGFPE);
}

__attribute__((noinline)) static int recurse(volatile char *above)
{
	volatile char frame[4096];

	frame[0] = *above;
	return frame[0] == 1 ? 0 : recurse(frame) + frame[0];
}

static void overflow_the_stack(void)
{
	volatile char start = 0;

	recurse(&start);
}

static void a_crash_in_a_callback_names_plugin_and_phase(void **state)
{
	struct death death = die_by(write_nowhere, "frog", false);

	(void)state;
	assert_int_equal(death.signal, SIGSEGV);
	assert_matches(death.text, "^" LOGFMT_TIME " level=error msg=\"event=plugin_crashed phase=observe "
				   "signal=SIGSEGV\" bpfprog=frog subsys=bpflock\n$");
}

static void a_crash_of_the_daemon_itself_names_no_plugin(void **state)
{
	struct death death = die_by(write_nowhere, NULL, false);

	(void)state;
	assert_int_equal(death.signal, SIGSEGV);
	assert_matches(death.text,
		       "^" LOGFMT_TIME " level=error msg=\"event=crashed signal=SIGSEGV\" subsys=bpflock\n$");
}

static void the_line_is_json_where_the_log_is(void **state)
{
	struct death death = die_by(abort, "frog", true);

	(void)state;
	assert_int_equal(death.signal, SIGABRT);
	assert_matches(death.text,
		       "^[{]\"subsys\":\"bpflock\",\"bpfprog\":\"frog\",\"event\":\"plugin_crashed\"," JSON_TIME
		       ",\"level\":\"error\",\"phase\":\"observe\",\"signal\":\"SIGABRT\"}\n$");
	death = die_by(abort, NULL, true);
	assert_matches(death.text, "^[{]\"subsys\":\"bpflock\",\"event\":\"crashed\"," JSON_TIME
				   ",\"level\":\"error\",\"signal\":\"SIGABRT\"}\n$");
}

static void every_such_signal_is_told_and_ends_the_process(void **state)
{
	static const struct {
		void (*crash)(void);
		int signal;
		const char *text;
	} deaths[] = {
		{ abort, SIGABRT, " signal=SIGABRT\"" },
		{ raise_bus, SIGBUS, " signal=SIGBUS\"" },
		{ raise_illegal, SIGILL, " signal=SIGILL\"" },
		{ raise_arithmetic, SIGFPE, " signal=SIGFPE\"" },
		{ overflow_the_stack, SIGSEGV, " signal=SIGSEGV\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
		struct death death = die_by(deaths[i].crash, "frog", false);

		assert_int_equal(death.signal, deaths[i].signal);
		assert_non_null(strstr(death.text, deaths[i].text));
	}
}

static void the_time_is_now(void **state)
{
	struct death death;
	char date[32];
	time_t before;

	(void)state;
	do { /* not over midnight */
		before = time(NULL) / 86400;
		death = die_by(abort, NULL, false);
	} while (time(NULL) / 86400 != before);
	before *= 86400;
	strftime(date, sizeof(date), "time=\"%Y-%m-%dT", gmtime(&before));
	assert_memory_equal(death.text, date, strlen(date));
}

/* A plugin that is only being opened is called as its file is. */
static void a_name_cannot_forge_a_line(void **state)
{
	struct death death = die_by(abort, "a\" b\n", false);

	(void)state;
	assert_non_null(strstr(death.text, " bpfprog=a??b? subsys=bpflock\n"));
}

static void write_to_file_and_die(void)
{
	const int fd = atoi(getenv("CRASH_FD")), none = -1;
	const int *const fds[] = { &none, &fd };

	crash_write_to(fds, 2, false);
	abort();
}

static void the_line_goes_where_the_log_goes_as_well(void **state)
{
	FILE *file = tmpfile();
	struct death death;
	char number[16], text[1024];

	(void)state;
	snprintf(number, sizeof(number), "%d", fileno(file));
	setenv("CRASH_FD", number, 1);
	death = die_by(write_to_file_and_die, "frog", false);
	lseek(fileno(file), 0, SEEK_SET);
	read_all(fileno(file), text, sizeof(text));
	fclose(file);
	assert_non_null(strstr(text, "event=plugin_crashed"));
	assert_string_equal(text, death.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crash_in_a_callback_names_plugin_and_phase),
		cmocka_unit_test(a_crash_of_the_daemon_itself_names_no_plugin),
		cmocka_unit_test(the_line_is_json_where_the_log_is),
		cmocka_unit_test(every_such_signal_is_told_and_ends_the_process),
		cmocka_unit_test(the_time_is_now),
		cmocka_unit_test(a_name_cannot_forge_a_line),
		cmocka_unit_test(the_line_goes_where_the_log_goes_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
