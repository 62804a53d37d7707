// SPDX-License-Identifier: Apache-2.0
/*
 * hostlock: decides who may change the root directory and the clock. An enforcer with a table of
 * operations of its own: profile, block, allow and log come from the core.
 *
 *	[hostlock]
 *	enabled = yes
 *	profile = baseline
 *	block   = @root
 */
#include "hostlock.h"

#include <bpflock/plugin.h>

static const struct bpflock_operation operations[] = {
	[HOSTLOCK_CHROOT] = { .name = "chroot", .summary = "change the root directory", .groups = "root" },
	[HOSTLOCK_PIVOT_ROOT] = { .name = "pivot_root", .summary = "change the root of the mounts", .groups = "root" },
	[HOSTLOCK_SET_TIME] = { .name = "set_time", .text = "setting the clock", .summary = "set the clock" },
};

static const struct bpflock_event_type events[] = {
	{
		.type = HOSTLOCK_DECISION,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_hostlock",
		.summary = "somebody wants to change the root directory or the clock",
	},
};

BPFLOCK_PLUGIN(hostlock,
	.version = "1.0",
	.summary = "Who may change the root directory and the clock",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations));
