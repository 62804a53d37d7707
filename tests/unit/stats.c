// SPDX-License-Identifier: Apache-2.0
/* What the daemon logs of the kernel's counts: their sum is the sum of all decisions. */
#include "daemon/stats.h"

#include "log_fixture.h"

static struct operation operation_items[] = {
	{ .name = (char *)(uintptr_t) "door", .text = (char *)(uintptr_t) "the door", .index = 3 },
	{ .name = (char *)(uintptr_t) "absent", .text = (char *)(uintptr_t) "absent", .index = -1 },
};

static const struct plugin plugin = {
	.name = (char *)(uintptr_t) "sampler",
	.operations = { operation_items, ARRAY_SIZE(operation_items) },
};

/* The lines about decisions, for these counts of the kernel. */
static const char *lines_for(struct fixture *test, const struct bpflock_counters *counters)
{
	struct delivery_state delivery = { .submitted = 7 };
	struct plugin_state state = { .stats_map = -1, .counters = counters, .delivery = &delivery };
	struct instance instance = { .plugin = &plugin, .state = &state };
	struct managed_plugin managed = { .plugin = &plugin, .instance = &instance };
	const struct manager manager = { .plugins = &managed, .count = 1 };

	open_log(test, test->output);
	stats_log_totals(test->log, &manager);
	return text_of_log(test);
}

static void a_count_is_the_sum_over_all_cpus_and_has_both_names(void **state)
{
	static struct bpflock_counters counters;
	const char *text;

	counters.decisions[0][3][BPFLOCK_VERDICT_ALLOWED] = 1;
	counters.decisions[BPFLOCK_COUNTER_STRIPES - 1][3][BPFLOCK_VERDICT_ALLOWED] = 2;
	counters.decisions[1][3][BPFLOCK_VERDICT_EXEMPT] = 4;
	text = lines_for(*state, &counters);
	assert_non_null(strstr(text,
			       "event=decisions operation=\\\"the door\\\" op=door allowed=3 denied=0 would_deny=0 "
			       "exempt=4\" bpfprog=sampler"));
	assert_int_equal(count_in(text, "event=decisions "), 1);
	assert_non_null(strstr(text, "event=records count=0 lost=0 submitted=7\" bpfprog=sampler"));
}

static void decisions_about_numbers_in_no_table_are_counted_too(void **state)
{
	static struct bpflock_counters counters;
	const char *text;

	counters.decisions[0][0][BPFLOCK_VERDICT_DENIED] = 5;
	counters.decisions[0][BPFLOCK_OPERATIONS_MAX - 1][BPFLOCK_VERDICT_WOULD_DENY] = 6;
	text = lines_for(*state, &counters);
	assert_non_null(strstr(text, "event=decisions operation=unknown(0) allowed=0 denied=5 would_deny=0\" "
				     "bpfprog=sampler"));
	assert_non_null(strstr(text, "event=decisions operation=unknown(127) allowed=0 denied=0 would_deny=6\" "
				     "bpfprog=sampler"));
	assert_int_equal(count_in(text, "event=decisions "), 2);
}

static void decisions_about_numbers_beyond_the_policy_are_counted_together(void **state)
{
	static struct bpflock_counters counters;
	const char *text;

	counters.beyond[0][BPFLOCK_VERDICT_DENIED] = 1;
	counters.beyond[BPFLOCK_COUNTER_STRIPES - 1][BPFLOCK_VERDICT_DENIED] = 1;
	text = lines_for(*state, &counters);
	assert_non_null(strstr(text, "event=decisions operation=unknown(128+) allowed=0 denied=2 would_deny=0\" "
				     "bpfprog=sampler"));
	assert_int_equal(count_in(text, "event=decisions "), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_count_is_the_sum_over_all_cpus_and_has_both_names),
		TEST(decisions_about_numbers_in_no_table_are_counted_too),
		TEST(decisions_about_numbers_beyond_the_policy_are_counted_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
