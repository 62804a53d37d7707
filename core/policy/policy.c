/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "kernel/kernel.h"
#include "policy/exceptions.h"
#include "util/memory.h"

static const struct bpflock_value profiles[] = {
	{ "privileged", BPFLOCK_RULE_PRIVILEGED, "everything is allowed, and logged" },
	{ "allow", BPFLOCK_RULE_PRIVILEGED, NULL },
	{ "none", BPFLOCK_RULE_PRIVILEGED, NULL },
	{ "baseline", BPFLOCK_RULE_BASELINE, "allowed only in the initial pid and network namespaces" },
	{ "restricted", BPFLOCK_RULE_RESTRICTED, "everything is denied" },
};

#define LOG_ALL 0
#define LOG_DENIED 1

static const struct bpflock_value log_choices[] = {
	{ "all", LOG_ALL, "every decision" },
	{ "denied", LOG_DENIED, "denials, and what would be denied" },
};

static const struct bpflock_value session_choices[] = {
	{ "none", SESSIONS_NONE, "no session" },
	{ "active-local", SESSIONS_ACTIVE_LOCAL, "the session that logind reports as active on this machine's seat" },
};

#define ROWS_WITH_DEFAULTS(initial_profile, initial_log)                 \
	{                                                                \
		{                                                        \
			.name = "profile",                               \
			.summary = "who may do what is in neither list", \
			.initial = (initial_profile),                    \
			.type = BPFLOCK_OPTION_CHOICE,                   \
			.values = BPFLOCK_TABLE(profiles),               \
		},                                                       \
			{                                                \
				.name = "log",                           \
				.summary = "which decisions are logged", \
				.initial = (initial_log),                \
				.type = BPFLOCK_OPTION_CHOICE,           \
				.values = BPFLOCK_TABLE(log_choices),    \
			},                                               \
	}

static const struct bpflock_option usual_rows[] = ROWS_WITH_DEFAULTS("privileged", "all");
static const struct bpflock_option guard_rows[] = ROWS_WITH_DEFAULTS("baseline", "denied");

static const struct bpflock_table usual_defaults = BPFLOCK_TABLE(usual_rows);
static const struct bpflock_table guard_defaults = BPFLOCK_TABLE(guard_rows);

const struct bpflock_table *policy_defaults(const struct bpflock_plugin *descriptor)
{
	return descriptor->flags & BPFLOCK_GUARD ? &guard_defaults : &usual_defaults;
}

static const struct bpflock_option options[] = {
	{
		.name = "block",
		.summary = "operations and @groups that are always denied",
		.type = BPFLOCK_OPTION_STRING,
		.flags = BPFLOCK_OPTION_LIST,
	},
	{
		.name = "allow",
		.summary = "operations and @groups that are always allowed",
		.type = BPFLOCK_OPTION_STRING,
		.flags = BPFLOCK_OPTION_LIST,
	},
	{
		.name = "audit_only",
		.summary = "a dry run: decide and log `would deny`, but allow",
		.initial = "no",
		.type = BPFLOCK_OPTION_BOOL,
	},
	{
		.name = "event_window",
		.summary = "identical decisions within this time are one line with a count; 0 logs each",
		.initial = "1s",
		.type = BPFLOCK_OPTION_DURATION,
	},
	{
		.name = "except_cgroups",
		.summary = "paths of cgroups that baseline allows, each with all below it",
		.type = BPFLOCK_OPTION_CGROUP,
		.flags = BPFLOCK_OPTION_LIST,
	},
	{
		.name = "except_units",
		.summary = "systemd units that baseline allows, whenever they run",
		.type = BPFLOCK_OPTION_STRING,
		.flags = BPFLOCK_OPTION_LIST,
	},
	{
		.name = "except_sessions",
		.summary = "login sessions that baseline allows",
		.initial = "none",
		.type = BPFLOCK_OPTION_CHOICE,
		.values = BPFLOCK_TABLE(session_choices),
	},
};

const struct bpflock_table policy_options = BPFLOCK_TABLE(options);

/* How precisely an item of a list names an operation. The most precise item wins. */
enum precision { NOT_MEANT, BY_GROUP, BY_COVER, BY_NAME };

static enum precision item_means(const char *item, const struct operation *operation)
{
	if (item[0] == '@')
		return operation_is_in(operation, item + 1) ? BY_GROUP : NOT_MEANT;
	if (operation_is_named(operation, item))
		return BY_NAME;
	return operation_is_in(operation, item) ? BY_COVER : NOT_MEANT;
}

