// SPDX-License-Identifier: Apache-2.0
/*
 * service_manager [-n] COMMAND...: runs a service and speaks the service manager's side of sd_notify(3) and
 * sd_listen_fds(3) with it, file descriptor store included. Prints each message, its lines separated by blanks.
 *
 *	-n	takes nothing into the store, as where FileDescriptorStoreMax= is 0
 *
 * SIGUSR1 restarts the service (SIGTERM, and again with what is in the store); SIGTERM stops it for good and drops
 * the store. It ends with the service's exit status when that ends by itself, with what is in the store dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD 3
#define STORE_MAX 200
#define NAME_SIZE 256

static const char socket_path[] = "/tmp/service_manager.socket";

static struct {
	char name[NAME_SIZE];
	int fd;
} store[STORE_MAX];
static int stored, store_max = STORE_MAX;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int listen_for_messages(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, socket_path, sizeof(socket_path));
	unlink(socket_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die(socket_path);
	return fd;
}

/* The store's descriptors, which are all above FIRST_FD + STORE_MAX, go where the service looks for them. */
static void pass_store(void)
{
	char names[STORE_MAX * NAME_SIZE] = "", number[16];

	if (!stored)
		return;
	for (int i = 0; i < stored; i++) {
		dup2(store[i].fd, FIRST_FD + i);
		strcat(strcat(names, i ? ":" : ""), store[i].name);
	}
	setenv("LISTEN_FDNAMES", names, 1);
	snprintf(number, sizeof(number), "%d", stored);
	setenv("LISTEN_FDS", number, 1);
	snprintf(number, sizeof(number), "%d", getpid());
	setenv("LISTEN_PID", number, 1);
}

static pid_t start_service(char **command)
{
	sigset_t none;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setenv("NOTIFY_SOCKET", socket_path, 1);
	pass_store();
	execvp(*command, command);
	die(*command);
	return -1;
}

static void keep(const char *name, int fd)
{
	if (stored < store_max) {
		snprintf(store[stored].name, NAME_SIZE, "%s", name);
		store[stored++].fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + STORE_MAX);
	}
	close(fd);
}

static void forget(const char *name)
{
	int left = 0;

	for (int i = 0; i < stored; i++) {
		if (strcmp(store[i].name, name) == 0)
			close(store[i].fd);
		else
			store[left++] = store[i];
	}
	stored = left;
}

/* To close the descriptor that comes with BARRIER=1 is the answer to it. */
static void obey(const char *message, int fd)
{
	const char *name = strstr(message, "FDNAME=");

	name = name ? name + strlen("FDNAME=") : "";
	if (strstr(message, "FDSTORE=1") && fd >= 0)
		keep(name, fd);
	else if (fd >= 0)
		close(fd);
	if (strstr(message, "FDSTOREREMOVE=1"))
		forget(name);
}

static bool handle_message(int socket)
{
	char message[4096] = "", control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(64)];
	struct iovec text = { .iov_base = message, .iov_len = sizeof(message) - 1 };
	struct msghdr header = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	int fd = -1;

	if (recvmsg(socket, &header, MSG_CMSG_CLOEXEC) < 0)
		return false;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part))
		if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	obey(message, fd);
	for (char *c = message; *c; c++)
		if (*c == '\n')
			*c = ' ';
	puts(message);
	return true;
}

static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int next_signal(int signals, int socket)
{
	struct pollfd ready[] = { { .fd = signals, .events = POLLIN }, { .fd = socket, .events = POLLIN } };
	struct signalfd_siginfo signal;

	for (;;) {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			die("poll");
		while (handle_message(socket))
			;
		if (ready[0].revents && read(signals, &signal, sizeof(signal)) == sizeof(signal))
			return (int)signal.ssi_signo;
	}
}

int main(int argc, char **argv)
{
	int socket, signals, status = 0;
	bool restarts = false;
	pid_t service;

	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		store_max = 0;
		argv++;
	}
	setlinebuf(stdout);
	socket = listen_for_messages();
	signals = open_signals();
	service = start_service(argv + 1);
	for (;;) {
		int signal = next_signal(signals, socket);

		if (signal != SIGCHLD) {
			restarts = signal == SIGUSR1;
			kill(service, SIGTERM);
			continue;
		}
		if (waitpid(service, &status, WNOHANG) != service)
			continue;
		printf("ended with %d, %d stored\n", WEXITSTATUS(status), stored);
		if (!restarts)
			return WEXITSTATUS(status);
		restarts = false;
		service = start_service(argv + 1);
	}
}
