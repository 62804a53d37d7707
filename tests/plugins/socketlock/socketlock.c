// SPDX-License-Identifier: Apache-2.0
/*
 * socketlock: decides about sockets of a protocol that does not exist, which nobody but tests/programs/ask asks for.
 * Its decisions have fields, one of which is a key.
 */
#include <bpflock/plugin.h>

#include "socketlock.h"

static const struct bpflock_operation operations[] = {
	[SOCKETLOCK_SOCKET] = { .name = "socket", .summary = "make a socket" },
};

static const struct bpflock_field fields[] = {
	BPFLOCK_KEY_FIELD(struct socketlock_decision, family, BPFLOCK_FIELD_UINT, "protocol family"),
	BPFLOCK_FIELD(struct socketlock_decision, kind, BPFLOCK_FIELD_UINT, "type of the socket"),
	BPFLOCK_FIELD(struct socketlock_decision, creator, BPFLOCK_FIELD_STR, "who makes it"),
};

static const struct bpflock_event_type events[] = {
	{ .type = SOCKETLOCK_DECISION,
	  .flags = BPFLOCK_EVENT_DECISION,
	  .name = "lsm_socket_create",
	  .summary = "a socket is made",
	  .fields = BPFLOCK_TABLE(fields) },
};

BPFLOCK_PLUGIN(socketlock,
	.version = "1.0",
	.summary = "An enforcer whose decisions have fields",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations));
