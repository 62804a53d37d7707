/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/explain.h"

#include <string.h>

#include "util/memory.h"

bool explain_find_decider(const struct managed_plugin *managed, const struct bpflock_decision *decision,
			  struct policy_decider *ret)
{
	const struct operation *operation = operations_at(&managed->plugin->operations, decision->operation);

	if (!managed->policy || !operation || decision->event.time < managed->since)
		return false;
	*ret = policy_decider(operation, managed->section, managed->policy);
	if (decision->rule == BPFLOCK_RULE_EXCEPTION)
		return policy_rule_has_exceptions(ret->rule);
	return decision->rule == BPFLOCK_RULE_GRANT || ret->rule == decision->rule;
}

static bool is_list(const struct policy_decider *decider)
{
	return decider->value->option->flags & BPFLOCK_OPTION_LIST;
}

const char *explain_item(const struct policy_decider *decider)
{
	return is_list(decider) ? decider->value->strings[decider->item] : decider->value->text;
}

const char *explain_place(const struct policy_decider *decider)
{
	return is_list(decider) ? decider->value->places[decider->item] : decider->value->origin;
}

/* " (block = dev_mem at FILE:LINE)", or "". */
static char *origin_of(const struct explanation *explanation)
{
	const struct policy_decider *decider = explanation->decider;

	if (!decider || !decider->value)
		return xstrdup("");
	return xasprintf(" (%s = %s at %s)", decider->value->option->name, explain_item(decider),
			 explain_place(decider));
}

char *explain_why(const struct explanation *explanation)
{
	static const char *const reasons[] = {
		[BPFLOCK_RULE_UNSET] = "no policy was in force: then everything is denied",
		[BPFLOCK_RULE_BLOCK] = "the list `block` has it",
		[BPFLOCK_RULE_ALLOW] = "the list `allow` has it",
		[BPFLOCK_RULE_LEVEL] = "the profile does not govern this operation",
		[BPFLOCK_RULE_PRIVILEGED] = "the profile allows everything that no list has",
		[BPFLOCK_RULE_RESTRICTED] = "the profile denies everything that no list has",
		[BPFLOCK_RULE_BASELINE] = "the profile allows only tasks in the initial pid and network namespaces",
		[BPFLOCK_RULE_EXCEPTION] = "the profile would deny it, and an exception covers the cgroup of the task",
		[BPFLOCK_RULE_GRANT] = "a grant allows it for a time, against the policy",
		[BPFLOCK_RULE_BASELINE_ALLOW] = "the profile allows everybody this operation",
		[BPFLOCK_RULE_BASELINE_DENY] = "the profile denies this operation, also in the initial namespaces",
	};
	CLEANUP(cleanup_free) char *origin = origin_of(explanation);

	if (explanation->rule >= ARRAY_SIZE(reasons))
		return xasprintf("a rule that has no explanation%s", origin);
	return xasprintf("%s%s", reasons[explanation->rule], origin);
}

/* What to take out of a list, and what else would win over it. */
static char *change_list(const struct explanation *explanation, const char *other)
{
	const struct policy_decider *decider = explanation->decider;

	if (!decider)
		return xasprintf("the configuration has changed since: bpflockctl explain --operation %s",
				 explanation->operation);
	if (explain_item(decider)[0] == '@')
		return xasprintf("add %s = %s to [%s]: a name wins over a group. Or take %s out of `%s` at %s", other,
				 explanation->operation, explanation->plugin, explain_item(decider),
				 decider->value->option->name, explain_place(decider));
	return xasprintf("take %s out of `%s` in [%s] at %s", explain_item(decider), decider->value->option->name,
			 explanation->plugin, explain_place(decider));
}

/* Processes choose names of cgroups, so what a list would read in another way is not proposed; nor is the root. */
static bool can_be_excepted(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.:@";

	return strcmp(name, "/") != 0 && *name && strspn(name, plain) == strlen(name);
}

/* Exceptions loosen less than `allow`. */
static char *change_baseline(const struct explanation *explanation)
{
	const char *plugin = explanation->plugin, *operation = explanation->operation;

	if (explanation->verdict == BPFLOCK_VERDICT_ALLOWED)
		return xasprintf("block = %s in [%s] denies everybody this", operation, plugin);
	if (can_be_excepted(explanation->unit))
		return xasprintf("except_units = %s in [%s] allows that unit what baseline denies; allow = %s allows "
				 "everybody this; block = %s denies everybody this",
				 explanation->unit, plugin, operation, operation);
	if (can_be_excepted(explanation->cgroup))
		return xasprintf(
			"except_cgroups = %s in [%s] allows that cgroup what baseline denies; allow = %s allows "
			"everybody this; block = %s denies everybody this",
			explanation->cgroup, plugin, operation, operation);
	return xasprintf("allow = %s in [%s] allows everybody this, block = %s denies it; except_units or "
			 "except_cgroups allow some what baseline denies",
			 operation, plugin, operation);
}

char *explain_change(const struct explanation *explanation)
{
	const char *plugin = explanation->plugin, *operation = explanation->operation;

	switch (explanation->rule) {
	case BPFLOCK_RULE_BLOCK:
		return change_list(explanation, "allow");
	case BPFLOCK_RULE_ALLOW:
		return change_list(explanation, "block");
	case BPFLOCK_RULE_LEVEL:
		return xasprintf(
			"block = %s in [%s] denies everybody this; bpflockctl plugins %s shows the option that "
			"says what the profile governs",
			operation, plugin, plugin);
	case BPFLOCK_RULE_PRIVILEGED:
		return xasprintf("block = %s in [%s] denies everybody this; profile = baseline only tasks in other "
				 "namespaces",
				 operation, plugin);
	case BPFLOCK_RULE_RESTRICTED:
		return xasprintf("allow = %s in [%s] allows everybody this", operation, plugin);
	case BPFLOCK_RULE_BASELINE:
		return change_baseline(explanation);
	case BPFLOCK_RULE_BASELINE_ALLOW:
		return xasprintf("block = %s in [%s] denies everybody this", operation, plugin);
	case BPFLOCK_RULE_BASELINE_DENY:
		return xasprintf("except_units or except_cgroups in [%s] allow some what baseline denies; allow = %s "
				 "allows everybody this",
				 plugin, operation);
	case BPFLOCK_RULE_EXCEPTION:
		return xasprintf(
			"take the exception out of except_cgroups, except_units or except_sessions in [%s], or "
			"block = %s there, which denies everybody this",
			plugin, operation);
	case BPFLOCK_RULE_GRANT:
		return xstrdup("bpflockctl grants shows who may do this until when, and bpflockctl revoke ends it");
	default:
		return xasprintf("bpflockctl status and bpflockctl policy %s show what is in force", plugin);
	}
}
