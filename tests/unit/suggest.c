// SPDX-License-Identifier: Apache-2.0
/* Which names are suggested for one that is not valid. */
#include "config/suggest.h"

#include "unit.h"
#include "util/memory.h"

static void assert_suggested(const char *const *names, const char *text, const char *remedy)
{
	struct report report = { 0 };
	struct config_names valid = { 0 };

	for (; *names; names++)
		config_names_add(&valid, *names);
	config_suggest(report_add(&report, REPORT_ERROR, "config_error", NULL, "wrong"), &valid, text);
	assert_string_equal(report.items[0].remedy, remedy);
	report_clear(&report);
	config_names_clear(&valid);
}

#define NAMES(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static void the_nearest_name_is_suggested_before_all_of_them(void **state)
{
	(void)state;
	assert_suggested(NAMES("block", "allow"), "blok", "did you mean 'block'? valid: block, allow");
	assert_suggested(NAMES("block", "black"), "blocc", "did you mean 'block'? valid: block, black");
}

static void of_names_that_are_equally_near_three_are_suggested(void **state)
{
	(void)state;
	assert_suggested(NAMES("cat", "bat", "hat", "rat"), "zat",
			 "did you mean 'cat' or 'bat' or 'hat'? valid: cat, bat, hat, rat");
}

static void a_name_that_is_too_far_is_not_suggested(void **state)
{
	(void)state;
	assert_suggested(NAMES("abcdef"), "abczzz", "did you mean 'abcdef'? valid: abcdef");
	assert_suggested(NAMES("abcdef"), "abzzzz", "valid: abcdef");
}

static void the_case_of_letters_does_not_count(void **state)
{
	(void)state;
	assert_suggested(NAMES("block", "allow"), "BLOCK", "did you mean 'block'? valid: block, allow");
}

static void without_valid_names_that_is_said(void **state)
{
	(void)state;
	assert_suggested(NAMES(NULL), "block", "valid: nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_name_is_suggested_before_all_of_them),
		cmocka_unit_test(of_names_that_are_equally_near_three_are_suggested),
		cmocka_unit_test(a_name_that_is_too_far_is_not_suggested),
		cmocka_unit_test(the_case_of_letters_does_not_count),
		cmocka_unit_test(without_valid_names_that_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
