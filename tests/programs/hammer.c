// SPDX-License-Identifier: Apache-2.0
/*
 * hammer FILE [COUNT]: opens FILE COUNT times, or until SIGTERM, and prints
 *
 *	ATTEMPTS attempts, OPENED opened
 *
 * It sleeps for a moment between attempts, so that each of them interrupts whoever works meanwhile.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NANOSECONDS 100000

static volatile sig_atomic_t told_to_end;

static void end(int signal)
{
	(void)signal;
	told_to_end = 1;
}

static int opens(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NANOSECONDS };
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : (unsigned long)-1;
	unsigned long attempts = 0, opened = 0;

	if (argc < 2)
		return 2;
	signal(SIGTERM, end);
	while (!told_to_end && attempts < count) {
		opened += (unsigned long)opens(argv[1]);
		attempts++;
		nanosleep(&pause, NULL);
	}
	printf("%lu attempts, %lu opened\n", attempts, opened);
	return 0;
}
