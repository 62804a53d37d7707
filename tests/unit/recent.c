/* SPDX-License-Identifier: Apache-2.0 */
/* The last decisions that the log was given. */
#include "bus/recent.h"

#include "unit.h"

static void the_last_64_are_known_by_how_long_ago_they_were(void **state)
{
	static struct recent recent;
	struct bpflock_decision decision = { 0 };

	(void)state;
	assert_null(recent_at(&recent, 1));
	for (__u32 i = 1; i <= 100; i++) {
		decision.operation = i;
		recent_add(&recent, NULL, &decision, 2 * i);
		assert_int_equal(recent_at(&recent, 1)->last.operation, i);
		assert_int_equal(recent_at(&recent, 1)->count, 2 * i);
		assert_null(recent_at(&recent, i + 1));
	}
	assert_int_equal(recent_at(&recent, 2)->last.operation, 99);
	assert_int_equal(recent_at(&recent, 64)->last.operation, 37);
	assert_null(recent_at(&recent, 65));
	assert_null(recent_at(&recent, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_64_are_known_by_how_long_ago_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
