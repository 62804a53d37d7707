// SPDX-License-Identifier: Apache-2.0
/*
 * selfguard: nobody but the daemon may take away, change or stop what it enforces.
 *
 *	[selfguard]
 *	enabled = yes
 */
#include "selfguard.h"

#include <bpflock/own.h>
#include <bpflock/plugin.h>
#include <errno.h>
#include <sys/stat.h>

static const struct bpflock_event_type events[] = {
	{
		.type = SELFGUARD_TAMPER,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "tamper",
		.summary = "somebody reached for the daemon or for what is its own",
	},
};

static const struct bpflock_operation operations[] = {
	[SELFGUARD_UNPIN] = { .name = "unpin",
			      .summary = "remove, rename or chmod what is pinned, or add to it",
			      .groups = "bpffs" },
	[SELFGUARD_UNMOUNT] = { .name = "unmount",
				.summary = "unmount, move or cover the bpffs that holds the pins",
				.groups = "bpffs" },
	[SELFGUARD_MAP] = { .name = "map", .summary = "get at a map", .groups = "objects" },
	[SELFGUARD_PROGRAM] = { .name = "program", .summary = "get at a program", .groups = "objects" },
	[SELFGUARD_LINK] = { .name = "link", .summary = "get at a link by its id", .groups = "objects" },
	[SELFGUARD_SIGNAL] = { .name = "signal",
			       .summary = "send the daemon a signal",
			       .groups = "process" },
	[SELFGUARD_PTRACE] = { .name = "ptrace",
			       .summary = "trace the daemon, read or write its memory, take its files",
			       .groups = "process" },
	[SELFGUARD_LIMIT] = { .name = "limit",
			      .summary = "set a resource limit of the daemon",
			      .groups = "process" },
};

/*
 * Gives the directory the mode that it has. The programs see the daemon come to the pins, by the path that
 * a successor will take: so they learn which mount holds them, and where the daemon's binary lies.
 */
static int show_pins(const struct bpflock_host *host, const void *config)
{
	(void)host;
	(void)config;
	return chmod(BPFLOCK_PINS, 0700) < 0 ? -errno : 0;
}

BPFLOCK_PLUGIN(selfguard,
	.version = "1.0",
	.summary = "Nobody but the daemon may take away, change or stop what it enforces",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER | BPFLOCK_BPF_LSM | BPFLOCK_RESTRICTED,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.self_test = show_pins);
