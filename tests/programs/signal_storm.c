// SPDX-License-Identifier: Apache-2.0
/*
 * signal_storm PID SECONDS: several processes send SIGKILL to a process as fast as they can, so that the kernel
 * interrupts one inside its check for another. Prints
 *
 *	sent N arrived N
 *
 * Exit status: 0 when some were sent and none arrived.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SENDERS 6

/* In memory that all senders see. */
struct storm {
	unsigned long sent;
	unsigned long arrived;
};

static void send_until(struct storm *storm, pid_t target, time_t end)
{
	while (time(NULL) < end && !storm->arrived) {
		int arrived = kill(target, SIGKILL) == 0;

		__atomic_add_fetch(&storm->sent, 1, __ATOMIC_RELAXED);
		if (arrived)
			__atomic_add_fetch(&storm->arrived, 1, __ATOMIC_RELAXED);
	}
}

int main(int argc, char **argv)
{
	struct storm *storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	time_t end;

	if (argc != 3 || storm == MAP_FAILED)
		return 2;
	end = time(NULL) + atoi(argv[2]);
	for (int i = 0; i < SENDERS; i++)
		if (fork() == 0) {
			send_until(storm, (pid_t)atoi(argv[1]), end);
			_exit(0);
		}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	printf("sent %lu arrived %lu\n", storm->sent, storm->arrived);
	return storm->sent > 0 && storm->arrived == 0 ? 0 : 1;
}
