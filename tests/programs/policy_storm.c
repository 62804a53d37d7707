// SPDX-License-Identifier: Apache-2.0
/*
 * policy_storm: changes a policy in the way the daemon does, as often as can be, while others ask.
 *
 *	policy_storm save MAP FILE		writes the policy that is in force to FILE
 *	policy_storm storm MAP A B COUNT	puts A and B in force by turns, COUNT times, and ends with A
 *
 * MAP is the pinned policy map. The second prints what was asked meanwhile, by a process named "storm":
 *
 *	changes=N milliseconds=N
 *	OPERATION allowed=N denied=N
 *	answers other=N		those that are neither
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policy/policy.h"

#define PORT 0x80
#define PAUSE_NANOSECONDS 20000

/* What the storm has been told, in memory that both processes see. */
struct answers {
	unsigned long memory[2], ports[2], other;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "policy_storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct bpflock_policy *map_policy(const char *path)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (sizeof(struct bpflock_policy) + page - 1) / page * page;
	int fd = bpf_obj_get(path);
	void *map = MAP_FAILED;

	if (fd >= 0)
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die(path);
	return map;
}

static int save(const char *map, const char *path)
{
	const struct bpflock_policy *policy = map_policy(map);
	FILE *file = fopen(path, "we");

	if (!file || fwrite(&policy->slots[policy->active & 1], sizeof(policy->slots[0]), 1, file) != 1 ||
	    fclose(file) != 0)
		die(path);
	return 0;
}

static struct bpflock_policy_slot load(const char *path)
{
	struct bpflock_policy_slot slot;
	FILE *file = fopen(path, "re");

	if (!file || fread(&slot, sizeof(slot), 1, file) != 1)
		die(path);
	fclose(file);
	return slot;
}

static void note(unsigned long counts[2], unsigned long *other, int error)
{
	if (error && error != EPERM)
		++*other;
	else
		counts[error != 0]++;
}

static void ask_for_memory(struct answers *answers)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);

	note(answers->memory, &answers->other, fd < 0 ? errno : 0);
	if (fd >= 0)
		close(fd);
}

static void ask_for_ports(struct answers *answers)
{
	note(answers->ports, &answers->other, ioperm(PORT, 1, 1) < 0 ? errno : 0);
	ioperm(PORT, 1, 0);
}

static volatile sig_atomic_t told_to_end;

static void end(int number)
{
	(void)number;
	told_to_end = 1;
}

static _Noreturn void storm(struct answers *answers)
{
	prctl(PR_SET_NAME, "storm");
	while (!told_to_end) {
		ask_for_memory(answers);
		ask_for_ports(answers);
	}
	_exit(0);
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sleeps for a moment after each change: on one processor, too, each comes in the middle of the storm. */
static long change_by_turns(struct bpflock_policy *policy, const struct bpflock_policy_slot turns[2],
			    unsigned long count)
{
	const struct timespec moment = { .tv_nsec = PAUSE_NANOSECONDS };
	long start = milliseconds();

	prctl(PR_SET_TIMERSLACK, 1);
	for (unsigned long i = 0; i < count; i++) {
		policy_put(policy, &turns[(count - i - 1) & 1]);
		nanosleep(&moment, NULL);
	}
	return milliseconds() - start;
}

static int change_in_storm(const char *map, const char *a, const char *b, unsigned long count)
{
	const struct bpflock_policy_slot turns[] = { load(a), load(b) };
	struct bpflock_policy *policy = map_policy(map);
	struct answers *answers =
		mmap(NULL, sizeof(*answers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long duration;
	pid_t child;

	if (answers == MAP_FAILED)
		die("mmap");
	signal(SIGTERM, end);
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0)
		storm(answers);
	duration = change_by_turns(policy, turns, count);
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	printf("changes=%lu milliseconds=%ld\n", count, duration);
	printf("dev_mem allowed=%lu denied=%lu\n", answers->memory[0], answers->memory[1]);
	printf("ioport allowed=%lu denied=%lu\n", answers->ports[0], answers->ports[1]);
	printf("answers other=%lu\n", answers->other);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "save") == 0)
		return save(argv[2], argv[3]);
	if (argc == 6 && strcmp(argv[1], "storm") == 0)
		return change_in_storm(argv[2], argv[3], argv[4], strtoul(argv[5], NULL, 10));
	fprintf(stderr, "usage: policy_storm save MAP FILE | storm MAP A B COUNT\n");
	return 2;
}
