// SPDX-License-Identifier: Apache-2.0
/* Which records are missing, and which of those were read by somebody else. */
#include "bus/sequences.h"

#include "unit.h"

#define CPUS 2

/* The last numbers from before: 10 and 20. */
static int set_up(void **state)
{
	static struct sequences sequences;
	const struct bpflock_stats stats[CPUS] = { { .records = 10 }, { .records = 20 } };

	sequences_begin(&sequences, CPUS);
	sequences_restart(&sequences, stats);
	*state = &sequences;
	return 0;
}

static int tear_down(void **state)
{
	sequences_end(*state);
	return 0;
}

static void take(struct sequences *sequences, __u16 cpu, __u64 sequence)
{
	struct bpflock_event event = { .cpu = cpu, .sequence = sequence };

	sequences_take(sequences, &event);
}

/* How many numbers are missing: of a plugin that has ended, all of them count at once. */
static __u64 missing(struct sequences *sequences)
{
	return sequences_take_stolen(sequences, true);
}

static void numbers_without_a_gap_miss_nothing(void **state)
{
	take(*state, 0, 11);
	take(*state, 0, 12);
	take(*state, 1, 21);
	assert_int_equal(missing(*state), 0);
}

static void a_gap_on_each_cpu_is_counted(void **state)
{
	take(*state, 0, 11);
	take(*state, 0, 14);
	take(*state, 1, 21);
	take(*state, 1, 23);
	assert_int_equal(missing(*state), 2 + 1);
}

static void two_numbers_in_the_wrong_order_miss_nothing(void **state)
{
	take(*state, 0, 12);
	take(*state, 0, 11);
	take(*state, 0, 13);
	assert_int_equal(missing(*state), 0);
}

static void what_is_missing_at_the_beginning_counts_from_the_last_number_before(void **state)
{
	take(*state, 0, 13);
	take(*state, 1, 21);
	assert_int_equal(missing(*state), 2);
}

/* The account of the deliveries has them. */
static void numbers_from_before_do_not_count(void **state)
{
	take(*state, 0, 7);
	take(*state, 0, 10);
	take(*state, 0, 12);
	assert_int_equal(missing(*state), 1);
}

static void a_cpu_that_recorded_nothing_misses_nothing(void **state)
{
	take(*state, 0, 11);
	assert_int_equal(missing(*state), 0);
}

static void a_cpu_that_there_is_not_is_left_alone(void **state)
{
	take(*state, CPUS, 50);
	assert_int_equal(missing(*state), 0);
}

static void what_looks_stolen_once_is_only_suspected(void **state)
{
	take(*state, 0, 12);
	assert_int_equal(sequences_take_stolen(*state, false), 0);
	take(*state, 0, 11);
	assert_int_equal(sequences_take_stolen(*state, false), 0);
	take(*state, 0, 14);
	assert_int_equal(sequences_take_stolen(*state, false), 0);
}

static void what_looks_stolen_twice_is_reported_once(void **state)
{
	take(*state, 0, 14);
	assert_int_equal(sequences_take_stolen(*state, false), 0);
	take(*state, 0, 17);
	assert_int_equal(sequences_take_stolen(*state, false), 3);
	assert_int_equal(sequences_take_stolen(*state, false), 2);
	assert_int_equal(sequences_take_stolen(*state, false), 0);
}

static void of_a_plugin_that_has_ended_all_is_reported_at_once(void **state)
{
	take(*state, 0, 14);
	assert_int_equal(sequences_take_stolen(*state, true), 3);
	assert_int_equal(sequences_take_stolen(*state, true), 0);
}

static void after_a_restart_nothing_is_known(void **state)
{
	const struct bpflock_stats stats[CPUS] = { { .records = 19 }, { .records = 20 } };

	take(*state, 0, 19);
	assert_int_equal(sequences_take_stolen(*state, true), 8);
	sequences_restart(*state, stats);
	assert_int_equal(missing(*state), 0);
	take(*state, 0, 22);
	assert_int_equal(sequences_take_stolen(*state, false), 0);
	assert_int_equal(sequences_take_stolen(*state, false), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_without_a_gap_miss_nothing),
		TEST(a_gap_on_each_cpu_is_counted),
		TEST(two_numbers_in_the_wrong_order_miss_nothing),
		TEST(what_is_missing_at_the_beginning_counts_from_the_last_number_before),
		TEST(numbers_from_before_do_not_count),
		TEST(a_cpu_that_recorded_nothing_misses_nothing),
		TEST(a_cpu_that_there_is_not_is_left_alone),
		TEST(what_looks_stolen_once_is_only_suspected),
		TEST(what_looks_stolen_twice_is_reported_once),
		TEST(of_a_plugin_that_has_ended_all_is_reported_at_once),
		TEST(after_a_restart_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
