// SPDX-License-Identifier: Apache-2.0
/*
 * chrootwatch: observes the hook on which hostlock decides. A denial ends the chain of programs on a hook, and the
 * newest program runs first: only an observer that was attached after the enforcer sees what is denied.
 */
#include <bpflock/plugin.h>

static const struct bpflock_event_type events[] = {
	{
		.type = 1,
		.name = "lsm_path_chroot",
		.summary = "somebody wants to change the root directory",
	},
};

BPFLOCK_PLUGIN(chrootwatch,
	.version = "1.0",
	.summary = "Logs who wants to change the root directory",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.events = BPFLOCK_TABLE(events));
