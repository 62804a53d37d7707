/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler runs in a process whose memory may be damaged. It uses only what signal-safety(7) allows, no allocation
 * and no lock. That excludes the formats of the log module: gmtime_r() takes a lock, json-c allocates. So both formats
 * are written here, for this one record.
 */
#include "util/crash.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/memory.h"

#define LINE_SIZE 512
/* The handler has a separate stack, because a crash may be a stack overflow. */
#define STACK_SIZE (64 * 1024)

static const struct {
	int number;
	const char *name;
} signals[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" },	{ SIGILL, "SIGILL" },
	{ SIGFPE, "SIGFPE" },	{ SIGABRT, "SIGABRT" },
};

/**
 * struct crash - the data of the handler
 * @plugin: the plugin whose code runs; NULL while the daemon's code runs
 * @phase:  "open", or the name of the callback
 */
static struct {
	const char *volatile plugin;
	const char *volatile phase;
	const int *fds[CRASH_FDS_MAX];
	volatile size_t fd_count;
	bool json;
	unsigned char stack[STACK_SIZE] __attribute__((aligned(16)));
} crash;

struct line {
	char text[LINE_SIZE];
	size_t length;
};

static void put(struct line *line, const char *text)
{
	while (*text && line->length < sizeof(line->text))
		line->text[line->length++] = *text++;
}

/* While a plugin is being opened, its name is that of the file, and not checked yet. */
static void put_name(struct line *line, const char *name)
{
	for (; *name; name++) {
		const char letter[] = { *name, '\0' };
		bool plain = (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9');

		put(line, plain ? letter : "?");
	}
}

static void put_number(struct line *line, uint64_t number, size_t digits)
{
	char text[21];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	for (; at > 0 && (digits > 0 || number > 0); number /= 10) {
		text[--at] = (char)('0' + number % 10);
		digits -= digits > 0;
	}
	put(line, text + at);
}

static bool is_leap(unsigned int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned int days_of(unsigned int year, unsigned int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 && is_leap(year));
}

static void put_date(struct line *line, uint64_t days)
{
	unsigned int year = 1970, month = 0;

	for (; days >= 365u + is_leap(year); year++)
		days -= 365u + is_leap(year);
	for (; days >= days_of(year, month); month++)
		days -= days_of(year, month);
	put_number(line, year, 4);
	put(line, "-");
	put_number(line, month + 1, 2);
	put(line, "-");
	put_number(line, days + 1, 2);
}

/* RFC 3339 in UTC; JSON has nanoseconds. */
static void put_time(struct line *line)
{
	struct timespec now = { 0 };
	uint64_t seconds;

	clock_gettime(CLOCK_REALTIME, &now);
	seconds = (uint64_t)now.tv_sec;
	put_date(line, seconds / 86400);
	put(line, "T");
	put_number(line, seconds / 3600 % 24, 2);
	put(line, ":");
	put_number(line, seconds / 60 % 60, 2);
	put(line, ":");
	put_number(line, seconds % 60, 2);
	if (crash.json) {
		put(line, ".");
		put_number(line, (uint64_t)now.tv_nsec, 9);
	}
	put(line, "Z");
}

static const char *signal_name(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (signals[i].number == number)
			return signals[i].name;
	return "?";
}

static void make_logfmt(struct line *line, const char *plugin, const char *phase, int signal)
{
	put(line, "time=\"");
	put_time(line);
	put(line, "\" level=error msg=\"event=");
	if (plugin) {
		put(line, "plugin_crashed phase=");
		put(line, phase);
	} else {
		put(line, "crashed");
	}
	put(line, " signal=");
	put(line, signal_name(signal));
	put(line, "\"");
	if (plugin) {
		put(line, " bpfprog=");
		put_name(line, plugin);
	}
	put(line, " subsys=bpflock\n");
}

static void make_json(struct line *line, const char *plugin, const char *phase, int signal)
{
	put(line, "{\"subsys\":\"bpflock\",");
	if (plugin) {
		put(line, "\"bpfprog\":\"");
		put_name(line, plugin);
		put(line, "\",\"event\":\"plugin_crashed");
	} else {
		put(line, "\"event\":\"crashed");
	}
	put(line, "\",\"time\":\"");
	put_time(line);
	put(line, "\",\"level\":\"error\",");
	if (plugin) {
		put(line, "\"phase\":\"");
		put(line, phase);
		put(line, "\",");
	}
	put(line, "\"signal\":\"");
	put(line, signal_name(signal));
	put(line, "\"}\n");
}

/* Does not block: a reader that does not read must not keep the daemon from dying and being restarted. */
static void write_line(const struct line *line, int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT }; /* -1 is never ready */

	if (poll(&ready, 1, 0) == 1)
		(void)!write(fd, line->text, line->length);
}

/* SA_RESETHAND has restored the default action: raise() ends the daemon by the same signal, which its parent sees. */
static void handle(int signal)
{
	const char *plugin = crash.plugin;
	struct line line = { .length = 0 };

	(crash.json ? make_json : make_logfmt)(&line, plugin, crash.phase, signal);
	write_line(&line, STDERR_FILENO);
	for (size_t i = 0; i < crash.fd_count; i++)
		write_line(&line, *crash.fds[i]);
	raise(signal);
}

void crash_install(void)
{
	const stack_t stack = { .ss_sp = crash.stack, .ss_size = sizeof(crash.stack) };
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND };

	sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i].number, &action, NULL);
}

void crash_write_to(const int *const *fds, size_t count, bool json)
{
	crash.fd_count = 0;
	crash.json = json;
	for (size_t i = 0; i < count && i < CRASH_FDS_MAX; i++)
		crash.fds[i] = fds[i];
	crash.fd_count = count < CRASH_FDS_MAX ? count : CRASH_FDS_MAX;
}

void crash_enter(const char *plugin, const char *phase)
{
	crash.phase = phase;
	crash.plugin = plugin;
}

void crash_leave(void)
{
	crash.plugin = NULL;
}
