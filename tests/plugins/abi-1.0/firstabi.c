// SPDX-License-Identifier: Apache-2.0
/*
 * firstabi: a plugin that uses what ABI 1.0 has. The binaries beside this file were made of it, by scripts/make-abi, with
 * the headers of 1.0. They are kept for ever: every version of bpflock with the same major must run them. It calls no
 * function of a library, so that its binaries depend on none.
 */
#include "firstabi.h"

#include <bpflock/plugin.h>

#define EINVAL 22
#define UNLUCKY 13

struct config {
	__u32 limit;
	__u8 colour;
	const char *text;
	struct bpflock_list numbers;
};

static const struct bpflock_value colours[] = { { "green", 1, "as grass" }, { "brown", 2, NULL } };

static const struct bpflock_option options[] = {
	{ .name = "limit",
	  .summary = "a number, which decisions are logged with",
	  .initial = "7",
	  .type = BPFLOCK_OPTION_UINT,
	  .max = 1000,
	  BPFLOCK_MEMBER(struct config, limit),
	  .variable = "limit" },
	{ .name = "colour",
	  .summary = "a choice",
	  .initial = "green",
	  .type = BPFLOCK_OPTION_CHOICE,
	  .values = BPFLOCK_TABLE(colours),
	  BPFLOCK_MEMBER(struct config, colour) },
	{ .name = "text", .summary = "a text", .type = BPFLOCK_OPTION_STRING, BPFLOCK_MEMBER(struct config, text) },
	{ .name = "numbers",
	  .summary = "a list",
	  .type = BPFLOCK_OPTION_UINT,
	  .flags = BPFLOCK_OPTION_LIST,
	  .max_items = 4,
	  BPFLOCK_MEMBER(struct config, numbers),
	  .variable = "numbers" },
};

static const struct bpflock_alias aliases[] = { { "BPFLOCK_FIRST_LIMIT", "limit" } };

static const struct bpflock_field decision_fields[] = {
	BPFLOCK_KEY_FIELD(struct firstabi_decision, limit, BPFLOCK_FIELD_UINT, "the limit"),
};

static const struct bpflock_field mount_fields[] = {
	BPFLOCK_FIELD(struct firstabi_mount, flags, BPFLOCK_FIELD_HEX, "flags of the mount"),
	BPFLOCK_FIELD_WITH(0, struct firstabi_mount, type, BPFLOCK_FIELD_STR, "type of the file system"),
};

static const struct bpflock_event_type events[] = {
	{ .type = FIRSTABI_DECISION,
	  .flags = BPFLOCK_EVENT_DECISION,
	  .name = "lsm_first",
	  .summary = "somebody wants to change the root directory or the clock",
	  .fields = BPFLOCK_TABLE(decision_fields) },
	{ .type = FIRSTABI_MOUNT,
	  .name = "lsm_sb_mount",
	  .summary = "somebody mounts",
	  .fields = BPFLOCK_TABLE(mount_fields) },
};

static const struct bpflock_operation operations[] = {
	[FIRSTABI_CHROOT] = { .name = "chroot", .summary = "change the root directory", .groups = "root" },
	[FIRSTABI_SET_TIME] = { .name = "set_time",
				.text = "setting the clock",
				.summary = "set the clock",
				.groups = "clock",
				.denial = 13 },
};

static const struct bpflock_program programs[] = {
	{ .name = "change_root", .operations = "chroot" },
	{ .name = "set_time", .operations = "@clock" },
	{ .name = "mount", .flags = BPFLOCK_PROGRAM_OPTIONAL },
};

static int check(const struct bpflock_host *host, const void *config)
{
	const struct config *first = config;

	if (first->limit != UNLUCKY)
		return 0;
	host->error(host, "a limit of %u brings no luck", first->limit);
	return -EINVAL;
}

static int prepare(const struct bpflock_host *host, const void *config)
{
	const struct config *first = config;

	return first->text && *first->text ? host->skip_program(host, "mount") : 0;
}

static int policy(const struct bpflock_host *host, const void *config)
{
	const struct config *first = config;

	return first->colour == 2 ? host->exempt_group(host, "clock") : 0;
}

static int start(const struct bpflock_host *host, const void *config)
{
	const struct config *first = config;

	if (host->map(host, "mounts") < 0)
		return -EINVAL;
	host->log(host, BPFLOCK_LOG_INFO, "started with limit %u", first->limit);
	return 0;
}

static int stop(const struct bpflock_host *host, const void *config)
{
	(void)config;
	host->log(host, BPFLOCK_LOG_INFO, "stopped");
	return 0;
}

static const struct bpflock_kept_map kept_maps[] = { { .name = "mounts", .version = 1 } };

static const struct bpflock_metric metrics[] = {
	{ .name = "mounts_total",
	  .help = "Mounts since the first start",
	  .map = "mounts",
	  .type = BPFLOCK_METRIC_COUNTER },
};

BPFLOCK_PLUGIN(firstabi,
	.version = "1.0",
	.summary = "A plugin that was built for ABI 1.0",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.contact = "the authors of bpflock",
	.flags = BPFLOCK_ENFORCER,
	.config_size = sizeof(struct config),
	.options = BPFLOCK_TABLE(options),
	.aliases = BPFLOCK_TABLE(aliases),
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.programs = BPFLOCK_TABLE(programs),
	.check = check,
	.prepare = prepare,
	.policy = policy,
	.kept_maps = BPFLOCK_TABLE(kept_maps),
	.metrics = BPFLOCK_TABLE(metrics),
	.start = start,
	.stop = stop);
