// SPDX-License-Identifier: Apache-2.0
/*
 * ask [-c COUNT] [-t | -n] NAME WHAT: asks the kernel for something COUNT times (once), as a process of that name.
 *
 * WHAT is a file, which is opened for reading, or family:NUMBER, of which a socket is made: that makes the kernel
 * load a module. The one who asks is the process's only thread, or
 *
 *	-t	a thread that is not the leader
 *	-n	such a thread, in a network namespace of its own, while the leader stays where it was
 *
 * Exit status: 0 it was allowed each time, 13 it was denied each time, 2 neither. A shell or a
 * command that starts this one ends with 1 when it cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAMILY "family:"
#define ALLOWED 0
#define DENIED 13
#define NEITHER 2
#define NO_SUCH_PROTOCOL 255

static const char *name, *what;
static unsigned long count = 1;

static int verdict(int fd, int denial)
{
	if (fd >= 0)
		close(fd);
	else if (errno != denial)
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
	if (fd >= 0)
		return ALLOWED;
	return errno == denial ? DENIED : NEITHER;
}

/* Once its module is there, a family says that it has no such protocol. */
static int ask_for_family(int family)
{
	int fd = socket(family, SOCK_RAW, NO_SUCH_PROTOCOL);

	if (fd < 0 && (errno == EINVAL || errno == EPROTONOSUPPORT))
		return ALLOWED;
	return verdict(fd, EAFNOSUPPORT);
}

static int ask_once(void)
{
	if (strncmp(what, FAMILY, strlen(FAMILY)) == 0)
		return ask_for_family(atoi(what + strlen(FAMILY)));
	return verdict(open(what, O_RDONLY | O_CLOEXEC), EPERM);
}

static int ask(void)
{
	int answer;

	prctl(PR_SET_NAME, name);
	answer = ask_once();
	for (unsigned long i = 1; i < count; i++)
		if (ask_once() != answer)
			answer = NEITHER;
	return answer;
}

static void *in_thread(void *unused)
{
	(void)unused;
	exit(ask());
}

static void *in_own_network(void *unused)
{
	(void)unused;
	exit(unshare(CLONE_NEWNET) < 0 ? NEITHER : ask());
}

int main(int argc, char **argv)
{
	void *(*thread)(void *) = NULL;
	pthread_t second;
	int option;

	while ((option = getopt(argc, argv, "c:tn")) != -1) {
		if (option == 'c')
			count = strtoul(optarg, NULL, 10);
		else if (option == '?')
			return NEITHER;
		else
			thread = option == 't' ? in_thread : in_own_network;
	}
	if (argc - optind != 2)
		return NEITHER;
	name = argv[optind];
	what = argv[optind + 1];
	if (!thread)
		return ask();
	if (pthread_create(&second, NULL, thread, NULL) == 0)
		pthread_join(second, NULL);
	return NEITHER;
}
