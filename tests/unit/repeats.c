/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/repeats.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "util/memory.h"

#define WINDOW 1000

static struct bus_source source = { .window = WINDOW };

static struct bus_source another_source = { .window = WINDOW };

static const struct bpflock_event_type plain = { .flags = BPFLOCK_EVENT_DECISION };

static struct bpflock_decision decision(__u64 time, const char *comm)
{
	struct bpflock_decision made = { .event = { .time = time, .cgroupid = 7 }, .operation = 3 };

	snprintf(made.event.comm, sizeof(made.event.comm), "%s", comm);
	return made;
}

/* As the bus does it. */
static bool take_from(struct repeats *repeats, struct bus_source *from, const struct bpflock_event_type *type,
		      const struct bpflock_decision *made, size_t size)
{
	return !repeats_count_another(repeats, from, &made->event, size, false) &&
	       repeats_take(repeats, from, type, made, size, false);
}

static bool take(struct repeats *repeats, struct bpflock_decision made)
{
	return take_from(repeats, &source, &plain, &made, sizeof(made));
}

struct seen {
	size_t lines;
	__u64 count;
	__u64 time;
};

static void see(void *context, const struct repeat *repeat)
{
	struct seen *seen = context;

	seen->lines++;
	seen->count += repeat->count;
	seen->time = repeat->last->event.time;
}

static int set_up(void **state)
{
	*state = xcalloc(1, sizeof(struct repeats));
	return 0;
}

static int tear_down(void **state)
{
	repeats_clear(*state);
	free(*state);
	return 0;
}

static void the_first_is_written_and_what_follows_is_one_line(void **state)
{
	struct seen seen = { 0 };

	assert_true(take(*state, decision(100, "cat")));
	assert_false(take(*state, decision(200, "cat")));
	assert_false(take(*state, decision(300, "cat")));
	assert_int_equal(repeats_expire(*state, 100 + WINDOW - 1, see, &seen), 100 + WINDOW);
	assert_int_equal(seen.lines, 0);
	assert_int_equal(repeats_expire(*state, 100 + WINDOW, see, &seen), 0);
	assert_int_equal(seen.lines, 1);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.time, 300);
}

static void see_again(void *context, const struct repeat *repeat)
{
	*(bool *)context = repeat->again;
}

static void a_line_says_that_one_of_its_decisions_may_be_in_the_log_already(void **state)
{
	struct bpflock_decision made = decision(100, "cat");
	bool again = false;

	assert_true(take(*state, made));
	assert_false(take(*state, made));
	repeats_expire(*state, 100 + WINDOW, see_again, &again);
	assert_false(again);
	assert_true(take(*state, made));
	assert_false(repeats_take(*state, &source, &plain, &made, sizeof(made), true));
	assert_false(take(*state, made));
	repeats_expire(*state, 100 + WINDOW, see_again, &again);
	assert_true(again);
	assert_true(take(*state, made));
	assert_false(take(*state, made));
	assert_true(repeats_count_another(*state, &source, &made.event, sizeof(made), true));
	repeats_expire(*state, 100 + WINDOW, see_again, &again);
	assert_true(again);
}

static void of_two_open_windows_the_one_that_ends_first_is_next(void **state)
{
	struct seen seen = { 0 };

	assert_true(take(*state, decision(300, "late")));
	assert_true(take(*state, decision(100, "early")));
	assert_true(take(*state, decision(200, "between")));
	assert_int_equal(repeats_expire(*state, 400, see, &seen), 100 + WINDOW);
	assert_int_equal(repeats_expire(*state, 100 + WINDOW, see, &seen), 200 + WINDOW);
	assert_int_equal(repeats_expire(*state, 200 + WINDOW, see, &seen), 300 + WINDOW);
	assert_int_equal(repeats_expire(*state, 300 + WINDOW, see, &seen), 0);
}

static void a_window_without_repeats_ends_without_a_line(void **state)
{
	struct seen seen = { 0 };

	assert_true(take(*state, decision(100, "cat")));
	repeats_expire(*state, 100 + WINDOW, see, &seen);
	assert_int_equal(seen.lines, 0);
	assert_true(take(*state, decision(100 + WINDOW, "cat")));
}

