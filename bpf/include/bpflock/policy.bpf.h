/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decisions: an enforcer's program passes the requested operation to bpflock_decide() and returns the result.
 *
 *	SEC("lsm/locked_down")
 *	int BPF_PROG(locked_down, enum lockdown_reason what, int ret)
 *	{
 *		return ret ? ret : bpflock_decide(what, LOCKED_DOWN);
 *	}
 *
 * Where the record has fields of its own, in three steps. There is a record only where one is to be written:
 *
 *	struct bpflock_outcome outcome = bpflock_judge(MODULE_LOAD);
 *	struct module_load *record = bpflock_decision_begin(&outcome, MODULE_LOAD_EVENT, sizeof(*record));
 *
 *	if (record) {
 *		record->flags = flags;
 *		bpflock_decision_submit(&outcome, record);
 *	}
 *	return outcome.retval;
 */
#ifndef BPFLOCK_POLICY_BPF_H
#define BPFLOCK_POLICY_BPF_H

#include <bpflock/cgroup.bpf.h>
#include <bpflock/event.bpf.h>
#include <bpflock/policy.h>
#include <bpflock/task.bpf.h>

#define BPFLOCK_EPERM 1

/* Written by the daemon through a mapping: see struct bpflock_policy. */
struct bpflock_policy bpflock_policy SEC(".data.policy") = {};

/*
 * Read by the daemon through a mapping: see struct bpflock_counters. The daemon replaces this map by one
 * that all generations share.
 */
struct bpflock_counters bpflock_counters SEC(".data.counters") = {};

/* Written by the daemon through a mapping: see struct bpflock_grant. All generations share this map as well. */
struct bpflock_grants bpflock_grants SEC(".data.grants") = {};

/* The cgroups that baseline makes exceptions for, each with all below it; kept by the daemon. */
BPFLOCK_CGROUPS(BPFLOCK_EXCEPTIONS_MAX) bpflock_exceptions SEC(".maps");

/*
 * Marks the tasks that are the daemon. The daemon must always be able to start, reload and stop, also
 * under a policy that a dead predecessor left. For example, libbpf's probes request operations that the
 * policy may deny. Shared by all plugins, and pinned.
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

/*
 * Bounds an index for the verifier. After a comparison the compiler drops a plain mask. It may then compare
 * one copy of the register and use another, of which the verifier knows no bound.
 */
static __always_inline __u64 bpflock_operation_index(__u64 operation)
{
	asm volatile("%0 &= %1" : "+r"(operation) : "i"(BPFLOCK_OPERATIONS_MAX - 1));
	return operation;
}

/* The rule byte of an operation. An index beyond the table is denied, as a byte that was never written. */
static __always_inline __u32 bpflock_rule(__u32 operation)
{
	const volatile struct bpflock_policy *policy = &bpflock_policy;

	if (operation >= BPFLOCK_OPERATIONS_MAX)
		return BPFLOCK_RULE_UNSET;
	return policy->slots[policy->active & 1].rules[bpflock_operation_index(operation)];
}

/*
 * Where a program loads a pointer from a trusted one, the verifier of 6.12 searches the names of all types of the
 * kernel. So this function is global, and verified once per program. Nothing in a loop loads such pointers.
 */
__noinline int bpflock_in_initial_namespaces(void);
__noinline int bpflock_in_initial_namespaces(void)
{
	return bpflock_task_is_initial(bpf_get_current_task_btf());
}

/*
 * Finds the rule that decides: BASELINE and BASELINE_DENY become EXCEPTION where one applies. Returns whether the rule
 * allows.
 */
static __always_inline bool bpflock_evaluate(__u32 *rule)
{
	switch (*rule & BPFLOCK_RULE_MASK) {
	case BPFLOCK_RULE_ALLOW:
	case BPFLOCK_RULE_LEVEL:
	case BPFLOCK_RULE_PRIVILEGED:
	case BPFLOCK_RULE_BASELINE_ALLOW:
		return true;
	case BPFLOCK_RULE_BASELINE:
		if (bpflock_in_initial_namespaces())
			return true;
		/* fallthrough */
	case BPFLOCK_RULE_BASELINE_DENY:
		if (!(*rule & BPFLOCK_RULE_EXCEPTIONS) || !bpflock_in_cgroups(&bpflock_exceptions))
			return false;
		*rule = (*rule & ~BPFLOCK_RULE_MASK) | BPFLOCK_RULE_EXCEPTION;
		return true;
	default:
		return false;
	}
}

/*
 * Is the cgroup that of the task, or above it? This function and bpflock_find_grant() are global: so the verifier
 * checks each of them once per program, and not their loops at each decision and within each other.
 */
__noinline int bpflock_is_below(__u64 cgroup);
__noinline int bpflock_is_below(__u64 cgroup)
{
	for (int level = 0; level < BPFLOCK_CGROUP_DEPTH_MAX; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);

		if (!id || id == cgroup)
			return id != 0;
	}
	return 0;
}

