/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The policy that the daemon writes and an enforcer's programs read, and the record of a decision.
 *
 * BPF programs read one byte of a policy per operation: the rule that decides it, and flags. Profiles,
 * lists, groups and levels are evaluated in user space (core/policy). A decision reads one byte, so it
 * never mixes two policies.
 */
#ifndef BPFLOCK_POLICY_H
#define BPFLOCK_POLICY_H

#include <bpflock/event.h>

/* Operations of one enforcer; an operation is an index below this. Since ABI 1.0. */
#define BPFLOCK_OPERATIONS_MAX 128

/* Programs of one enforcer's BPF object. Since ABI 1.0. */
#define BPFLOCK_PROGRAMS_MAX 64

/*
 * Before the load the daemon replaces this constant in each program by the program's number, its place in the BPF
 * object. Code that many programs share cannot know it otherwise. Since ABI 1.0.
 */
#define BPFLOCK_PROGRAM_NUMBER 0x62706c6b

/*
 * The index of the n-th operation (from 0) that has no enumerator, where the others are numbered by the kernel:
 * see struct bpflock_operation. They are at the end, because the kernel's numbers grow from 0. Since ABI 1.0.
 */
#define BPFLOCK_OPERATION_OWN(n) (BPFLOCK_OPERATIONS_MAX - 1 - (n))

/*
 * The rule that decides an operation, in the order of evaluation (docs/configuration.md). Zero is not
 * a rule: a byte that was never written denies. Since ABI 1.0.
 */
#define BPFLOCK_RULE_UNSET 0u	   /* no policy was written: deny */
#define BPFLOCK_RULE_BLOCK 1u	   /* the operation is in `block`: deny */
#define BPFLOCK_RULE_ALLOW 2u	   /* the operation is in `allow`: allow */
#define BPFLOCK_RULE_LEVEL 3u	   /* the profile does not govern this operation: allow */
#define BPFLOCK_RULE_PRIVILEGED 4u /* profile privileged: allow */
#define BPFLOCK_RULE_RESTRICTED 5u /* profile restricted: deny */
#define BPFLOCK_RULE_BASELINE 6u   /* profile baseline: allow in the initial namespaces, else deny */
#define BPFLOCK_RULE_EXCEPTION 7u  /* in records only: baseline would deny, an exception allows */
#define BPFLOCK_RULE_GRANT 8u	   /* in records only: the rule would deny, a grant allows for a time */
/* Profile baseline, where the table of operations says so (struct bpflock_operation.baseline). */
#define BPFLOCK_RULE_BASELINE_ALLOW 9u /* allow */
#define BPFLOCK_RULE_BASELINE_DENY 10u /* deny, also in the initial namespaces; exceptions apply */
#define BPFLOCK_RULE_MASK 0x0fu

/* Flags beside the rule. Since ABI 1.0. */
#define BPFLOCK_RULE_DAEMON 0x10u     /* the daemon needs the operation: its requests are allowed */
#define BPFLOCK_RULE_EXCEPTIONS 0x20u /* there are exceptions: look before baseline denies */
#define BPFLOCK_RULE_AUDIT 0x40u      /* only audited: decide and record, but allow */
#define BPFLOCK_RULE_LOG_DENIED 0x80u /* `log = denied`: do not record what is allowed */

/* The result of a decision: an index of struct bpflock_counters, and a member of the record. Since ABI 1.0. */
#define BPFLOCK_VERDICT_ALLOWED 0u
#define BPFLOCK_VERDICT_DENIED 1u
#define BPFLOCK_VERDICT_WOULD_DENY 2u /* allowed, because the operation is only audited */
#define BPFLOCK_VERDICT_EXEMPT 3u     /* not decided, because the daemon asked: counted, never recorded */
#define BPFLOCK_VERDICTS 4u

/* Cgroups that one enforcer's exceptions may name at a time. Since ABI 1.0. */
#define BPFLOCK_EXCEPTIONS_MAX 4096

/** struct bpflock_policy_slot - one complete policy: a rule byte for each operation. Since ABI 1.0. */
struct bpflock_policy_slot {
	__u8 rules[BPFLOCK_OPERATIONS_MAX];
};

