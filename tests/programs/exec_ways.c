// SPDX-License-Identifier: Apache-2.0
/*
 * exec_ways HOW PATH [ARGUMENT...]: executes a program in a way that shells do not.
 *
 *	plain		execve(), without the help that execvp() gives
 *	at		execveat() of the path
 *	fd		fexecve() of the opened file
 *	in:DIRECTORY	execveat() of the path, relative to the opened directory
 *	memory:NAME	fexecve() of a copy that lies in memory, as memfd_create() makes it
 *	deleted		deletes the file after it was opened, then fexecve()
 *	thread		execve() by a thread that is not the leader, named "second"
 *	storm:N		N times in a row, one process after the other
 *
 * Prints the error when the program cannot be executed; the exit status is the errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char **argv_of_program;

static int fail(int error)
{
	fprintf(stderr, "%s\n", strerror(error));
	return error;
}

static int plain(char **program)
{
	execv(program[0], program);
	return fail(errno);
}

static int at(char **program)
{
	syscall(SYS_execveat, AT_FDCWD, program[0], program, environ, 0);
	return fail(errno);
}

static int by_descriptor(char **program)
{
	int fd = open(program[0], O_RDONLY);

	if (fd >= 0)
		syscall(SYS_execveat, fd, "", program, environ, AT_EMPTY_PATH);
	return fail(errno);
}

static int in_directory(const char *directory, char **program)
{
	int fd = open(directory, O_PATH);

	if (fd >= 0)
		syscall(SYS_execveat, fd, program[0], program, environ, 0);
	return fail(errno);
}

static int from_memory(const char *name, char **program)
{
	int from = open(program[0], O_RDONLY), fd = memfd_create(name, 0);

	if (from >= 0 && fd >= 0 && sendfile(fd, from, NULL, 1 << 30) > 0)
		syscall(SYS_execveat, fd, "", program, environ, AT_EMPTY_PATH);
	return fail(errno);
}

static int deleted(char **program)
{
	int fd = open(program[0], O_RDONLY);

	if (fd >= 0 && unlink(program[0]) == 0)
		syscall(SYS_execveat, fd, "", program, environ, AT_EMPTY_PATH);
	return fail(errno);
}

static void *run_second(void *unused)
{
	(void)unused;
	prctl(PR_SET_NAME, "second");
	exit(plain(argv_of_program));
}

static int by_thread(char **program)
{
	pthread_t second;

	argv_of_program = program;
	if (pthread_create(&second, NULL, run_second, NULL) == 0)
		pthread_join(second, NULL);
	return fail(EAGAIN);
}

static int storm(int count, char **program)
{
	for (int i = 0; i < count; i++) {
		pid_t child;
		int error = posix_spawn(&child, program[0], NULL, NULL, program, environ);

		if (error)
			return fail(error);
		waitpid(child, NULL, 0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[1] : "";

	if (strcmp(how, "plain") == 0)
		return plain(argv + 2);
	if (strcmp(how, "at") == 0)
		return at(argv + 2);
	if (strcmp(how, "fd") == 0)
		return by_descriptor(argv + 2);
	if (strncmp(how, "in:", 3) == 0)
		return in_directory(how + 3, argv + 2);
	if (strncmp(how, "memory:", 7) == 0)
		return from_memory(how + 7, argv + 2);
	if (strcmp(how, "deleted") == 0)
		return deleted(argv + 2);
	if (strcmp(how, "thread") == 0)
		return by_thread(argv + 2);
	if (strncmp(how, "storm:", 6) == 0)
		return storm(atoi(how + 6), argv + 2);
	fprintf(stderr,
		"usage: exec_ways plain|at|fd|in:DIRECTORY|memory:NAME|deleted|thread|storm:N PATH [ARGUMENT...]\n");
	return 2;
}
