// SPDX-License-Identifier: Apache-2.0
/* twentylock: attaches twenty programs to one hook, or seventeen with `few`. */
#include <bpflock/plugin.h>
#include <stddef.h>

struct twentylock_config {
	__u8 few;
};

static const struct bpflock_option options[] = {
	{
		.name = "few",
		.summary = "only as many as can be replaced on every kernel, beside one of another plugin",
		.initial = "no",
		.type = BPFLOCK_OPTION_BOOL,
		BPFLOCK_MEMBER(struct twentylock_config, few),
	},
};

static const struct bpflock_operation operations[] = {
	{ .name = "getpgid", .summary = "ask for the process group of a process" },
};

static const struct bpflock_event_type events[] = {
	{
		.type = 1,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_getpgid",
		.summary = "somebody asks for the process group of a process",
	},
};

static int skip_some(const struct bpflock_host *host, const void *config)
{
	static const char *const programs[] = { "decide_18", "decide_19", "decide_20" };
	const struct twentylock_config *twentylock = config;
	int error = 0;

	for (size_t i = 0; twentylock->few && !error && i < sizeof(programs) / sizeof(programs[0]); i++)
		error = host->skip_program(host, programs[i]);
	return error;
}

BPFLOCK_PLUGIN(twentylock,
	.version = "1.0",
	.summary = "Many programs on one hook",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.config_size = sizeof(struct twentylock_config),
	.options = BPFLOCK_TABLE(options),
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.prepare = skip_some);
