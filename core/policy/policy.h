/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy module turns profile, lists and groups into one rule per operation.
 *
 * It knows no plugin by name: an enforcer declares its operations, and the section of every enforcer has the options of
 * policy_options.
 */
#ifndef BPFLOCK_POLICY_POLICY_H
#define BPFLOCK_POLICY_POLICY_H

#include <bpflock/plugin.h>
#include <stdbool.h>

#include "config/config.h"
#include "util/report.h"

struct btf;

/**
 * struct operation - one operation, as it is on the running kernel
 * @name:    as in the configuration
 * @aliases: further names in the configuration, separated by spaces: of other enumerators with the same number
 * @text:    as in the log: the kernel's wording, or the name
 * @summary: for --help-plugin
 * @groups:  without '@', separated by spaces; every operation is also in "all"
 * @index:   the number that the hook passes: the index in the policy map; -1 where this kernel lacks it
 * @flags:   BPFLOCK_OPERATION_DAEMON, BPFLOCK_OPERATION_WHILE_ENFORCING
 * @denial:  the errno of its denial, positive; 0 for EPERM
 * @baseline: BPFLOCK_BASELINE_*
 */
struct operation {
	char *name;
	char *aliases;
	char *text;
	char *summary;
	char *groups;
	int index;
	__u32 flags;
	__u8 denial;
	__u32 baseline;
};

struct operations {
	struct operation *items;
	size_t count;
};

/*
 * Builds the operations of an enforcer. Where a kernel enumeration numbers them, it is found in `btf` by name. Without
 * BTF (NULL) only operations without an enumerator have an index. Returns 0, -ENOENT when the kernel's BTF lacks the
 * enumeration, or -E2BIG when its numbers are too large for a policy.
 */
int operations_build(const struct bpflock_plugin *descriptor, const struct btf *btf, struct operations *ret);
void operations_free(struct operations *operations);

/* Is this its name, or an alias? */
bool operation_is_named(const struct operation *operation, const char *name);

const struct operation *operations_at(const struct operations *operations, __u32 index);

#define OPERATION_TEXT_SIZE 24

/* What the log says for the number of an operation that is in no table: unknown(N). */
void operation_unknown_text(__u32 index, char ret[OPERATION_TEXT_SIZE]);

/* Whether there is such a group (without '@'). */
bool operations_have_group(const struct operations *operations, const char *group);
bool operation_is_in(const struct operation *operation, const char *group);

/* Visits the name of each group once, "all" first. Operations that include others are not groups. */
void operations_each_group(const struct operations *operations, void (*visit)(void *context, const char *group),
			   void *context);

/**
 * struct exemptions - operations of one enforcer that the profile does not govern
 * @operations: all operations of the enforcer
 * @exempt:     by the index of the operation
 */
struct exemptions {
	const struct operations *operations;
	bool exempt[BPFLOCK_OPERATIONS_MAX];
};

/* Adds the operations of a group. Returns 0, or -ENOENT when there is no such group. */
int exemptions_add(struct exemptions *exemptions, const char *group);

/* The options of every enforcer's section: those with other defaults for guards, and the rest. */
const struct bpflock_table *policy_defaults(const struct bpflock_plugin *descriptor);
extern const struct bpflock_table policy_options;

/*
 * Checks `block` and `allow` of a section for unknown names and contradictions, and its exceptions. Errors are reported
 * with their origin and what would be valid. Returns 0 or -EINVAL.
 */
int policy_check(const struct operations *operations, const struct config_section *section, struct report *report);

/* Can the policy of this section deny anything to anybody? */
bool policy_can_deny(const struct config_section *section);

/* Can it deny anything to tasks of the initial namespaces? */
bool policy_denies_host(const struct operations *operations, const struct config_section *section);

/*
 * Evaluates the rule of each operation, for a section that has passed policy_check(). `enforcing`: an enforcer that is
 * not a guard can deny something.
 */
void policy_resolve(const struct exemptions *exemptions, const struct config_section *section, bool enforcing,
		    struct bpflock_policy_slot *ret);

/* Does an item of `block` or `allow`, or of a grant, mean this operation? By name, by the one that covers it, or by group. */
bool policy_item_means(const char *item, const struct operation *operation);

/**
 * struct policy_decider - what has decided which rule an operation has
 * @rule:  BPFLOCK_RULE_*
 * @value: the option; NULL for BPFLOCK_RULE_LEVEL, where options of the plugin's own have
 * @item:  which item of a list
 */
struct policy_decider {
	__u8 rule;
	const struct config_value *value;
	size_t item;
};

/* Of an operation that this kernel has. `slot` is what policy_resolve() has made of the section. */
struct policy_decider policy_decider(const struct operation *operation, const struct config_section *section,
				     const struct bpflock_policy_slot *slot);

/* Writes the errnos of denials, which no configuration changes. Call it before the programs are attached. */
void policy_init(struct bpflock_policy *map, const struct operations *operations);

/* Puts a policy in force in the map of a loaded program, by one memory write. */
void policy_put(struct bpflock_policy *map, const struct bpflock_policy_slot *slot);

/* Is this policy in force there, and nothing else? */
bool policy_is_in_force(const struct bpflock_policy *map, const struct operations *operations,
			const struct bpflock_policy_slot *slot);

/*
 * The verdict of a rule byte for tasks in the initial pid and network namespaces, or for others, as the kernel decides
 * it where no exception covers the task.
 */
__u32 policy_verdict(__u8 rule, bool initial);

/* Does this rule, without flags, look for exceptions before it denies? */
static inline bool policy_rule_has_exceptions(__u32 rule)
{
	return rule == BPFLOCK_RULE_BASELINE || rule == BPFLOCK_RULE_BASELINE_DENY;
}

/* Its name: block, allow, level, privileged, baseline, restricted, exception, grant. NULL for what is no rule. */
const char *policy_rule_name(__u32 rule);

/* The fixed text of `reason=` for a rule and a verdict; NULL where the combination is not possible. */
const char *policy_reason(__u32 rule, __u32 verdict);

#endif
