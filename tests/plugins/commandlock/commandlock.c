// SPDX-License-Identifier: Apache-2.0
/*
 * commandlock: decides about each command of bpf(2), by the kernel's own numbers. Two enumerators may have the same
 * number, and a caller may pass any number.
 */
#include <bpflock/plugin.h>

static const struct bpflock_operation operations[] = {
	{ .name = "prog_test_run", .summary = "run a program for a test", .enumerator = "BPF_PROG_TEST_RUN" },
	{ .name = "link_detach",
	  .summary = "detach a program",
	  .enumerator = "BPF_LINK_DETACH",
	  .baseline = BPFLOCK_BASELINE_DENY },
	{ .name = "iter_create",
	  .summary = "make an iterator",
	  .enumerator = "BPF_ITER_CREATE",
	  .baseline = BPFLOCK_BASELINE_ALLOW },
	{ .enumerator = "__MAX_BPF_CMD", .flags = BPFLOCK_OPERATION_IGNORED },
	/* A flag beside the command, in kernels of 7.x: no operation has so large a number. */
	{ .enumerator = "BPF_COMMON_ATTRS", .flags = BPFLOCK_OPERATION_IGNORED },
};

static const struct bpflock_event_type events[] = {
	{
		.type = 1,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_bpf",
		.summary = "somebody calls bpf(2)",
	},
};

BPFLOCK_PLUGIN(commandlock,
	.version = "1.0",
	.summary = "Who may use which command of bpf(2)",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.operation_enum = "bpf_cmd",
	.operation_prefix = "BPF_");
