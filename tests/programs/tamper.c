// SPDX-License-Identifier: Apache-2.0
/*
 * tamper WAY PID: tries to get at another process, and prints
 *
 *	WAY allowed | denied | impossible: ERROR
 *
 * Ways: attach (ptrace), mem (/proc/PID/mem), writev (process_vm_writev), getfd (pidfd_getfd); kill (SIGKILL), thread
 * (the same by tgkill), pidfd (by pidfd_send_signal), sigio (by the kernel, when a pipe can be read), stop (SIGSTOP,
 * and SIGCONT once it has stopped); limit (RLIMIT_CPU), nice, schedule (SCHED_IDLE), which are put back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "result.h"

/* In which a signal has come, if it comes at all. */
#define MILLISECONDS 1000

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

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return closed(open(path, O_RDWR | O_CLOEXEC));
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

static int kill_it(pid_t pid)
{
	return result(kill(pid, SIGKILL));
}

static int kill_thread(pid_t pid)
{
	return result(tgkill(pid, pid, SIGKILL));
}

static int kill_by_pidfd(pid_t pid)
{
	int process = pidfd_open(pid, 0);
	int error = result(process < 0 ? -1 : pidfd_send_signal(process, SIGKILL, NULL, 0));

	if (process >= 0)
		close(process);
	return error;
}

/* The kernel does not tell who has asked for such a signal that it was not sent. */
static int kill_by_sigio(pid_t pid)
{
	struct pollfd process = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int ends[2];

	if (process.fd < 0 || pipe(ends) < 0 || fcntl(ends[0], F_SETOWN, pid) < 0 ||
	    fcntl(ends[0], F_SETSIG, SIGKILL) < 0 || fcntl(ends[0], F_SETFL, O_ASYNC) < 0 || write(ends[1], "", 1) != 1)
		return -errno;
	return poll(&process, 1, MILLISECONDS) > 0 ? 0 : -EPERM;
}

static char state_of(pid_t pid)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return state;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state;
}

static int stop(pid_t pid)
{
	int error = result(kill(pid, SIGSTOP));

	for (int i = 0; !error && state_of(pid) != 'T'; i++) {
		if (i == MILLISECONDS)
			error = -ETIME;
		usleep(1000);
	}
	if (!error)
		kill(pid, SIGCONT);
	return error;
}

static int limit(pid_t pid)
{
	const struct rlimit hour = { 3600, RLIM_INFINITY };
	struct rlimit before;
	int error = result(prlimit(pid, RLIMIT_CPU, &hour, &before));

	if (!error)
		prlimit(pid, RLIMIT_CPU, &before, NULL);
	return error;
}

static int nice_it(pid_t pid)
{
	int before = getpriority(PRIO_PROCESS, (id_t)pid);
	int error = result(setpriority(PRIO_PROCESS, (id_t)pid, 19));

	if (!error)
		setpriority(PRIO_PROCESS, (id_t)pid, before);
	return error;
}

static int schedule(pid_t pid)
{
	const struct sched_param none = { 0 };
	int error = result(sched_setscheduler(pid, SCHED_IDLE, &none));

	if (!error)
		sched_setscheduler(pid, SCHED_OTHER, &none);
	return error;
}

static const struct {
	const char *name;
	int (*go)(pid_t pid);
} ways[] = {
	{ "attach", attach },	    { "mem", mem },
	{ "writev", writev_to },    { "getfd", getfd },
	{ "kill", kill_it },	    { "thread", kill_thread },
	{ "pidfd", kill_by_pidfd }, { "sigio", kill_by_sigio },
	{ "stop", stop },	    { "limit", limit },
	{ "nice", nice_it },	    { "schedule", schedule },
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