static __always_inline bool bpflock_is_for_task(const volatile struct bpflock_grant *grant, bool initial)
{
	switch (grant->scope) {
	case BPFLOCK_GRANT_HOST:
		return initial;
	case BPFLOCK_GRANT_CGROUP:
		return bpflock_is_below(grant->cgroupid);
	default:
		return grant->scope == BPFLOCK_GRANT_EVERYONE;
	}
}

/* The grant that allows the operation to this task, or 0. Only where the policy denies it. */
__noinline int bpflock_find_grant(__u32 operation);
__noinline int bpflock_find_grant(__u32 operation)
{
	const volatile struct bpflock_grants *grants = &bpflock_grants;
	__u64 index = bpflock_operation_index(operation), now = bpf_ktime_get_boot_ns();
	bool initial = bpflock_in_initial_namespaces();

	for (int i = 0; i < BPFLOCK_GRANTS_MAX; i++) {
		const volatile struct bpflock_grant *grant = &grants->items[i];

		if (grant->until > now && grant->operations[index / 64] & 1ull << index % 64 &&
		    bpflock_is_for_task(grant, initial))
			return (int)grant->id;
	}
	return 0;
}

static __always_inline void bpflock_count(__u32 operation, __u32 verdict)
{
	__u32 stripe = bpf_get_smp_processor_id() % BPFLOCK_COUNTER_STRIPES;
	__u64 index = bpflock_operation_index(operation);

	if (operation < BPFLOCK_OPERATIONS_MAX)
		__sync_fetch_and_add(&bpflock_counters.decisions[stripe][index][verdict], 1);
	else
		__sync_fetch_and_add(&bpflock_counters.beyond[stripe][verdict], 1);
}

/* The number of the program that this code becomes a part of. */
static __always_inline __u64 bpflock_program_number(void)
{
	__u64 number;

	asm volatile("%0 = %1" : "=r"(number) : "i"(BPFLOCK_PROGRAM_NUMBER));
	return number;
}

/*
 * For a program that decides nothing where the daemon triggers it: shows the daemon that this program runs. In the
 * task of anybody else it does nothing.
 */
static __always_inline void bpflock_show_run(void)
{
	if (bpflock_is_daemon())
		__sync_fetch_and_add(&bpflock_policy.passes[bpflock_program_number()], 1);
}

/**
 * struct bpflock_outcome - what was decided about one request
 * @operation: its index
 * @rule:      BPFLOCK_RULE_* that decided, without flags
 * @grant:     id of the grant, where @rule is BPFLOCK_RULE_GRANT; 0 otherwise
 * @verdict:   BPFLOCK_VERDICT_*
 * @retval:    what the program returns: 0, or a negative errno
 * @recorded:  it is to be recorded: neither `log = denied` nor another generation stands against it
 * @urgent:    its record is to wake the daemon: set by bpflock_decision_begin()
 *
 * Since ABI 1.0.
 */
struct bpflock_outcome {
	__u32 operation;
	__u32 rule;
	__u32 grant;
	__u32 verdict;
	int retval;
	bool recorded;
	bool urgent;
};

/* The generation that records also counts by operation. */
static __always_inline struct bpflock_outcome bpflock_let_daemon_pass(__u32 operation)
{
	__sync_fetch_and_add(&bpflock_policy.passes[bpflock_program_number()], 1);
	if (bpflock_is_recording())
		bpflock_count(operation, BPFLOCK_VERDICT_EXEMPT);
	return (struct bpflock_outcome){ .operation = operation, .verdict = BPFLOCK_VERDICT_EXEMPT };
}

/*
 * Since 6.12 the verifier checks that an LSM program returns 0 or a negative errno. It can bound a byte that is
 * subtracted from zero, but not a negation, which clang would generate here.
 */
static __always_inline int bpflock_retval(__u32 operation, __u32 verdict)
{
	const volatile struct bpflock_policy *policy = &bpflock_policy;
	__u64 retval = 0;
	__u64 denial;

	if (verdict == BPFLOCK_VERDICT_DENIED) {
		denial = policy->denials[bpflock_operation_index(operation)];
		if (!denial)
			denial = BPFLOCK_EPERM;
		asm volatile("%0 -= %1" : "+r"(retval) : "r"(denial));
	}
	return (int)retval;
}

/* bpflock_decision_begin() writes every member. */
_Static_assert(offsetof(struct bpflock_decision, verdict) + sizeof(__u32) == sizeof(struct bpflock_decision),
	       "struct bpflock_decision has no padding");

/*
 * The record of a decision, or NULL where none is to be written: the ring was full (the loss has been counted), or the
 * outcome is not recorded. `size` is a constant. The record starts with a struct bpflock_decision, behind which it is
 * zero. A denial also gets the last quarter of the ring.
 */
