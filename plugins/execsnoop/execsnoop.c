// SPDX-License-Identifier: Apache-2.0
/*
 * execsnoop: logs who executes what, successes and failures.
 *
 *	[execsnoop]
 *	enabled = yes
 *	trace   = filter
 *	uids    = 0, 1000
 *	args    = yes
 */
#include "execsnoop.h"

#include <bpflock/plugin.h>
#include <errno.h>

struct execsnoop_config {
	__u32 trace;
	struct bpflock_list uids;
	struct bpflock_list comms;
	struct bpflock_list cgroups;
};

static const struct bpflock_value trace_choices[] = {
	{ "all", EXECSNOOP_TRACE_ALL, "every execution" },
	{ "none", EXECSNOOP_TRACE_NONE, "nothing; no program is loaded" },
	{ "filter", EXECSNOOP_TRACE_FILTER, "what matches each of uids, comms and cgroups that is given" },
};

static const struct bpflock_option options[] = {
	{
		.name = "trace",
		.summary = "what is logged",
		.initial = "all",
		.type = BPFLOCK_OPTION_CHOICE,
		.values = BPFLOCK_TABLE(trace_choices),
		.variable = "trace",
		BPFLOCK_MEMBER(struct execsnoop_config, trace),
	},
	{
		.name = "args",
		.summary = "log the arguments too, up to 512 bytes; they may hold secrets",
		.initial = "no",
		.type = BPFLOCK_OPTION_BOOL,
		.variable = "args",
	},
	{
		.name = "uids",
		.summary = "user ids, for trace = filter",
		.type = BPFLOCK_OPTION_UINT,
		.flags = BPFLOCK_OPTION_LIST,
		.max = 0xffffffff,
		.max_items = EXECSNOOP_FILTER_MAX,
		.variable = "uids",
		BPFLOCK_MEMBER(struct execsnoop_config, uids),
	},
	{
		.name = "comms",
		.summary = "names of the new process (of the caller, for a failure), for trace = filter",
		.type = BPFLOCK_OPTION_STRING,
		.flags = BPFLOCK_OPTION_LIST,
		.max = BPFLOCK_COMM_LEN - 1,
		.max_items = EXECSNOOP_FILTER_MAX,
		.variable = "comms",
		BPFLOCK_MEMBER(struct execsnoop_config, comms),
	},
	{
		.name = "cgroups",
		.summary = "paths of cgroups, each with all below it, for trace = filter",
		.type = BPFLOCK_OPTION_CGROUP,
		.flags = BPFLOCK_OPTION_LIST,
		.max_items = EXECSNOOP_FILTER_MAX,
		.map = "cgroups",
		BPFLOCK_MEMBER(struct execsnoop_config, cgroups),
	},
};

/* A name that operators use in the environment of containers. */
static const struct bpflock_alias aliases[] = {
	{ "BPFLOCK_EXEC_SNOOP", "trace" },
};

static const struct bpflock_field execve_fields[] = {
	BPFLOCK_FIELD(struct execsnoop_execve, filename, BPFLOCK_FIELD_STR, "path, as given to the system call"),
	BPFLOCK_FIELD(struct execsnoop_execve, args, BPFLOCK_FIELD_STRV, "arguments, the program's name first"),
	BPFLOCK_FIELD_WITH(BPFLOCK_FIELD_DETAIL, struct execsnoop_execve, cwd, BPFLOCK_FIELD_PATH,
			   "the working directory, where filename is relative to it"),
	BPFLOCK_FIELD_WITH(BPFLOCK_FIELD_DETAIL, struct execsnoop_execve, file, BPFLOCK_FIELD_PATH,
			   "the file that runs, where filename is a descriptor or in /proc, or the file is deleted"),
	BPFLOCK_FIELD_WITH(BPFLOCK_FIELD_DETAIL | BPFLOCK_FIELD_OPTIONAL, struct execsnoop_execve, euid,
			   BPFLOCK_FIELD_UINT, "effective user id of the new program, where it is not uid"),
	BPFLOCK_FIELD(struct execsnoop_execve, retval, BPFLOCK_FIELD_ERRNO, "0, or the negative errno of a failure"),
};

static const struct bpflock_event_type events[] = {
	{
		.type = EXECSNOOP_EXECVE,
		.name = "syscall_execve",
		.summary = "a program was executed, or could not be",
		.fields = BPFLOCK_TABLE(execve_fields),
	},
};

static int check(const struct bpflock_host *host, const void *config)
{
	const struct execsnoop_config *execsnoop = config;
	__u64 items = execsnoop->uids.count + execsnoop->comms.count + execsnoop->cgroups.count;

	if (execsnoop->trace != EXECSNOOP_TRACE_FILTER || items)
		return 0;
	host->error(host, "trace = filter needs at least one of uids, comms and cgroups");
	return -EINVAL;
}

static int skip_all_for_none(const struct bpflock_host *host, const void *config)
{
	static const char *const programs[] = { "es_exec", "es_execve", "es_execveat", "es_execve_32",
						"es_execveat_32" };
	const struct execsnoop_config *execsnoop = config;
	int error = 0;

	if (execsnoop->trace != EXECSNOOP_TRACE_NONE)
		return 0;
	for (unsigned int i = 0; !error && i < sizeof(programs) / sizeof(programs[0]); i++)
		error = host->skip_program(host, programs[i]);
	return error;
}

BPFLOCK_PLUGIN(execsnoop,
	.version = "1.0",
	.summary = "Logs who executes what",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.config_size = sizeof(struct execsnoop_config),
	.options = BPFLOCK_TABLE(options),
	.aliases = BPFLOCK_TABLE(aliases),
	.events = BPFLOCK_TABLE(events),
	.check = check,
	.prepare = skip_all_for_none);
