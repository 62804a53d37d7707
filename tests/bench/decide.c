/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide WHAT COUNT: does that often what an enforcer or the guard is asked about, and prints what one time cost, in
 * nanoseconds. In a guest that counts instructions (boot --icount) a nanosecond is one instruction.
 *
 *	ioperm	the kernel asks for `ioport`
 *	read	opens a file in memory to read it
 *	write	opens it to write to it
 *	bpf	a bpf(2) that fails at its descriptor
 *	exec	vfork(2) and execve(2) of this program, which then ends at once
 */
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

/* Called by its whole path: programs that are named in /proc are recorded at more length. */
static const char *self;

static int ask_for_port(void)
{
	return ioperm(0x80, 1, 1);
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
	{ "ioperm", ask_for_port }, { "read", open_to_read }, { "write", open_to_write },
	{ "bpf", fail_bpf },	    { "exec", execute },
};

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static int measure(int (*go)(void), long count)
{
	long long start;

	if (go() < 0)
		return EXIT_FAILURE;
	start = now();
	for (long i = 0; i < count; i++)
		(void)go();
	printf("%lld\n", (now() - start) / count);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	self = argv[0];
	for (size_t i = 0; count > 0 && i < sizeof(things) / sizeof(*things); i++)
		if (strcmp(argv[1], things[i].name) == 0)
			return measure(things[i].go, count);
	return EXIT_FAILURE;
}