bool policy_item_means(const char *item, const struct operation *operation)
{
	return item_means(item, operation) != NOT_MEANT;
}

/* *ret_item is the index of the most precise item; `ret_item` may be NULL. */
static enum precision list_means(const struct config_value *list, const struct operation *operation, size_t *ret_item)
{
	enum precision best = NOT_MEANT;

	for (size_t i = 0; i < list->count; i++) {
		enum precision precision = item_means(list->strings[i], operation);

		if (precision <= best)
			continue;
		best = precision;
		if (ret_item)
			*ret_item = i;
	}
	return best;
}

static bool item_is_known(const struct operations *operations, const char *item)
{
	if (item[0] == '@')
		return operations_have_group(operations, item + 1);
	for (size_t i = 0; i < operations->count; i++)
		if (operation_is_named(&operations->items[i], item))
			return true;
	return false;
}

static void append_group(void *context, const char *group)
{
	xappend(context, ", ", "@%s", group);
}

/* The valid items of `block` and `allow`, for messages. */
static char *valid_items(const struct operations *operations)
{
	char *list = xstrdup("");

	for (size_t i = 0; i < operations->count; i++) {
		const struct operation *operation = &operations->items[i];

		xappend(&list, ", ", "%s", operation->name);
		if (*operation->aliases)
			xappend(&list, " ", "(or %s)", operation->aliases);
	}
	operations_each_group(operations, append_group, &list);
	return list;
}

static void check_items(const struct operations *operations, const struct config_section *section,
			const struct config_value *list, struct report *report)
{
	CLEANUP(cleanup_free) char *valid = valid_items(operations);

	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->strings[i];

		if (item_is_known(operations, item))
			continue;
		report_remedy(report_add(report, REPORT_ERROR, "config_error", list->places[i],
					 "[%s] %s: unknown %s '%s'", section->name, list->option->name,
					 item[0] == '@' ? "group" : "operation", item),
			      "valid: %s", valid);
	}
}

/* One file is used with many kernels, so an operation that this kernel lacks is a notice, not an error. */
static void notice_absent(const struct operations *operations, const struct config_section *section,
			  const struct config_value *list, struct report *report)
{
	for (size_t i = 0; i < operations->count; i++) {
		const struct operation *operation = &operations->items[i];
		size_t item;

		if (operation->index < 0 && list_means(list, operation, &item) >= BY_COVER)
			report_add(report, REPORT_NOTICE, "config_notice", list->places[item],
				   "[%s] %s: this kernel has no operation '%s'", section->name, list->option->name,
				   operation->name);
	}
}

/* Of an item in each list: the operations that both mean with the same precision (to be freed). */
static char *common_operations(const struct operations *operations, const struct config_value *block, size_t block_item,
			       const struct config_value *allow, size_t allow_item)
{
	char *names = xstrdup("");

	for (size_t i = 0; i < operations->count; i++) {
		const struct operation *operation = &operations->items[i];
		size_t blocking = 0, allowing = 0;
		enum precision precision = list_means(block, operation, &blocking);

		if (precision != NOT_MEANT && precision == list_means(allow, operation, &allowing) &&
		    blocking == block_item && allowing == allow_item)
			xappend(&names, ", ", "%s", operation->name);
	}
	return names;
}

static void complain_of_contradiction(const struct config_section *section, const struct config_value *block,
				      size_t block_item, const struct config_value *allow, size_t allow_item,
				      const char *names, struct report *report)
{
	const char *blocked = block->strings[block_item], *allowed = allow->strings[allow_item];
	const char *place = block->places[block_item], *other = allow->places[allow_item];
	struct report_item *item;

	if (strcmp(blocked, allowed) == 0)
		item = report_add(report, REPORT_ERROR, "config_error", place,
				  "[%s] block: '%s' is in `allow` as well (%s)", section->name, blocked, other);
	else
		item = report_add(report, REPORT_ERROR, "config_error", place,
				  "[%s] block: '%s' means %s, and so does '%s' in `allow` (%s)", section->name, blocked,
				  names, allowed, other);
	report_remedy(item, "take it out of one of the two lists, or name the operations");
}

/* Once for each pair of items, however many operations they have in common. */
static void check_contradictions(const struct operations *operations, const struct config_section *section,
				 struct report *report)
{
	const struct config_value *block = config_value(section, "block");
	const struct config_value *allow = config_value(section, "allow");

	for (size_t i = 0; i < block->count; i++) {
		for (size_t j = 0; j < allow->count; j++) {
			CLEANUP(cleanup_free) char *names = common_operations(operations, block, i, allow, j);

			if (*names)
				complain_of_contradiction(section, block, i, allow, j, names, report);
		}
	}
}

