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
 * What has made the rule of a decision the rule. False where the configuration in force is a later one, or the rule is
 * another one: then nobody knows what the configuration said.
 */
bool explain_find_decider(const struct managed_plugin *managed, const struct bpflock_decision *decision,
			  struct policy_decider *ret);

/* The item of the configuration that has decided, and where it was written. `value` of the decider is not NULL. */
const char *explain_item(const struct policy_decider *decider);
const char *explain_place(const struct policy_decider *decider);

#endif
