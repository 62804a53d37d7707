// SPDX-License-Identifier: Apache-2.0
/*
 * pgrouplock: decides who may ask for a process group or a session. An enforcer with a self-test of its own, which the tests
 * can make fail while the daemon runs:
 *
 *	/run/pgrouplock.silent	it says that it has asked, and has not
 *	/run/pgrouplock.half	it says that it has asked for both, and has asked for the group only
 *	/run/pgrouplock.refused	it says that the kernel has refused
 */
#include <bpflock/plugin.h>
#include <errno.h>
#include <unistd.h>

static const struct bpflock_operation operations[] = {
	{ .name = "getpgid", .summary = "ask for the process group of a process", .flags = BPFLOCK_OPERATION_DAEMON },
};

static const struct bpflock_program programs[] = {
	{ .name = "get_process_group", .operations = "getpgid", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
	{ .name = "get_session", .operations = "getpgid", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
	{ .name = "get_scheduler", .operations = "getpgid" },
};

static const struct bpflock_event_type events[] = {
	{
		.type = 1,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_getpgid",
		.summary = "somebody asks for the process group of a process",
	},
};

static const struct bpflock_kept_map kept_maps[] = {
	{ .name = "asked", .version = 1 },
};

static const struct bpflock_metric metrics[] = {
	{ .name = "asked_total", .type = BPFLOCK_METRIC_COUNTER, .help = "Requests of all lives", .map = "asked" },
};

/* By its number: for one's own process the kernel asks only then. */
static int ask(const struct bpflock_host *host, const void *config)
{
	(void)host;
	(void)config;
	if (access("/run/pgrouplock.silent", F_OK) == 0)
		return 0;
	if (access("/run/pgrouplock.refused", F_OK) == 0)
		return -EPERM;
	if (getpgid(getpid()) < 0)
		return -errno;
	if (access("/run/pgrouplock.half", F_OK) == 0)
		return 0;
	return getsid(getpid()) < 0 ? -errno : 0;
}

BPFLOCK_PLUGIN(pgrouplock,
	.version = "1.0",
	.summary = "Who may ask for a process group",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.programs = BPFLOCK_TABLE(programs),
	.kept_maps = BPFLOCK_TABLE(kept_maps),
	.metrics = BPFLOCK_TABLE(metrics),
	.self_test = ask);