static void what_differs_in_anything_is_not_a_repeat(void **state)
{
	struct bpflock_decision other;

	assert_true(take(*state, decision(1, "cat")));
	assert_false(take(*state, decision(1, "cat")));
	assert_true(take(*state, decision(1, "dog")));
	other = decision(1, "cat");
	other.operation = 4;
	assert_true(take(*state, other));
	other = decision(1, "cat");
	other.verdict = BPFLOCK_VERDICT_DENIED;
	assert_true(take(*state, other));
	other = decision(1, "cat");
	other.rule = BPFLOCK_RULE_BLOCK;
	assert_true(take(*state, other));
	other = decision(1, "cat");
	other.event.cgroupid = 8;
	assert_true(take(*state, other));
	other = decision(1, "cat");
	other.event.type = 9;
	assert_true(take(*state, other));
	other = decision(1, "cat");
	assert_true(take_from(*state, &another_source, &plain, &other, sizeof(other)));
	assert_false(take(*state, decision(1, "cat")));
}

/* A decision with fields. */
struct fielded {
	struct bpflock_decision decision;
	__u32 family;
	__u32 kind;
	char path[8];
};

static const struct bpflock_field fields[] = {
	BPFLOCK_KEY_FIELD(struct fielded, family, BPFLOCK_FIELD_UINT, "s"),
	BPFLOCK_FIELD(struct fielded, kind, BPFLOCK_FIELD_UINT, "s"),
	BPFLOCK_KEY_FIELD(struct fielded, path, BPFLOCK_FIELD_STR, "s"),
};

static const struct bpflock_event_type with_fields = { .flags = BPFLOCK_EVENT_DECISION,
						       .fields = BPFLOCK_TABLE(fields) };

static bool take_fielded(struct repeats *repeats, __u32 family, __u32 kind, const char *path, size_t size)
{
	struct fielded made = { .decision = decision(1, "cat"), .family = family, .kind = kind };

	/* What lies behind the end of a text has no meaning. */
	memset(made.path, (int)kind, sizeof(made.path));
	memcpy(made.path, path, strlen(path) + 1);
	return take_from(repeats, &source, &with_fields, &made.decision, size);
}

static void see_last(void *context, const struct repeat *repeat)
{
	memcpy(context, repeat->last, repeat->size);
}

static void what_differs_in_a_key_is_not_a_repeat_and_other_fields_are_those_of_the_last(void **state)
{
	struct fielded last = { 0 };

	assert_true(take_fielded(*state, 2, 1, "/a", sizeof(last)));
	assert_false(take_fielded(*state, 2, 1, "/a", sizeof(last)));
	assert_true(take_fielded(*state, 3, 1, "/a", sizeof(last)));
	assert_true(take_fielded(*state, 2, 1, "/ab", sizeof(last)));
	/* Too short for the path. */
	assert_true(take_fielded(*state, 2, 1, "/a", offsetof(struct fielded, path)));
	assert_false(take_fielded(*state, 2, 1, "/a", offsetof(struct fielded, path)));
	repeats_clear(*state);
	assert_true(take_fielded(*state, 2, 1, "/a", sizeof(last)));
	assert_false(take_fielded(*state, 2, 4, "/a", sizeof(last)));
	repeats_expire(*state, WINDOW + 1, see_last, &last);
	assert_int_equal(last.kind, 4);
}

static void values_of_a_key_without_end_share_one_line(void **state)
{
	struct seen seen = { 0 };
	size_t at_once = 0;

	for (__u32 family = 0; family < 1000; family++)
		at_once += take_fielded(*state, family, 1, "/a", sizeof(struct fielded));
	assert_int_equal(at_once, REPEATS_NAMES_MAX);
	repeats_expire(*state, WINDOW + 1, see, &seen);
	assert_int_equal(seen.lines, 1);
	assert_int_equal(seen.count, 1000 - REPEATS_NAMES_MAX);
}

static void without_a_window_each_is_written(void **state)
{
	struct bus_source each = { .window = 0 };
	struct bpflock_decision made = decision(1, "cat");

	assert_true(take_from(*state, &each, &plain, &made, sizeof(made)));
	assert_true(take_from(*state, &each, &plain, &made, sizeof(made)));
}

