// SPDX-License-Identifier: Apache-2.0
/* Which places of the map grants take, and for how long. */
#include "policy/grants.h"

#include "unit.h"

static struct bpflock_grants grants;

static int set_up(void **state)
{
	(void)state;
	grants = (struct bpflock_grants){ 0 };
	return 0;
}

static bool put(__u32 id, __u64 until, __u64 now)
{
	const struct bpflock_grant grant = { .id = id, .until = until, .scope = BPFLOCK_GRANT_HOST };

	return grants_put(&grants, &grant, now);
}

static void a_grant_is_found_until_its_time_is_over(void **state)
{
	(void)state;
	assert_true(put(7, 100, 0));
	assert_int_equal(grants_find(&grants, 7, 99)->id, 7);
	assert_null(grants_find(&grants, 7, 100));
	assert_null(grants_find(&grants, 8, 0));
}

static void one_that_was_ended_is_not_found_and_its_number_is_known(void **state)
{
	(void)state;
	assert_true(put(7, 100, 0));
	grants_end(grants_find(&grants, 7, 0));
	assert_null(grants_find(&grants, 7, 0));
	assert_int_equal(grants_last_id(&grants), 7);
	assert_true(grants.items[0].end_told);
}

static void all_places_are_used_and_no_more(void **state)
{
	(void)state;
	for (__u32 id = 1; id <= BPFLOCK_GRANTS_MAX; id++)
		assert_true(put(id, 100, 0));
	assert_false(put(17, 100, 99));
	assert_true(put(17, 200, 100));
	assert_int_equal(grants_find(&grants, 17, 100)->until, 200);
}

/* So that next numbers are new also when many were given. */
static void the_place_with_the_smallest_number_is_used_again(void **state)
{
	(void)state;
	for (__u32 id = 1; id <= BPFLOCK_GRANTS_MAX; id++)
		assert_true(put(id + 1, 100, 0));
	assert_true(put(30, 300, 200));
	assert_int_equal(grants.items[0].id, 30);
	assert_true(put(31, 300, 200));
	assert_int_equal(grants.items[1].id, 31);
}

static void operations_are_bits_in_two_words(void **state)
{
	struct bpflock_grant grant = { 0 };

	(void)state;
	grant_add_operation(&grant, 0);
	grant_add_operation(&grant, 64);
	grant_add_operation(&grant, BPFLOCK_OPERATIONS_MAX - 1);
	assert_true(grant.operations[0] == 1 && grant.operations[1] == (1 | 1ull << 63));
	assert_true(grant_has_operation(&grant, 64));
	assert_false(grant_has_operation(&grant, 63));
	assert_false(grant_has_operation(&grant, BPFLOCK_OPERATIONS_MAX));
}

static void the_kernel_gets_what_is_different_and_it_is_counted(void **state)
{
	struct bpflock_grants kernel = { 0 };

	(void)state;
	assert_true(put(7, 100, 0));
	assert_true(put(8, 100, 0));
	assert_int_equal(grants_publish(&kernel, &grants), 2);
	assert_memory_equal(&kernel, &grants, sizeof(grants));
	assert_int_equal(grants_publish(&kernel, &grants), 0);
	kernel.items[1].until = UINT64_MAX;
	kernel.items[9] = kernel.items[0];
	assert_int_equal(grants_publish(&kernel, &grants), 2);
	assert_memory_equal(&kernel, &grants, sizeof(grants));
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_grant_is_found_until_its_time_is_over),
		TEST(one_that_was_ended_is_not_found_and_its_number_is_known),
		TEST(all_places_are_used_and_no_more),
		TEST(the_place_with_the_smallest_number_is_used_again),
		TEST(operations_are_bits_in_two_words),
		TEST(the_kernel_gets_what_is_different_and_it_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
