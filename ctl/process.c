/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Returns 0 or an errno. */
static int spawn(const char *const *words, int output, int errors, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	error = posix_spawnp(ret, words[0], &actions, NULL, (char *const *)(uintptr_t)words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int process_start(struct process *process, const char *const *words)
{
	int fds[2], error;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		perror("bpflockctl: pipe");
		return -1;
	}
	error = spawn(words, fds[1], STDERR_FILENO, &process->pid);
	close(fds[1]);
	if (error) {
		fprintf(stderr, "bpflockctl: cannot run %s: %s\n", words[0], strerror(error));
		close(fds[0]);
		return -1;
	}
	process->output = fdopen(fds[0], "r");
	if (!process->output)
		abort();
	return 0;
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int process_end(struct process *process)
{
	fclose(process->output);
	return wait_for(process->pid);
}

int process_run(const char *const *words, int output)
{
	pid_t pid;
	int error = spawn(words, output, output, &pid);

	if (!error)
		return wait_for(pid);
	dprintf(output, "cannot run %s: %s\n", words[0], strerror(error));
	return -1;
}