static void after_a_reload_without_windows_each_is_written_although_one_is_open(void **state)
{
	struct bus_source reloaded = { .window = WINDOW };
	struct bpflock_decision made = decision(1, "cat");

	assert_true(take_from(*state, &reloaded, &plain, &made, sizeof(made)));
	assert_false(take_from(*state, &reloaded, &plain, &made, sizeof(made)));
	reloaded.window = 0;
	assert_true(take_from(*state, &reloaded, &plain, &made, sizeof(made)));
}

/* What was logged of a flood: the lines at once, and those at the end of the windows. */
static void names_without_end_share_one_line(void **state)
{
	char name[16];
	struct seen seen = { 0 };
	size_t at_once = 0;

	for (size_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		at_once += take(*state, decision(1 + i, name));
	}
	assert_int_equal(at_once, REPEATS_NAMES_MAX);
	/* Names that have a window keep it. */
	assert_false(take(*state, decision(1001, "n3")));
	repeats_expire(*state, UINT64_MAX, see, &seen);
	assert_int_equal(seen.lines, 2);
	assert_int_equal(seen.count, 1000 - REPEATS_NAMES_MAX + 1);
}

static void the_limit_of_names_is_that_of_one_operation_in_one_cgroup(void **state)
{
	char name[16];
	struct bpflock_decision made;

	for (size_t i = 0; i < REPEATS_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		assert_true(take(*state, decision(1, name)));
	}
	assert_false(take(*state, decision(1, "more")));
	made = decision(1, "more");
	made.operation = 4;
	assert_true(take(*state, made));
	made = decision(1, "more");
	made.event.cgroupid = 8;
	assert_true(take(*state, made));
}

static void names_get_windows_of_their_own_again_when_others_have_ended(void **state)
{
	char name[16];
	struct seen seen = { 0 };

	for (size_t i = 0; i <= REPEATS_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		(void)take(*state, decision(1, name));
	}
	repeats_expire(*state, 1 + WINDOW, see, &seen);
	assert_int_equal(seen.count, 1);
	assert_true(take(*state, decision(2 + WINDOW, "more")));
}

static void a_name_gets_a_window_of_its_own_also_while_the_shared_one_is_open(void **state)
{
	char name[16];
	struct seen seen = { 0 };

	for (size_t i = 0; i < REPEATS_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		(void)take(*state, decision(1, name));
	}
	assert_false(take(*state, decision(500, "more")));
	assert_false(take(*state, decision(500, "more")));
	repeats_expire(*state, 1 + WINDOW, see, &seen);
	assert_true(take(*state, decision(2 + WINDOW, "more")));
	assert_true(take(*state, decision(2 + WINDOW, "another")));
}

static void more_kinds_than_fit_are_written_one_by_one(void **state)
{
	struct bpflock_decision made = decision(1, "cat");
	struct seen seen = { 0 };

	for (__u64 i = 0; i < REPEATS_MAX + 1; i++) {
		made.event.cgroupid = i;
		assert_true(take(*state, made));
	}
	assert_true(take(*state, made));
	made.event.cgroupid = 0;
	assert_false(take(*state, made));
	repeats_expire(*state, UINT64_MAX, see, &seen);
	assert_int_equal(seen.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_is_written_and_what_follows_is_one_line),
		TEST(a_line_says_that_one_of_its_decisions_may_be_in_the_log_already),
		TEST(of_two_open_windows_the_one_that_ends_first_is_next),
		TEST(a_window_without_repeats_ends_without_a_line),
		TEST(what_differs_in_anything_is_not_a_repeat),
		TEST(what_differs_in_a_key_is_not_a_repeat_and_other_fields_are_those_of_the_last),
		TEST(values_of_a_key_without_end_share_one_line),
		TEST(without_a_window_each_is_written),
		TEST(after_a_reload_without_windows_each_is_written_although_one_is_open),
		TEST(names_without_end_share_one_line),
		TEST(the_limit_of_names_is_that_of_one_operation_in_one_cgroup),
		TEST(names_get_windows_of_their_own_again_when_others_have_ended),
		TEST(a_name_gets_a_window_of_its_own_also_while_the_shared_one_is_open),
		TEST(more_kinds_than_fit_are_written_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
