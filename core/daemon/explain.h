/* SPDX-License-Identifier: Apache-2.0 */
/* Why something was decided, and what to change, in words. */
#ifndef BPFLOCK_DAEMON_EXPLAIN_H
#define BPFLOCK_DAEMON_EXPLAIN_H

#include "daemon/manager.h"

/**
 * struct explanation - a decision
 * @plugin:    the enforcer
 * @operation: name in the configuration
 * @verdict:   BPFLOCK_VERDICT_*
 * @rule:      that decided, BPFLOCK_RULE_*
 * @decider:   what has made it the rule; NULL where this is not known any more
 * @unit:      of the task; "" where it is not known
 * @cgroup:    of the task; "" where it is not known
 */
struct explanation {
	const char *plugin;
	const char *operation;
	__u32 verdict;
	__u32 rule;
	const struct policy_decider *decider;
	const char *unit;
	const char *cgroup;
};

/* Both are one sentence, to be freed. */
char *explain_why(const struct explanation *explanation);
char *explain_change(const struct explanation *explanation);

/*
 * What has made `rule` the rule of the operation, which may be NULL. False where the policy in force is another one: the
 * configuration may have changed since, and then nobody knows what it said.
 */
bool explain_find_decider(const struct managed_plugin *managed, const struct operation *operation, __u32 rule,
			  struct policy_decider *ret);

/* The item of the configuration that has decided, and where it was written. `value` of the decider is not NULL. */
const char *explain_item(const struct policy_decider *decider);
const char *explain_place(const struct policy_decider *decider);

#endif
