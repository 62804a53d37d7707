/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decisions: an enforcer's program says which operation is asked for, and returns what comes back.
 *
 *	SEC("lsm/locked_down")
 *	int BPF_PROG(locked_down, enum lockdown_reason what, int ret)
 *	{
 *		return ret ? ret : bpflock_decide(what, LOCKED_DOWN);
 *	}
 */
#ifndef BPFLOCK_POLICY_BPF_H
#define BPFLOCK_POLICY_BPF_H

#include <bpflock/event.bpf.h>
#include <bpflock/policy.h>
#include <bpflock/task.bpf.h>

#define BPFLOCK_EPERM 1

/* Written by the daemon through a mapping: see struct bpflock_policy. */
struct bpflock_policy bpflock_policy SEC(".data.policy") = {};

/*
 * The tasks that are the daemon. It must always be able to start, reload and stop, also under a
 * policy that a dead predecessor left behind, and libbpf's probes ask for operations that the policy
 * may deny. Shared by all plugins, and pinned.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} bpflock_daemon SEC(".maps");

static __always_inline bool bpflock_is_daemon(void)
{
	return bpf_task_storage_get(&bpflock_daemon, bpf_get_current_task_btf(), NULL, 0);
}

/* The rule byte of an operation. What lies beyond the table was never allowed by any policy. */
static __always_inline __u32 bpflock_rule(__u32 operation)
{
	const volatile struct bpflock_policy *policy = &bpflock_policy;

	if (operation >= BPFLOCK_OPERATIONS_MAX)
		return BPFLOCK_RULE_UNSET;
	return policy->slots[policy->active & 1].rules[operation];
}

static __always_inline bool bpflock_in_initial_namespaces(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return bpflock_in_initial_pid_namespace(task) && bpflock_in_initial_net_namespace(task);
}

static __always_inline bool bpflock_rule_allows(__u32 rule)
{
	switch (rule & BPFLOCK_RULE_MASK) {
	case BPFLOCK_RULE_ALLOW:
	case BPFLOCK_RULE_LEVEL:
	case BPFLOCK_RULE_PRIVILEGED:
		return true;
	case BPFLOCK_RULE_BASELINE:
		return bpflock_in_initial_namespaces();
	default:
		return false;
	}
}

/*
 * From 6.12 on the verifier wants to see that an LSM program returns an errno. It cannot follow the
 * negation that clang would make of this; the barrier keeps the two constants apart.
 */
static __always_inline int bpflock_verdict(bool allow)
{
	int verdict = 0;

	if (!allow) {
		verdict = -BPFLOCK_EPERM;
		asm volatile("" : "+r"(verdict));
	}
	return verdict;
}

static __always_inline void bpflock_record_decision(__u32 operation, __u32 type, __u32 rule, bool allow)
{
	struct bpflock_decision *decision;

	if (allow)
		decision = bpflock_event_begin(type, sizeof(*decision));
	else
		decision = bpflock_event_begin_denial(type, sizeof(*decision));
	if (!decision)
		return;
	decision->operation = operation;
	decision->rule = rule & BPFLOCK_RULE_MASK;
	decision->retval = bpflock_verdict(allow);
	decision->reserved = 0;
	bpflock_event_submit(decision);
}

/* Decides, records and returns 0 or -EPERM. `type` is the plugin's event type for its decisions. */
static __always_inline int bpflock_decide(__u32 operation, __u32 type)
{
	__u32 rule = bpflock_rule(operation);
	bool allow;

	if (bpflock_is_daemon())
		return 0;
	allow = bpflock_rule_allows(rule);
	if (!allow || !(rule & BPFLOCK_RULE_LOG_DENIED))
		bpflock_record_decision(operation, type, rule, allow);
	return bpflock_verdict(allow);
}

#endif
