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
#include <stddef.h>
#include <sys/inotify.h>
#include <sys/stat.h>
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
				.groups = "bpffs" },
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
	[SELFGUARD_SIGNAL] = { .name = "signal", .summary = "send the daemon a signal", .groups = "process" },
	[SELFGUARD_PTRACE] = { .name = "ptrace",
			       .summary = "trace the daemon, read or write its memory, take its files",
			       .groups = "process" },
	[SELFGUARD_LIMIT] = { .name = "limit",
			      .summary = "set a resource limit, the scheduling or the priority of the daemon",
			      .groups = "process" },
	[SELFGUARD_TRACE_HOST] = { .name = "trace_host",
				   .summary = "trace a process of the initial namespaces from within others",
				   .groups = "process" },
};

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
	{ .name = "sg_chmod_pin", .operations = "unpin", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
	PROGRAM("sg_show_way", NULL),
	PROGRAM("sg_unmount_pins", "unmount"),
	PROGRAM("sg_cover_pins", "unmount"),
	PROGRAM("sg_move_pins", "unmount"),
	PROGRAM("sg_pivot_root", "unmount"),
	PROGRAM("sg_remount_pins", "unmount"),
	PROGRAM("sg_lock_pin", "lock_pin"),
	PROGRAM("sg_bpf", "map program link override_programs"),
	PROGRAM("sg_open_map", "open_pin map"),
	PROGRAM("sg_open_prog", "open_pin program"),
	{ .name = "sg_new_map", .operations = "map", .flags = BPFLOCK_PROGRAM_OPTIONAL },
	{ .name = "sg_new_map_6_1", .operations = "map", .flags = BPFLOCK_PROGRAM_OPTIONAL },
	{ .name = "sg_new_prog", .operations = "program", .flags = BPFLOCK_PROGRAM_OPTIONAL },
	{ .name = "sg_new_prog_6_1", .operations = "program", .flags = BPFLOCK_PROGRAM_OPTIONAL },
	PROGRAM("sg_kill_daemon", "signal"),
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

/* chmod() to the mode that the directory already has: the daemon needs the operation, and it does no harm. */
static int show_pins(const struct bpflock_host *host, const void *config)
{
	int error = show_ways();

	(void)host;
	(void)config;
	if (!error && chmod(BPFLOCK_PINS, 0700) < 0)
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
	.self_test = show_pins);
