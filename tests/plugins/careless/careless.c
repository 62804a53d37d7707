// SPDX-License-Identifier: Apache-2.0
/*
 * careless: decides about sockets of a protocol that does not exist, which nobody but tests/programs/ask asks for.
 * Records of its decisions about families other than AF_UNIX have a type that is not in its table.
 */
#include <bpflock/plugin.h>

static const struct bpflock_operation operations[] = {
	{ .name = "socket", .summary = "make a socket" },
};

static const struct bpflock_event_type events[] = {
	{ .type = 1, .flags = BPFLOCK_EVENT_DECISION, .name = "lsm_careless", .summary = "a decision" },
};

BPFLOCK_PLUGIN(careless,
	.version = "1.0",
	.summary = "An enforcer that writes records which are in no table",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations));