static __always_inline void *bpflock_decision_begin(struct bpflock_outcome *outcome, __u32 type, __u64 size)
{
	bool is_denial = outcome->verdict == BPFLOCK_VERDICT_DENIED, is_half_full;
	struct bpflock_decision *decision;

	if (!outcome->recorded)
		return NULL;
	decision = bpflock_event_reserve(type, size, is_denial, &is_half_full);
	outcome->urgent = is_denial || is_half_full;
	if (!decision)
		return NULL;
	decision->operation = outcome->operation;
	decision->rule = outcome->rule;
	decision->grant = outcome->grant;
	decision->retval = outcome->retval;
	decision->verdict = outcome->verdict;
	bpflock_zero(decision, sizeof(*decision), size);
	return decision;
}

/* Both generations pass such a request, and only the one that records counts it. */
static __always_inline struct bpflock_outcome bpflock_allow(__u32 operation, __u32 rule)
{
	struct bpflock_outcome outcome = { .operation = operation, .verdict = BPFLOCK_VERDICT_ALLOWED };

	if (!bpflock_is_recording())
		return outcome;
	bpflock_count(operation, BPFLOCK_VERDICT_ALLOWED);
	outcome.rule = rule & BPFLOCK_RULE_MASK;
	outcome.recorded = !(rule & BPFLOCK_RULE_LOG_DENIED);
	return outcome;
}

/*
 * A denial ends the chain of programs, so of two generations the one that denies counts and records. With a grant, and
 * under an audit rule, the request is allowed, but always recorded.
 */
static __always_inline struct bpflock_outcome bpflock_refuse(__u32 operation, __u32 rule)
{
	struct bpflock_outcome outcome = { .operation = operation, .rule = rule & BPFLOCK_RULE_MASK };

	if (outcome.rule != BPFLOCK_RULE_UNSET)
		outcome.grant = bpflock_find_grant(operation);
	if (outcome.grant) {
		outcome.rule = BPFLOCK_RULE_GRANT;
		outcome.verdict = BPFLOCK_VERDICT_ALLOWED;
	} else {
		outcome.verdict = rule & BPFLOCK_RULE_AUDIT ? BPFLOCK_VERDICT_WOULD_DENY : BPFLOCK_VERDICT_DENIED;
	}
	outcome.retval = bpflock_retval(operation, outcome.verdict);
	if (outcome.verdict != BPFLOCK_VERDICT_DENIED && !bpflock_is_recording())
		return outcome;
	bpflock_count(operation, outcome.verdict);
	outcome.recorded = true;
	return outcome;
}

/* Decides and counts. What is decided about the daemon's own requests is not recorded. */
static __always_inline struct bpflock_outcome bpflock_judge(__u32 operation)
{
	__u32 rule = bpflock_rule(operation);

	if (rule & BPFLOCK_RULE_DAEMON && bpflock_is_daemon())
		return bpflock_let_daemon_pass(operation);
	return bpflock_evaluate(&rule) ? bpflock_allow(operation, rule) : bpflock_refuse(operation, rule);
}

/*
 * For a hook where the kernel later acts for the caller through another task (module autoload). The hook for
 * that other task decides again, but it cannot see that baseline denies the caller. So this function decides
 * only whether baseline denies the caller, and records only such denials.
 */
static __always_inline struct bpflock_outcome bpflock_judge_requester(__u32 operation)
{
	__u32 rule = bpflock_rule(operation);

	if ((rule & BPFLOCK_RULE_MASK) != BPFLOCK_RULE_BASELINE || bpflock_evaluate(&rule))
		return (struct bpflock_outcome){ .operation = operation, .verdict = BPFLOCK_VERDICT_ALLOWED };
	return bpflock_refuse(operation, rule);
}

/* A denial does not wait for further records: the daemon is woken for it. */
static __always_inline void bpflock_decision_submit(const struct bpflock_outcome *outcome, void *record)
{
	bpf_ringbuf_submit(record, outcome->urgent ? BPF_RB_FORCE_WAKEUP : 0);
}

static __always_inline int bpflock_record_outcome(struct bpflock_outcome *outcome, __u32 type)
{
	struct bpflock_decision *decision = bpflock_decision_begin(outcome, type, sizeof(*decision));

	if (decision)
		bpflock_decision_submit(outcome, decision);
	return outcome->retval;
}

/*
 * Decides, records and returns 0 or the operation's negative errno. `type` is the plugin's event type for its
 * decisions.
 */
static __always_inline int bpflock_decide(__u32 operation, __u32 type)
{
	struct bpflock_outcome outcome = bpflock_judge(operation);

	return bpflock_record_outcome(&outcome, type);
}

/* The same of bpflock_judge_requester(). */
static __always_inline int bpflock_decide_requester(__u32 operation, __u32 type)
{
	struct bpflock_outcome outcome = bpflock_judge_requester(operation);

	return bpflock_record_outcome(&outcome, type);
}

#endif
