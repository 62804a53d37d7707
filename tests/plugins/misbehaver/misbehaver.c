// SPDX-License-Identifier: Apache-2.0
/*
 * misbehaver: an enforcer whose callbacks misbehave as they are told.
 *
 *	[misbehaver]
 *	enabled = yes
 *	phase   = policy
 *	manner  = crash
 *
 * In the phase `observe` it does so at the first record of a process named "trigger".
 */
#include <bpflock/plugin.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { NEVER, CHECK, PREPARE, POLICY, OBSERVE };
enum { SAYS, FAILS, POSITIVE, RUBBISH, LEAST, SAYS_AND_SUCCEEDS, BUSY, CRASH, ABORT };

struct config {
	__u32 phase;
	__u32 manner;
};

static const struct bpflock_value phases[] = {
	{ "never", NEVER, "" },	  { "check", CHECK, "" },     { "prepare", PREPARE, "" },
	{ "policy", POLICY, "" }, { "observe", OBSERVE, "" },
};

static const struct bpflock_value manners[] = {
	{ "says", SAYS, "fails and says why" },
	{ "fails", FAILS, "fails and says nothing" },
	{ "positive", POSITIVE, "returns 7" },
	{ "rubbish", RUBBISH, "returns -9999" },
	{ "least", LEAST, "returns the least number" },
	{ "says_and_succeeds", SAYS_AND_SUCCEEDS, "says that it failed and returns 0" },
	{ "busy", BUSY, "returns the errno by which the daemon says that another one runs" },
	{ "crash", CRASH, "writes to nowhere" },
	{ "abort", ABORT, "calls abort()" },
};

static const struct bpflock_option options[] = {
	{ .name = "phase",
	  .summary = "the callback",
	  .initial = "never",
	  .type = BPFLOCK_OPTION_CHOICE,
	  .values = BPFLOCK_TABLE(phases),
	  BPFLOCK_MEMBER(struct config, phase) },
	{ .name = "manner",
	  .summary = "what it does",
	  .initial = "says",
	  .type = BPFLOCK_OPTION_CHOICE,
	  .values = BPFLOCK_TABLE(manners),
	  BPFLOCK_MEMBER(struct config, manner) },
};

static const struct bpflock_operation operations[] = {
	{ .name = "chroot", .summary = "change the root directory" },
};

static const struct bpflock_event_type events[] = {
	{ .type = 1, .flags = BPFLOCK_EVENT_DECISION, .name = "lsm_misbehaver", .summary = "a decision" },
};

/* What observe() is not given. */
static struct config last;

static int misbehave(const struct bpflock_host *host, const struct config *config)
{
	volatile int *volatile nowhere = NULL;

	switch (config->manner) {
	case FAILS:
		return -ENOENT;
	case POSITIVE:
		return 7;
	case RUBBISH:
		return -9999;
	case LEAST:
		return INT_MIN;
	case BUSY:
		return -EBUSY;
	case CRASH:
		*nowhere = 1;
		return 0;
	case ABORT:
		abort();
	}
	host->error(host, "it does not like this machine");
	return config->manner == SAYS ? -EINVAL : 0;
}

static int callback(const struct bpflock_host *host, const struct config *config, __u32 phase)
{
	last = *config;
	return config->phase == phase ? misbehave(host, config) : 0;
}

static int check(const struct bpflock_host *host, const void *config)
{
	return callback(host, config, CHECK);
}

static int prepare(const struct bpflock_host *host, const void *config)
{
	return callback(host, config, PREPARE);
}

static int policy(const struct bpflock_host *host, const void *config)
{
	return callback(host, config, POLICY);
}

static void observe(const struct bpflock_host *host, const char *plugin, const struct bpflock_event *event, __u64 size)
{
	(void)plugin;
	(void)size;
	if (last.phase == OBSERVE && strcmp(event->comm, "trigger") == 0)
		(void)misbehave(host, &last);
}

BPFLOCK_PLUGIN(misbehaver,
	.version = "1.0",
	.summary = "An enforcer whose callbacks misbehave",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.config_size = sizeof(struct config),
	.options = BPFLOCK_TABLE(options),
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.check = check,
	.prepare = prepare,
	.policy = policy,
	.observe = observe);
