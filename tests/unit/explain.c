/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences that say why something was decided, and what to change. */
#include "daemon/explain.h"

#include <string.h>

#include "unit.h"
#include "util/memory.h"

static char kcore[] = "kcore", all[] = "@all", first[] = "a.conf:3", second[] = "a.conf:4";
static char *items[] = { kcore, all };
static char *places[] = { first, second };
static char baseline[] = "baseline", unset[] = "default";
static const struct bpflock_option block_option = { .name = "block", .flags = BPFLOCK_OPTION_LIST };
static const struct config_value block = { .option = &block_option, .count = 2, .strings = items, .places = places };
static const struct bpflock_option profile_option = { .name = "profile" };
static const struct config_value profile = { .option = &profile_option, .text = baseline, .origin = unset };

static const struct explanation usual = {
	.plugin = "gate",
	.operation = "kcore",
	.verdict = BPFLOCK_VERDICT_DENIED,
	.unit = "",
	.cgroup = "",
};

static void assert_says(const struct explanation *explanation, const char *why, const char *change)
{
	CLEANUP(cleanup_free) char *reason = explain_why(explanation), *remedy = explain_change(explanation);

	assert_non_null(strstr(reason, why));
	assert_non_null(strstr(remedy, change));
}

static void an_item_of_a_list_is_named_with_its_line(void **state)
{
	const struct policy_decider by_name = { BPFLOCK_RULE_BLOCK, &block, 0 },
				    by_group = { BPFLOCK_RULE_BLOCK, &block, 1 };
	struct explanation explanation = usual;

	(void)state;
	explanation.rule = BPFLOCK_RULE_BLOCK;
	explanation.decider = &by_name;
	assert_says(&explanation, "(block = kcore at a.conf:3)", "take kcore out of `block` in [gate] at a.conf:3");
	explanation.decider = &by_group;
	assert_says(&explanation, "(block = @all at a.conf:4)",
		    "add allow = kcore to [gate]: a name wins over a group");
	explanation.decider = NULL;
	assert_says(&explanation, "the list `block` has it", "the configuration has changed since");
}

static void an_exception_is_proposed_for_the_unit_or_else_the_cgroup(void **state)
{
	const struct policy_decider decider = { BPFLOCK_RULE_BASELINE, &profile, 0 };
	struct explanation explanation = usual;

	(void)state;
	explanation.rule = BPFLOCK_RULE_BASELINE;
	explanation.decider = &decider;
	assert_says(&explanation, "(profile = baseline at default)", "allow = kcore in [gate] allows everybody this, ");
	explanation.cgroup = "/system.slice/a.service/b";
	assert_says(&explanation, "", "except_cgroups = /system.slice/a.service/b in [gate]");
	explanation.unit = "a.service";
	assert_says(&explanation, "", "except_units = a.service in [gate]");
	explanation.verdict = BPFLOCK_VERDICT_ALLOWED;
	assert_says(&explanation, "", "block = kcore in [gate] denies everybody this");
}

static void no_exception_is_proposed_that_would_cover_something_else(void **state)
{
	static const char *const names[] = { "/", "/a, /b", "/a\n/b", "" };
	struct explanation explanation = usual;

	(void)state;
	explanation.rule = BPFLOCK_RULE_BASELINE;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		explanation.cgroup = explanation.unit = names[i];
		assert_says(&explanation, "", "allow = kcore in [gate] allows everybody this, ");
	}
}

static void each_rule_has_its_sentences(void **state)
{
	static const struct {
		__u32 rule;
		const char *why;
		const char *change;
	} table[] = {
		{ BPFLOCK_RULE_UNSET, "no policy", "bpflockctl status" },
		{ BPFLOCK_RULE_LEVEL, "does not govern", "bpflockctl plugins gate" },
		{ BPFLOCK_RULE_PRIVILEGED, "allows everything", "profile = baseline" },
		{ BPFLOCK_RULE_RESTRICTED, "denies everything", "allow = kcore in [gate]" },
		{ BPFLOCK_RULE_EXCEPTION, "an exception covers", "take the exception out" },
		{ BPFLOCK_RULE_GRANT, "a grant allows", "bpflockctl revoke" },
		{ BPFLOCK_RULE_BASELINE_ALLOW, "allows everybody this operation", "block = kcore in [gate]" },
		{ BPFLOCK_RULE_BASELINE_DENY, "also in the initial namespaces", "in [gate] allow some" },
		{ BPFLOCK_RULE_MASK, "no explanation", "bpflockctl policy gate" },
	};
	struct explanation explanation = usual;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		explanation.rule = table[i].rule;
		assert_says(&explanation, table[i].why, table[i].change);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_item_of_a_list_is_named_with_its_line),
		cmocka_unit_test(an_exception_is_proposed_for_the_unit_or_else_the_cgroup),
		cmocka_unit_test(no_exception_is_proposed_that_would_cover_something_else),
		cmocka_unit_test(each_rule_has_its_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
