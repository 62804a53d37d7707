// SPDX-License-Identifier: Apache-2.0
/*
 * kill_at_write PID FILE [MICROSECONDS]: kills a process by SIGKILL when FILE is written to.
 *
 * A process that writes for a thousandth of its time is hardly ever killed there by chance. On one processor it is killed
 * before it does anything after the write. With MICROSECONDS the size of FILE is looked at so often, and the process is
 * killed once it grows: in the midst of a long write, or a moment after a short one.
 *
 * If FILE is not written to for 10 seconds, the process is killed as well.
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

#define WAIT_SECONDS 10

/* Whatever else runs, this program goes on at once. */
static int come_first(void)
{
	const struct sched_param priority = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO, &priority);
}

static int await_write(const char *path)
{
	struct pollfd written = { .fd = inotify_init1(IN_CLOEXEC), .events = POLLIN };

	if (written.fd < 0 || inotify_add_watch(written.fd, path, IN_MODIFY) < 0)
		return -1;
	return poll(&written, 1, WAIT_SECONDS * 1000) < 0 ? -1 : 0;
}

static int await_growth(const char *path, long microseconds)
{
	const struct timespec pause = { .tv_nsec = microseconds * 1000 };
	const time_t end = time(NULL) + WAIT_SECONDS;
	struct stat before, now;

	if (stat(path, &before) < 0)
		return -1;
	do {
		nanosleep(&pause, NULL);
		if (stat(path, &now) < 0)
			return -1;
	} while (now.st_size == before.st_size && time(NULL) < end);
	return 0;
}

int main(int argc, char **argv)
{
	int error;

	if (argc < 3 || argc > 4)
		return 2;
	if (come_first() < 0)
		return 1;
	error = argc == 4 ? await_growth(argv[2], atol(argv[3])) : await_write(argv[2]);
	return error || kill(atoi(argv[1]), SIGKILL) < 0;
}