/**
 * struct bpflock_policy - the policy map of one enforcer
 * @active: index of the slot in force
 * @slots:  the policy in force and the one that is being prepared
 * @passes: by program, in the order of the BPF object: how often it ran for the daemon, and let it pass. The daemon
 *          triggers the hooks and checks that these numbers grew. That shows that the programs run.
 * @denials: the errno of each operation's denial, positive; 0 for EPERM. Written before the programs are attached.
 *
 * The daemon maps it, fills the idle slot and changes @active by one memory write. Since ABI 1.0.
 */
struct bpflock_policy {
	__u32 active;
	struct bpflock_policy_slot slots[2];
	__u64 passes[BPFLOCK_PROGRAMS_MAX];
	__u8 denials[BPFLOCK_OPERATIONS_MAX];
};

/* Number of sets of counters. CPUs are spread over the sets, so that they seldom share a cache line. */
#define BPFLOCK_COUNTER_STRIPES 4

/**
 * struct bpflock_counters - how often each operation was decided, and how
 * @decisions: by stripe, operation and verdict; a count is the sum over the stripes
 * @beyond:    the same for all operations from BPFLOCK_OPERATIONS_MAX on together
 *
 * Incremented atomically, before the record is written: the counts are exact even where records are lost.
 * The generations of a plugin share them, and one generation counts each decision. Since ABI 1.0.
 */
struct bpflock_counters {
	__u64 decisions[BPFLOCK_COUNTER_STRIPES][BPFLOCK_OPERATIONS_MAX][BPFLOCK_VERDICTS];
	__u64 beyond[BPFLOCK_COUNTER_STRIPES][BPFLOCK_VERDICTS];
};

/* Grants of one enforcer at a time. Since ABI 1.0. */
#define BPFLOCK_GRANTS_MAX 16

/* Whom a grant is for. Since ABI 1.0. */
#define BPFLOCK_GRANT_HOST 1u	  /* tasks in the initial pid and network namespaces */
#define BPFLOCK_GRANT_CGROUP 2u	  /* tasks of one cgroup and of all below it */
#define BPFLOCK_GRANT_EVERYONE 3u /* all tasks */

/* Of the reason of a grant, the terminating NUL included. Since ABI 1.0. */
#define BPFLOCK_GRANT_REASON_LEN 128

/**
 * struct bpflock_grant - operations that are allowed for a time, whatever the policy says
 * @until:      CLOCK_BOOTTIME in nanoseconds; 0 where there is no grant, or none any more. Written last.
 * @operations: a bit for each operation
 * @cgroupid:   of the cgroup, for BPFLOCK_GRANT_CGROUP
 * @scope:      BPFLOCK_GRANT_*
 * @id:         from 1; a number is not used twice
 * @since:      when it was made, as @until; for the daemon, as all that follow
 * @end_told:   the log has its end
 * @reserved:   zero
 * @reason:     why
 *
 * The daemon writes it through a mapping. The kernel ends it, also where no daemon runs. Since ABI 1.0.
 */
struct bpflock_grant {
	__u64 until;
	__u64 operations[BPFLOCK_OPERATIONS_MAX / 64];
	__u64 cgroupid;
	__u32 scope;
	__u32 id;
	__u64 since;
	__u32 end_told;
	__u32 reserved;
	char reason[BPFLOCK_GRANT_REASON_LEN];
};

/** struct bpflock_grants - the grants of one enforcer, shared by its generations. Since ABI 1.0. */
struct bpflock_grants {
	struct bpflock_grant items[BPFLOCK_GRANTS_MAX];
};

/**
 * struct bpflock_decision - the record of one decision
 * @event:     common to all records; its task is the one that asked
 * @operation: index of the operation
 * @rule:      BPFLOCK_RULE_*, without flags
 * @grant:     the id of the grant, where @rule is BPFLOCK_RULE_GRANT; 0 otherwise
 * @retval:    what the program returned: 0, or a negative errno
 * @verdict:   BPFLOCK_VERDICT_*
 *
 * Since ABI 1.0.
 */
struct bpflock_decision {
	struct bpflock_event event;
	__u32 operation;
	__u16 rule;
	__u16 grant;
	__s32 retval;
	__u32 verdict;
};

#endif
