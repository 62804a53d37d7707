// SPDX-License-Identifier: Apache-2.0
/*
 * selfguard: protects bpflock. Tasks that an enforcer restricts cannot remove, change or stop it. selfguard runs
 * whenever an enforcer runs. To protect against root on the host as well:
 *
 *	[selfguard]
 *	profile = restricted
 */
#include "selfguard.h"

#include <bpflock/plugin.h>
#include <bpflock/protected.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct bpflock_event_type events[] = {
	{
		.type = SELFGUARD_TAMPER,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "tamper",
		.summary = "an operation on the daemon, its BPF objects or its pins was requested",
	},
};

/* ENOENT, because programs that walk through all ids continue after an id that does not exist, and stop at EPERM. */
#define OBJECT(option, about)                                                                                 \
	{                                                                                                     \
		.name = (option), .summary = (about), .groups = "objects", .flags = BPFLOCK_OPERATION_DAEMON, \
		.denial = ENOENT                                                                              \
	}

static const struct bpflock_operation operations[] = {
	[SELFGUARD_UNPIN] = { .name = "unpin",
			      .summary = "remove, rename or chmod what is pinned, or add to it",
			      .groups = "bpffs",
			      .flags = BPFLOCK_OPERATION_DAEMON },
	[SELFGUARD_UNMOUNT] = { .name = "unmount",
				.summary = "unmount, move, cover or remount the bpffs that holds the pins",
				.groups = "bpffs",
				.flags = BPFLOCK_OPERATION_DAEMON },
	[SELFGUARD_LOCK_PIN] = { .name = "lock_pin",
				 .summary = "lock the directory of the pins, as only a daemon does",
				 .groups = "bpffs",
				 .flags = BPFLOCK_OPERATION_DAEMON },
	[SELFGUARD_OPEN_PIN] = { .name = "open_pin",
				 .summary = "open a pinned map or program",
				 .groups = "bpffs objects",
				 .flags = BPFLOCK_OPERATION_DAEMON },
	[SELFGUARD_MAP] = OBJECT("map", "open a map by its id"),
	[SELFGUARD_PROGRAM] = OBJECT("program", "open a program by its id"),
	[SELFGUARD_LINK] = OBJECT("link", "open a link by its id"),
	[SELFGUARD_OVERRIDE_PROGRAMS] = { .name = "override_programs",
					  .summary = "load BPF programs that can change the kernel's decisions: LSM, "
						     "LSM of a cgroup, fmod_ret",
					  .groups = "objects",
					  .flags = BPFLOCK_OPERATION_DAEMON | BPFLOCK_OPERATION_WHILE_ENFORCING },
	[SELFGUARD_SIGNAL] = { .name = "signal",
			       .summary = "send the daemon a signal",
			       .groups = "process",
			       .flags = BPFLOCK_OPERATION_DAEMON },
	[SELFGUARD_PTRACE] = { .name = "ptrace",
			       .summary = "trace the daemon, read or write its memory, take its files",
			       .groups = "process" },
	[SELFGUARD_LIMIT] = { .name = "limit",
			      .summary = "set a resource limit, the scheduling or the priority of the daemon",
			      .groups = "process",
			      .flags = BPFLOCK_OPERATION_DAEMON },
	[SELFGUARD_TRACE_HOST] = { .name = "trace_host",
				   .summary = "trace a process of the initial namespaces from within others",
				   .groups = "process" },
};

/* The self-test is sure to trigger them. */
#define TRIGGERED(function, what)                                                               \
	{                                                                                       \
		.name = (function), .operations = (what), .self_test = BPFLOCK_SELF_TEST_PLUGIN \
	}

#define PROGRAM(function, what)                          \
	{                                                \
		.name = (function), .operations = (what) \
	}

/* Adding to the pins removes no protection. At most it keeps something attached. */
#define AGAINST_HOST(function, what)                                                    \
	{                                                                               \
		.name = (function), .operations = (what), .flags = BPFLOCK_PROGRAM_HOST \
	}

static const struct bpflock_program programs[] = {
	PROGRAM("sg_unlink_pin", "unpin"),
	PROGRAM("sg_rmdir_pin", "unpin"),
	PROGRAM("sg_rename_pin", "unpin"),
	AGAINST_HOST("sg_link_pin", "unpin"),
	AGAINST_HOST("sg_create_pin", "unpin"),
	AGAINST_HOST("sg_mkdir_pin", "unpin"),
	AGAINST_HOST("sg_symlink_pin", "unpin"),
	TRIGGERED("sg_chmod_pin", "unpin"),
	TRIGGERED("sg_show_way", NULL),
	PROGRAM("sg_unmount_pins", "unmount"),
	PROGRAM("sg_cover_pins", "unmount"),
	PROGRAM("sg_move_pins", "unmount"),
	PROGRAM("sg_pivot_root", "unmount"),
	PROGRAM("sg_remount_pins", "unmount"),
	TRIGGERED("sg_lock_pin", "lock_pin"),
	TRIGGERED("sg_bpf", "map program link override_programs"),
	TRIGGERED("sg_open_map", "open_pin map"),
	TRIGGERED("sg_open_prog", "open_pin program"),
	{ .name = "sg_new_map", .operations = "map", .flags = BPFLOCK_PROGRAM_OPTIONAL },
	{ .name = "sg_new_map_6_1", .operations = "map", .flags = BPFLOCK_PROGRAM_OPTIONAL },
	{ .name = "sg_new_prog", .operations = "program", .flags = BPFLOCK_PROGRAM_OPTIONAL },
	{ .name = "sg_new_prog_6_1", .operations = "program", .flags = BPFLOCK_PROGRAM_OPTIONAL },
	TRIGGERED("sg_kill_daemon", "signal"),
	PROGRAM("sg_sigio", "signal"),
	PROGRAM("sg_limit_daemon", "limit"),
	PROGRAM("sg_sched_daemon", "limit"),
	PROGRAM("sg_nice_daemon", "limit"),
	PROGRAM("sg_ioprio", "limit"),
	PROGRAM("sg_ptrace", "ptrace trace_host"),
	PROGRAM("sg_mark_daemon", NULL),
};

