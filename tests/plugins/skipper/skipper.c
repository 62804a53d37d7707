// SPDX-License-Identifier: Apache-2.0
/* skipper: observes a function that its own program calls, so that the kernel skips one run for each that it makes. */
#include <bpflock/plugin.h>

static const struct bpflock_event_type events[] = {
	{
		.type = 1,
		.name = "user_string",
		.summary = "a program reads a string of user space",
	},
};

BPFLOCK_PLUGIN(skipper,
	.version = "1.0",
	.summary = "Makes the kernel skip runs of a program",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.events = BPFLOCK_TABLE(events));
