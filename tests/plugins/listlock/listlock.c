// SPDX-License-Identifier: Apache-2.0
/*
 * listlock: decides about files, and about raw sockets whose protocols are in lists of every type, which it has in maps
 * of every kind.
 */
#include <bpflock/plugin.h>

#include "listlock.h"

#define LIST(option, kind)                                                                                            \
	{                                                                                                             \
		.name = (option), .summary = "a list", .type = (kind), .flags = BPFLOCK_OPTION_LIST, .map = (option), \
	}

static const struct bpflock_option options[] = {
	LIST("files", BPFLOCK_OPTION_PATH),  LIST("numbers", BPFLOCK_OPTION_UINT),
	LIST("users", BPFLOCK_OPTION_USER),  LIST("comms", BPFLOCK_OPTION_STRING),
	LIST("ports", BPFLOCK_OPTION_PORTS), LIST("networks", BPFLOCK_OPTION_CIDR),
};

static const struct bpflock_operation operations[] = {
	[LISTLOCK_OPEN] = { .name = "open", .summary = "open a file of the list" },
	[LISTLOCK_SOCKET] = { .name = "socket", .summary = "make a raw socket of a protocol of the lists" },
};

static const struct bpflock_event_type events[] = {
	{ .type = LISTLOCK_DECISION,
	  .flags = BPFLOCK_EVENT_DECISION,
	  .name = "lsm_listlock",
	  .summary = "a listed file or protocol is used" },
};

BPFLOCK_PLUGIN(listlock,
	.version = "1.0",
	.summary = "An enforcer whose lists are in maps",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.options = BPFLOCK_TABLE(options),
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations));
