// SPDX-License-Identifier: Apache-2.0
/*
 * kmodlock: decides who may load and unload kernel modules, from where, and who may cause the kernel to load them.
 *
 *	[kmodlock]
 *	profile       = restricted
 *	only_from     = /lib/modules
 *	allow_modules = veth, nf_tables
 */
#include "kmodlock.h"

#include <bpflock/plugin.h>
#include <errno.h>
#include <string.h>

struct kmodlock_config {
	struct bpflock_list only_from;
	struct bpflock_list allow_modules;
};

static const struct bpflock_option options[] = {
	{
		.name = "only_from",
		.summary = "directories of modules; others are load_elsewhere; / is the root file system",
		.type = BPFLOCK_OPTION_PATH,
		.flags = BPFLOCK_OPTION_LIST,
		.map = "only_from",
		BPFLOCK_MEMBER(struct kmodlock_config, only_from),
	},
	{
		.name = "allow_modules",
		.summary = "modules that anybody may load from there, as lsmod names them: load_listed",
		.type = BPFLOCK_OPTION_STRING,
		.flags = BPFLOCK_OPTION_LIST,
		.max = KMODLOCK_MODULE_LEN - 3, /* a longer name cannot be compared: see copy_module_name() */
		.map = "allow_modules",
		BPFLOCK_MEMBER(struct kmodlock_config, allow_modules),
	},
};

#define FILE_FIELD BPFLOCK_KEY_FIELD(struct kmodlock_file, file, BPFLOCK_FIELD_STR, "path of the module, or (memory)")

static const struct bpflock_field file_fields[] = { FILE_FIELD };
static const struct bpflock_field module_fields[] = {
	BPFLOCK_KEY_FIELD(struct kmodlock_module, module, BPFLOCK_FIELD_STR, "name or alias that the kernel requests"),
};

#define EVENT(number, hook, about) \
	.type = (number), .flags = BPFLOCK_EVENT_DECISION, .name = "lsm_" hook, .summary = (about)

static const struct bpflock_event_type events[] = {
	{ EVENT(KMODLOCK_READ_FILE, "kernel_read_file", "a module is loaded from a file"),
	  .fields = BPFLOCK_TABLE(file_fields) },
	{ EVENT(KMODLOCK_LOAD_DATA, "kernel_load_data", "a module is loaded from memory"),
	  .fields = BPFLOCK_TABLE(file_fields) },
	{ EVENT(KMODLOCK_CAPABLE, "capable", "a module is unloaded") },
	{ EVENT(KMODLOCK_REQUEST, "kernel_module_request", "the kernel is to load a module, which a task needs"),
	  .fields = BPFLOCK_TABLE(module_fields) },
};

static const struct bpflock_operation operations[] = {
	[KMODLOCK_LOAD] = { .name = "load_module", .groups = "load", .summary = "load a module" },
	[KMODLOCK_LOAD_LISTED] = { .name = "load_listed",
				   .groups = "load listed",
				   .summary = "load a module of allow_modules from a directory of only_from" },
	[KMODLOCK_LOAD_ELSEWHERE] = { .name = "load_elsewhere",
				      .groups = "load",
				      .baseline = BPFLOCK_BASELINE_DENY,
				      .summary = "load a module from memory, or from no directory of only_from" },
	[KMODLOCK_UNLOAD] = { .name = "unload_module", .summary = "unload a module" },
	[KMODLOCK_AUTOLOAD] = { .name = "autoload_module", .summary = "cause the kernel to load a module" },
};

/* Nothing harmless makes the kernel call one of them in the daemon, so none has a self-test. */
static const struct bpflock_program programs[] = {
	{ .name = "km_load_file", .operations = "@load" },
	{ .name = "km_load_memory", .operations = "load_module load_elsewhere" },
	{ .name = "km_autoload", .operations = "autoload_module" },
	{ .name = "km_unload", .operations = "unload_module" },
};

static int check(const struct bpflock_host *host, const void *config)
{
	const struct kmodlock_config *kmodlock = config;
	const char *const *modules = kmodlock->allow_modules.items;

	if (kmodlock->allow_modules.count && !kmodlock->only_from.count) {
		host->error(host, "allow_modules needs only_from: the name of a module alone proves nothing");
		return -EINVAL;
	}
	for (__u64 i = 0; i < kmodlock->allow_modules.count; i++)
		if (strpbrk(modules[i], "-./")) {
			host->error(host,
				    "allow_modules: '%s' is not the name of a module (as lsmod prints it: nf_tables)",
				    modules[i]);
			return -EINVAL;
		}
	return 0;
}

static int allow_listed(const struct bpflock_host *host, const void *config)
{
	(void)config;
	return host->exempt_group(host, "listed");
}

BPFLOCK_PLUGIN(kmodlock,
	.version = "1.0",
	.summary = "Who may load and unload kernel modules, and from where",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.config_size = sizeof(struct kmodlock_config),
	.options = BPFLOCK_TABLE(options),
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.programs = BPFLOCK_TABLE(programs),
	.check = check,
	.policy = allow_listed);
