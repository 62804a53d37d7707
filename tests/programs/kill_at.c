// SPDX-License-Identifier: Apache-2.0
/*
 * kill_at [-l | -s] STEP COMMAND...: runs a daemon with one plugin, kills it by SIGKILL right after a step, and prints
 *
 *	killed after step STEP: WHAT
 *	ended after STEPS steps
 *
 * A step changes something that outlives the daemon: a line in the log, an object or a pin, or a word that it keeps for
 * its successor. Steps are counted from the first line or word. The words are watched by the debug registers of the
 * processor, of which there are four:
 *
 *	by default	which records the log has accounted for, and up to where the ring is read
 *	-l		what is reported as lost
 *	-s		none: the steps are those of the whole start, all calls of bpf(2) included
 */
#include <bpf/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader/loader.h"
#include "util/memory.h"

/* In the registers for debugging: a trap after each write of 8 bytes to the address in register `i`. */
#define WATCH(i) (1ul << (2 * (i)) | 1ul << (16 + 4 * (i)) | 2ul << (18 + 4 * (i)))
#define CONTROL 7
#define STATUS 6

#define KILLED 137

/**
 * struct word - a word that is watched
 * @map:     the kernel's name of the map that it is in
 * @follows: it is a step only when another word has changed since
 * @address: in the daemon; 0 before the map is mapped
 * @value:   the last one that was seen
 */
struct word {
	const char *name;
	const char *map;
	size_t offset;
	bool follows;
	unsigned long address;
	unsigned long value;
};

static struct word records[] = {
	{ .name = "accounted", .map = "bpflock_deliver", .offset = offsetof(struct delivery_state, accounted) },
	{ .name = "accounted_next",
	  .map = "bpflock_deliver",
	  .offset = offsetof(struct delivery_state, accounted_next) },
	{ .name = "position_next", .map = "bpflock_deliver", .offset = offsetof(struct delivery_state, position_next) },
	/* Of records that are read and not written, nothing is kept. */
	{ .name = "consumer", .map = PINNED_RING_NAME, .follows = true },
	{ 0 },
};

static struct word losses[] = {
	{ .name = "reported", .map = "bpflock_deliver", .offset = offsetof(struct delivery_state, reported) },
	{ .name = "reported_next", .map = "bpflock_deliver", .offset = offsetof(struct delivery_state, reported_next) },
	{ .name = "lost", .map = "bpflock_last_st", .offset = offsetof(struct last_state, sinks.lost) },
	{ .name = "uncertain", .map = "bpflock_last_st", .offset = offsetof(struct last_state, sinks.uncertain) },
	{ 0 },
};

static struct word none[] = { { 0 } };

static struct word *words = records;
static bool started;
static unsigned long step, last_step;
static pid_t daemon_pid;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static const int numbers[] = { SYS_bpf, SYS_write, SYS_mmap, SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_rename };
static const char *const names[] = { "bpf", "write", "mmap", "mkdir", "rmdir", "unlink", "rename" };

/* These calls stop the daemon. Without such a filter each call would. */
static void trace_calls(void)
{
	struct sock_filter filter[2 * ARRAY_SIZE(numbers) + 2], *next = filter;

	*next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = words == none ? 0 : 1; i < ARRAY_SIZE(numbers); i++) {
		*next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, numbers[i], 0, 1);
		*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
		  &(struct sock_fprog){ .len = (unsigned short)(next - filter), .filter = filter }) < 0)
		die("seccomp");
}

static void run(char **command)
{
	daemon_pid = fork();
	if (daemon_pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 || raise(SIGSTOP) != 0)
			die("ptrace");
		trace_calls();
		execvp(*command, command);
		die(*command);
	}
	if (waitpid(daemon_pid, NULL, 0) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, daemon_pid, 0,
		   PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP) < 0)
		die("ptrace");
}

static void take_step(const char *what, const char *detail)
{
	if (++step < last_step)
		return;
	kill(daemon_pid, SIGKILL);
	waitpid(daemon_pid, NULL, 0);
	printf("killed after step %lu: %s %s\n", step, what, detail);
	exit(KILLED);
}

static void set_register(size_t number, unsigned long value)
{
	if (ptrace(PTRACE_POKEUSER, daemon_pid, offsetof(struct user, u_debugreg[number]), value) < 0)
		die("debug register");
}

static unsigned long read_word(const struct word *word)
{
	return (unsigned long)ptrace(PTRACE_PEEKDATA, daemon_pid, word->address, 0);
}