int policy_check(const struct operations *operations, const struct config_section *section, struct report *report)
{
	size_t errors = report->errors;

	check_items(operations, section, config_value(section, "block"), report);
	check_items(operations, section, config_value(section, "allow"), report);
	check_contradictions(operations, section, report);
	notice_absent(operations, section, config_value(section, "block"), report);
	notice_absent(operations, section, config_value(section, "allow"), report);
	exceptions_check(section, report);
	return report->errors > errors ? -EINVAL : 0;
}

static __u8 rule_of_profile(const struct operation *operation, const struct config_section *section)
{
	static const __u8 rules[] = {
		[BPFLOCK_BASELINE_USUAL] = BPFLOCK_RULE_BASELINE,
		[BPFLOCK_BASELINE_ALLOW] = BPFLOCK_RULE_BASELINE_ALLOW,
		[BPFLOCK_BASELINE_DENY] = BPFLOCK_RULE_BASELINE_DENY,
	};
	__u64 profile = config_number(section, "profile");

	return profile == BPFLOCK_RULE_BASELINE ? rules[operation->baseline] : (__u8)profile;
}

static struct policy_decider decide(const struct operation *operation, bool exempt,
				    const struct config_section *section)
{
	struct policy_decider blocks = { BPFLOCK_RULE_BLOCK, config_value(section, "block"), 0 };
	struct policy_decider allows = { BPFLOCK_RULE_ALLOW, config_value(section, "allow"), 0 };
	enum precision block = list_means(blocks.value, operation, &blocks.item);
	enum precision allow = list_means(allows.value, operation, &allows.item);

	if (block > allow)
		return blocks;
	if (allow > block)
		return allows;
	if (exempt)
		return (struct policy_decider){ BPFLOCK_RULE_LEVEL, NULL, 0 };
	return (struct policy_decider){ rule_of_profile(operation, section), config_value(section, "profile"), 0 };
}

struct policy_decider policy_decider(const struct operation *operation, const struct config_section *section,
				     const struct bpflock_policy_slot *slot)
{
	__u8 rule = slot->rules[operation->index] & BPFLOCK_RULE_MASK;

	return decide(operation, rule == BPFLOCK_RULE_LEVEL, section);
}

static __u8 flags_of(const struct config_section *section)
{
	__u8 flags = 0;

	if (config_number(section, "log") == LOG_DENIED)
		flags |= BPFLOCK_RULE_LOG_DENIED;
	if (config_number(section, "audit_only"))
		flags |= BPFLOCK_RULE_AUDIT;
	if (exceptions_wanted(section))
		flags |= BPFLOCK_RULE_EXCEPTIONS;
	return flags;
}

static __u8 flags_of_operation(const struct operation *operation, bool enforcing)
{
	__u8 flags = 0;

	if (operation->flags & BPFLOCK_OPERATION_DAEMON)
		flags |= BPFLOCK_RULE_DAEMON;
	if (operation->flags & BPFLOCK_OPERATION_WHILE_ENFORCING && !enforcing)
		flags |= BPFLOCK_RULE_AUDIT;
	return flags;
}

bool policy_can_deny(const struct config_section *section)
{
	__u64 profile = config_number(section, "profile");

	if (!section->enabled || config_number(section, "audit_only"))
		return false;
	return profile != BPFLOCK_RULE_PRIVILEGED || config_value(section, "block")->count;
}

bool policy_denies_host(const struct operations *operations, const struct config_section *section)
{
	__u64 profile = config_number(section, "profile");

	if (profile == BPFLOCK_RULE_RESTRICTED || config_value(section, "block")->count)
		return true;
	for (size_t i = 0; profile == BPFLOCK_RULE_BASELINE && i < operations->count; i++)
		if (operations->items[i].baseline == BPFLOCK_BASELINE_DENY)
			return true;
	return false;
}

void policy_init(struct bpflock_policy *map, const struct operations *operations)
{
	for (size_t i = 0; i < operations->count; i++)
		if (operations->items[i].index >= 0)
			map->denials[operations->items[i].index] = operations->items[i].denial;
}

void policy_resolve(const struct exemptions *exemptions, const struct config_section *section, bool enforcing,
		    struct bpflock_policy_slot *ret)
{
	const struct operations *operations = exemptions->operations;
	__u8 flags = flags_of(section);

