/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide WHAT COUNT [PID...]: does that often what an enforcer or the guard is asked about, and prints what one time
 * cost, in nanoseconds. In a guest that counts instructions (boot --icount) a nanosecond is one instruction.
 *
 *	ioperm	the kernel asks for `ioport`, and it is allowed
 *	denied	the same, and it is denied
 *	read	opens a file in memory to read it
 *	write	opens it to write to it
 *	bpf	a bpf(2) that fails at its descriptor
 *	exec	vfork(2) and execve(2) of this program, which then ends at once
 *
 * The processes PID read what this records. With them, the cost includes all that they run: after each 1000 times,
 * decide waits until they have nothing left to do. Without them, it goes on at full speed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILE_IN_MEMORY "/tmp/decide.file"

#define BURST 1000
/* Longer than the windows in which readers collect what they then write. */
#define QUIET_MILLISECONDS 1500
/* What readers use in that time although they have nothing to do. */
#define QUIET_NANOSECONDS 1000000
#define ROUNDS_MAX 100

/* Called by its whole path: programs that are named in /proc are recorded at more length. */
static const char *self;

static int ask_for_port(void)
{
	return ioperm(0x80, 1, 1);
}

static int be_denied(void)
{
	return ioperm(0x80, 1, 1) < 0 && errno == EPERM ? 0 : -1;
}

static int open_as(int flags)
{
	int fd = open(FILE_IN_MEMORY, flags | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : close(fd);
}

static int open_to_read(void)
{
	return open_as(O_RDONLY);
}

static int open_to_write(void)
{
	return open_as(O_WRONLY);
}

static int fail_bpf(void)
{
	union bpf_attr attributes = { .map_fd = (unsigned int)-1 };

	return syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attributes, sizeof(attributes)) < 0 ? 0 : -1;
}

static int execute(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execl(self, self, (char *)NULL);
		_exit(1);
	}
	return child > 0 && waitpid(child, NULL, 0) == child ? 0 : -1;
}

static const struct {
	const char *name;
	int (*go)(void);
} things[] = {
	{ "ioperm", ask_for_port }, { "denied", be_denied }, { "read", open_to_read },
	{ "write", open_to_write }, { "bpf", fail_bpf },     { "exec", execute },
};

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

/* Nanoseconds that a thread has run. 0 for one that has ended. */
static long long run_time_of_thread(const char *process, const char *thread)
{
	char path[512], text[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/task/%s/schedstat", process, thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	return strtoll(text, NULL, 10);
}

static long long run_time(char *const *pids)
{
	long long sum = 0;

	for (; *pids; pids++) {
		const struct dirent *entry;
		char path[512];
		DIR *threads;

		snprintf(path, sizeof(path), "/proc/%s/task", *pids);
		threads = opendir(path);
		if (!threads) {
			perror(path);
			exit(EXIT_FAILURE);
		}
		while ((entry = readdir(threads)))
			if (entry->d_name[0] != '.')
				sum += run_time_of_thread(*pids, entry->d_name);
		closedir(threads);
	}
	return sum;
}

static long long run_time_while_quiet(char *const *pids)
{
	const struct timespec quiet = { QUIET_MILLISECONDS / 1000, QUIET_MILLISECONDS % 1000 * 1000000l };
	long long start = run_time(pids);

	nanosleep(&quiet, NULL);
	return run_time(pids) - start;
}

/* Returns what the processes ran until they had nothing left to do, without `idle`: what they run in each quiet time. */
static long long wait_for_readers(char *const *pids, long long idle)
{
	long long cost = 0;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		long long time = run_time_while_quiet(pids);

		cost += time - idle;
		if (time < QUIET_NANOSECONDS)
			return cost;
	}
	fprintf(stderr, "decide: the readers do not come to rest\n");
	exit(EXIT_FAILURE);
}

static int measure(int (*go)(void), long count, char *const *pids)
{
	long long cost = 0, idle = 0;

	if (go() < 0) {
		perror("decide: the first time failed");
		return EXIT_FAILURE;
	}
	if (*pids) {
		wait_for_readers(pids, 0);
		idle = run_time_while_quiet(pids);
	}
	for (long done = 0; done < count;) {
		long end = *pids && count - done > BURST ? done + BURST : count;
		long long start = now();

		for (; done < end; done++)
			(void)go();
		cost += now() - start;
		if (*pids)
			cost += wait_for_readers(pids, idle);
	}
	printf("%lld\n", cost / count);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	self = argv[0];
	for (size_t i = 0; count > 0 && i < sizeof(things) / sizeof(*things); i++)
		if (strcmp(argv[1], things[i].name) == 0)
			return measure(things[i].go, count, argv + 3);
	return EXIT_FAILURE;
}
