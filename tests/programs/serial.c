// SPDX-License-Identifier: Apache-2.0
/*
 * serial FILE: makes requests that have the numbers 0, 1, 2 and so on, until SIGTERM. Each number is requested once:
 *
 *	FILE is opened by a process that has the number as its name;
 *	a file that has the number as its name, and is not there, is executed;
 *	this program is executed with the number as its argument: only every 16th number, because it takes long.
 *
 * Prints how many numbers it has requested. It sleeps for a moment between them, so that the daemon has time to read.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NANOSECONDS 100000
#define EXECUTED_EACH 16

static volatile sig_atomic_t told_to_end;

static void end(int signal)
{
	(void)signal;
	told_to_end = 1;
}

static void open_as(const char *name, const char *path)
{
	int fd;

	prctl(PR_SET_NAME, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
}

static void execute_absent(const char *number)
{
	char path[32];
	char *arguments[] = { path, NULL };

	snprintf(path, sizeof(path), "/absent/%s", number);
	execv(path, arguments);
}

static void execute(char *program, char *number)
{
	char *arguments[] = { program, number, NULL }, *environment[] = { NULL };
	pid_t child;

	if (posix_spawn(&child, program, NULL, NULL, arguments, environment) == 0)
		waitpid(child, NULL, 0);
}

static int is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NANOSECONDS };
	unsigned long count;
	char number[16];

	if (argc != 2 || is_number(argv[1]))
		return 2;
	signal(SIGTERM, end);
	for (count = 0; !told_to_end; count++) {
		snprintf(number, sizeof(number), "%lu", count);
		open_as(number, argv[1]);
		execute_absent(number);
		if (count % EXECUTED_EACH == 0)
			execute(argv[0], number);
		nanosleep(&pause, NULL);
	}
	printf("%lu\n", count);
	return 0;
}