	/* Indexes without an operation get the profile, as operations that this version does not know. */
	memset(ret->rules, (int)config_number(section, "profile") | flags, sizeof(ret->rules));
	for (size_t i = 0; i < operations->count; i++) {
		const struct operation *operation = &operations->items[i];

		if (operation->index < 0)
			continue;
		assert(operation->index < BPFLOCK_OPERATIONS_MAX);
		ret->rules[operation->index] = decide(operation, exemptions->exempt[operation->index], section).rule |
					       flags | flags_of_operation(operation, enforcing);
	}
}

/*
 * A program that read `active` before its last change may not have read the idle slot yet. It must have finished before
 * that slot is written again. Programs run inside an RCU read section.
 */
void policy_put(struct bpflock_policy *map, const struct bpflock_policy_slot *slot)
{
	__u32 idle = !(map->active & 1);

	kernel_wait_for_grace_period();
	map->slots[idle] = *slot;
	__atomic_store_n(&map->active, idle, __ATOMIC_RELEASE);
}

bool policy_is_in_force(const struct bpflock_policy *map, const struct operations *operations,
			const struct bpflock_policy_slot *slot)
{
	for (size_t i = 0; i < operations->count; i++)
		if (operations->items[i].index >= 0 &&
		    map->denials[operations->items[i].index] != operations->items[i].denial)
			return false;
	return map->active <= 1 && memcmp(&map->slots[map->active], slot, sizeof(*slot)) == 0;
}

__u32 policy_verdict(__u8 rule, bool initial)
{
	bool denies = false;

	switch (rule & BPFLOCK_RULE_MASK) {
	case BPFLOCK_RULE_UNSET:
	case BPFLOCK_RULE_BLOCK:
	case BPFLOCK_RULE_RESTRICTED:
	case BPFLOCK_RULE_BASELINE_DENY:
		denies = true;
		break;
	case BPFLOCK_RULE_BASELINE:
		denies = !initial;
		break;
	default:
		break;
	}
	if (!denies)
		return BPFLOCK_VERDICT_ALLOWED;
	return rule & BPFLOCK_RULE_AUDIT ? BPFLOCK_VERDICT_WOULD_DENY : BPFLOCK_VERDICT_DENIED;
}

const char *policy_rule_name(__u32 rule)
{
	static const char *const names[] = {
		[BPFLOCK_RULE_BLOCK] = "block",
		[BPFLOCK_RULE_ALLOW] = "allow",
		[BPFLOCK_RULE_LEVEL] = "level",
		[BPFLOCK_RULE_PRIVILEGED] = "privileged",
		[BPFLOCK_RULE_RESTRICTED] = "restricted",
		[BPFLOCK_RULE_BASELINE] = "baseline",
		[BPFLOCK_RULE_EXCEPTION] = "exception",
		[BPFLOCK_RULE_GRANT] = "grant",
		[BPFLOCK_RULE_BASELINE_ALLOW] = "baseline",
		[BPFLOCK_RULE_BASELINE_DENY] = "baseline",
	};

	return rule < ARRAY_SIZE(names) ? names[rule] : NULL;
}

static const char *const reasons[][BPFLOCK_VERDICTS] = {
	[BPFLOCK_RULE_UNSET] = { NULL, "denied (no policy)", NULL },
	[BPFLOCK_RULE_BLOCK] = { NULL, "denied (block)", "would deny (block)" },
	[BPFLOCK_RULE_ALLOW] = { "allow (allow)", NULL, NULL },
	[BPFLOCK_RULE_LEVEL] = { "allow (level)", NULL, NULL },
	[BPFLOCK_RULE_PRIVILEGED] = { "allow (privileged)", NULL, NULL },
	[BPFLOCK_RULE_RESTRICTED] = { NULL, "denied (restricted)", "would deny (restricted)" },
	[BPFLOCK_RULE_BASELINE] = { "allow (baseline)", "denied (baseline)", "would deny (baseline)" },
	[BPFLOCK_RULE_EXCEPTION] = { "allow (exception)", NULL, NULL },
	[BPFLOCK_RULE_GRANT] = { "allow (grant)", NULL, NULL },
	[BPFLOCK_RULE_BASELINE_ALLOW] = { "allow (baseline)", NULL, NULL },
	[BPFLOCK_RULE_BASELINE_DENY] = { NULL, "denied (baseline)", "would deny (baseline)" },
};

const char *policy_reason(__u32 rule, __u32 verdict)
{
	if (rule >= ARRAY_SIZE(reasons) || verdict >= BPFLOCK_VERDICTS)
		return NULL;
	return reasons[rule][verdict];
}