/* Are all words in memory now? */
static bool watch(const char *map, unsigned long address)
{
	unsigned long control = 0;
	bool all = true;

	for (size_t i = 0; words[i].name; i++) {
		struct word *word = &words[i];

		if (!word->address && strcmp(word->map, map) == 0) {
			word->address = address + word->offset;
			word->value = read_word(word);
			set_register(i, word->address);
		}
		control |= word->address ? WATCH(i) : 0;
		all &= word->address != 0;
	}
	set_register(CONTROL, control);
	return all;
}

/* The first mapping of a ring that can be written to has the position of its reader. */
static void look_at_mapping(const struct __ptrace_syscall_info *call, unsigned long address)
{
	CLEANUP(cleanup_close) int process = pidfd_open(daemon_pid, 0);
	CLEANUP(cleanup_close) int fd = pidfd_getfd(process, (int)call->seccomp.args[4], 0);
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	if (fd >= 0 && call->seccomp.args[2] & PROT_WRITE && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
	    watch(info.name, address))
		started = true;
}

/* What a line says, without "event=": these lines are in the same file. */
static void text_of_line(unsigned long address, char *text, size_t size)
{
	struct iovec to = { text, size - 1 }, from = { (void *)address, size - 1 };
	char *begin;

	memset(text, 0, size);
	(void)process_vm_readv(daemon_pid, &to, 1, &from, 1, 0);
	begin = strstr(text, "event=");
	if (begin)
		memmove(text, begin + strlen("event="), strlen(begin + strlen("event=")) + 1);
	text[strcspn(text, "\n")] = '\0';
}

static void end_of_call(const struct __ptrace_syscall_info *call, long result)
{
	int number = (int)call->seccomp.nr;
	char text[200] = "";
	size_t i = 0;

	if (number == SYS_mmap) {
		look_at_mapping(call, (unsigned long)result);
		return;
	}
	if (number == SYS_write)
		text_of_line(call->seccomp.args[1], text, sizeof(text));
	else if (number == SYS_bpf)
		snprintf(text, sizeof(text), "%u", (unsigned int)call->seccomp.args[0]);
	while (numbers[i] != number)
		i++;
	if (words == none || (started && (step || number == SYS_write)))
		take_step(names[i], text);
}

static bool is_watchpoint(void)
{
	siginfo_t info;

	return ptrace(PTRACE_GETSIGINFO, daemon_pid, 0, &info) == 0 && info.si_signo == SIGTRAP &&
	       info.si_code == TRAP_HWBKPT;
}

static void look_at_words(void)
{
	static size_t last;
	char text[32];

	set_register(STATUS, 0);
	for (size_t i = 0; words[i].name; i++) {
		unsigned long value = words[i].address ? read_word(&words[i]) : 0;

		if (value == words[i].value)
			continue;
		words[i].value = value;
		if (words[i].follows && last == i)
			continue;
		last = i;
		snprintf(text, sizeof(text), "%lu", value);
		take_step(words[i].name, text);
	}
}

/* Returns how the daemon continues; *signal is what it gets. */
static int handle_stop(int status, int *signal)
{
	static struct __ptrace_syscall_info call;
	struct __ptrace_syscall_info end;

	*signal = 0;
	if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
		ptrace(PTRACE_GET_SYSCALL_INFO, daemon_pid, sizeof(call), &call);
		return PTRACE_SYSCALL;
	}
	if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		ptrace(PTRACE_GET_SYSCALL_INFO, daemon_pid, sizeof(end), &end);
		end_of_call(&call, end.exit.rval);
	} else if (is_watchpoint()) {
		look_at_words();
	} else if (WSTOPSIG(status) != SIGTRAP) { /* of an exec */
		*signal = WSTOPSIG(status);
	}
	return PTRACE_CONT;
}

int main(int argc, char **argv)
{
	int option, status, request = PTRACE_CONT, signal = 0;

	while ((option = getopt(argc, argv, "+ls")) != -1)
		words = option == 'l' ? losses : none;
	if (argc - optind < 2)
		return 2;
	last_step = strtoul(argv[optind], NULL, 10);
	run(argv + optind + 1);
	for (;;) {
		ptrace(request, daemon_pid, 0, signal);
		if (waitpid(daemon_pid, &status, 0) < 0)
			die("waitpid");
		if (!WIFSTOPPED(status))
			break;
		request = handle_stop(status, &signal);
	}
	printf("ended after %lu steps\n", step);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
