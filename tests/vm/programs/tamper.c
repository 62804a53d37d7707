// SPDX-License-Identifier: Apache-2.0
/*
 * tamper WAY PID: tries to get at another process, and prints
 *
 *	WAY allowed | denied | impossible: ERROR
 *
 * Ways: attach (ptrace), mem (/proc/PID/mem), writev (process_vm_writev), getfd (pidfd_getfd).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

/* 0 or a negative errno, from what sets errno. */
static int result(long value)
{
	return value < 0 ? -errno : 0;
}

static int attach(pid_t pid)
{
	int error = result(ptrace(PTRACE_SEIZE, pid, NULL, NULL));

	if (!error)
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return error;
}

static int mem(pid_t pid)
{
	char path[64];
	int fd, error;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	error = result(fd);
	if (fd >= 0)
		close(fd);
	return error;
}

/* Nothing is mapped at address 0: what is allowed fails with EFAULT. */
static int writev_to(pid_t pid)
{
	char byte = 0;
	struct iovec from = { &byte, 1 }, to = { NULL, 1 };
	int error = result(process_vm_writev(pid, &from, 1, &to, 1, 0));

	return error == -EFAULT ? 0 : error;
}

static int getfd(pid_t pid)
{
	int process = pidfd_open(pid, 0);
	int fd = process < 0 ? -1 : pidfd_getfd(process, 0, 0);
	int error = result(fd);

	if (fd >= 0)
		close(fd);
	if (process >= 0)
		close(process);
	return error;
}

static const struct {
	const char *name;
	int (*go)(pid_t pid);
} ways[] = {
	{ "attach", attach },
	{ "mem", mem },
	{ "writev", writev_to },
	{ "getfd", getfd },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < sizeof(ways) / sizeof(*ways); i++) {
		int error;

		if (strcmp(argv[1], ways[i].name) != 0)
			continue;
		error = ways[i].go((pid_t)atoi(argv[2]));
		if (error == -EPERM || error == -EACCES)
			printf("%s denied\n", argv[1]);
		else if (error)
			printf("%s impossible: %s\n", argv[1], strerror(-error));
		else
			printf("%s allowed\n", argv[1]);
		return error ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	return 2;
}
