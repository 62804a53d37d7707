// SPDX-License-Identifier: Apache-2.0
/*
 * objlock: decides who may open what is pinned on a bpffs, as the daemon does when it starts, reloads and unloads. It
 * must not lock the daemon out.
 */
#include <bpflock/plugin.h>
#include <bpflock/protected.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct bpflock_operation operations[] = {
	{ .name = "obj_get", .summary = "open a pinned BPF object", .flags = BPFLOCK_OPERATION_DAEMON },
};

static const struct bpflock_program programs[] = {
	{ .name = "get_object", .operations = "obj_get", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
};

static const struct bpflock_event_type events[] = {
	{
		.type = 1,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_bpf",
		.summary = "somebody opens a pinned BPF object",
	},
};

static int open_ring(const struct bpflock_host *host, const void *config)
{
	union bpf_attr attributes = { .pathname = (__u64)(uintptr_t)BPFLOCK_PINS "/v1/ring" };
	long fd = syscall(SYS_bpf, BPF_OBJ_GET, &attributes, sizeof(attributes));

	(void)host;
	(void)config;
	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

BPFLOCK_PLUGIN(objlock,
	.version = "1.0",
	.summary = "Who may open pinned BPF objects",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.programs = BPFLOCK_TABLE(programs),
	.self_test = open_ring);