/* Shows the BPF programs the directories on the path to the pins, and the mounts that the path leads through. */
static int show_ways(void)
{
	static const char *const ways[SELFGUARD_WAYS] = { "/", "/sys", "/sys/fs", "/sys/fs/bpf", BPFLOCK_PINS };
	int watcher = inotify_init1(IN_CLOEXEC);
	int error = 0;

	if (watcher < 0)
		return -errno;
	for (size_t i = 0; !error && i < SELFGUARD_WAYS; i++)
		if (inotify_add_watch(watcher, ways[i], IN_MOVE_SELF | 1u << i) < 0)
			error = -errno;
	close(watcher);
	return error;
}

/*
 * ---- The self-test. Nothing that it asks for changes anything: what could is put back, sets what is set already, or is
 * refused by the kernel for its arguments after the hook was called. What is only allowed at the start, or not in every
 * container, is tried, and its programs need not run.
 */

#define ENTRY BPFLOCK_PINS "/self_test"
#define OTHER_ENTRY BPFLOCK_PINS "/self_test_2"

static long bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int try_objects(void)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
	union bpf_attr program = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				   .insn_cnt = 2,
				   .insns = (__u64)(uintptr_t)nothing,
				   .license = (__u64)(uintptr_t) "Apache-2.0" };
	union bpf_attr pin = { .pathname = (__u64)(uintptr_t)ENTRY };
	union bpf_attr directory = { .pathname = (__u64)(uintptr_t)BPFLOCK_PINS };
	int map_fd = (int)bpf(BPF_MAP_CREATE, &map);
	int program_fd = (int)bpf(BPF_PROG_LOAD, &program);
	int error = map_fd < 0 || program_fd < 0 ? -errno : 0;

	pin.bpf_fd = (__u32)map_fd;
	(void)bpf(BPF_OBJ_PIN, &pin);
	(void)unlink(ENTRY);
	(void)bpf(BPF_OBJ_GET, &directory);
	if (map_fd >= 0)
		close(map_fd);
	if (program_fd >= 0)
		close(program_fd);
	return error;
}

static void try_entries(void)
{
	(void)mkdir(ENTRY, 0700);
	(void)rename(ENTRY, OTHER_ENTRY);
	(void)rmdir(OTHER_ENTRY);
	(void)symlink("/", ENTRY);
	(void)link(ENTRY, OTHER_ENTRY);
	(void)unlink(ENTRY);
	(void)unlink(OTHER_ENTRY);
}

/* No type; two flags that exclude each other; a mount onto itself; a new root that is the root. */
static void try_mounts(void)
{
	(void)mount("none", BPFLOCK_PINS, NULL, 0, NULL);
	(void)umount2("/", MNT_EXPIRE | MNT_DETACH);
	(void)move_mount(AT_FDCWD, "/", AT_FDCWD, "/", 0);
	(void)syscall(SYS_pivot_root, "/", "/");
}

static void try_limits(void)
{
	struct sched_param parameters;
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0)
		(void)setrlimit(RLIMIT_CORE, &limit);
	if (sched_getparam(0, &parameters) == 0)
		(void)sched_setscheduler(0, sched_getscheduler(0), &parameters);
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0));
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0));
}

/* SIGURG does nothing by default. */
static void try_signal_of_file(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	if (fcntl(ends[0], F_SETSIG, SIGURG) == 0 && fcntl(ends[0], F_SETOWN, getpid()) == 0 &&
	    fcntl(ends[0], F_SETFL, O_ASYNC) == 0)
		(void)!write(ends[1], "", 1);
	close(ends[0]);
	close(ends[1]);
}

/* The daemon itself holds the lock, by another descriptor. */
static int try_lock(void)
{
	int fd = open(BPFLOCK_PINS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno != EWOULDBLOCK) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

static int trigger_programs(const struct bpflock_host *host, const void *config)
{
	int error = show_ways();

	(void)host;
	(void)config;
	try_entries();
	try_mounts();
	try_limits();
	try_signal_of_file();
	if (!error)
		error = try_objects();
	if (!error)
		error = try_lock();
	if (!error && (chmod(BPFLOCK_PINS, 0700) < 0 || kill(getpid(), 0) < 0))
		error = -errno;
	return error;
}

BPFLOCK_PLUGIN(selfguard,
	.version = "1.0",
	.summary = "Protects bpflock: restricted tasks cannot remove, change or stop it",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER | BPFLOCK_GUARD,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.programs = BPFLOCK_TABLE(programs),
	.self_test = trigger_programs);
