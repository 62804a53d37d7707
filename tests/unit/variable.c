// SPDX-License-Identifier: Apache-2.0
/* Values of options in the variables and maps of a BPF object that is opened and not loaded. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "loader/item_bytes.h"
#include "loader/loader.h"
#include "loader/option_map.h"
#include "unit.h"
#include "util/embed.h"
#include "util/memory.h"

EMBED(variables_object, "variables.bpf.o");

static int set_up(void **state)
{
	*state = bpf_object__open_mem(variables_object, (size_t)(variables_object_end - variables_object), NULL);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	bpf_object__close(*state);
	return 0;
}

/* What the variables hold, wherever the linker has put them: does any byte of them hold this? */
static bool holds(struct bpf_object *object, const void *bytes, size_t length)
{
	size_t size;
	const char *contents = bpf_map__initial_value(bpf_object__find_map_by_name(object, ".rodata"), &size);

	return memmem(contents, size, bytes, length);
}

static bool is_zero(struct bpf_object *object)
{
	size_t size;
	const char *contents = bpf_map__initial_value(bpf_object__find_map_by_name(object, ".rodata"), &size);

	for (size_t i = 0; i < size; i++)
		if (contents[i])
			return false;
	return true;
}

/* What variable_set() or option_map_check() said, or "" */
static char reason[256];

static int take_reason(int error, char *text)
{
	snprintf(reason, sizeof(reason), "%s", text ? text : "");
	free(text);
	assert_int_equal(!error, !*reason);
	return error;
}

/* As a scalar, or as the list of a variable or a map. */
static int set_value(void *object, const struct bpflock_option *option, struct config_value *value)
{
	char *text = NULL;
	int error;

	value->option = option;
	error = option->map ? option_map_check(object, value, &text) : variable_set(object, value, &text);
	return take_reason(error, text);
}

#define SCALAR(NAME, TYPE) ((struct bpflock_option){ .name = "n", .type = (TYPE), .variable = (NAME) })
#define LIST(NAME, TYPE) \
	((struct bpflock_option){ .name = "l", .type = (TYPE), .flags = BPFLOCK_OPTION_LIST, .variable = (NAME) })
#define MAP(NAME, TYPE) \
	((struct bpflock_option){ .name = "m", .type = (TYPE), .flags = BPFLOCK_OPTION_LIST, .map = (NAME) })

static int set_numbers(void *object, struct bpflock_option option, __u64 *numbers, size_t count)
{
	return set_value(object, &option, &(struct config_value){ .numbers = numbers, .count = count });
}

static int set_texts(void *object, struct bpflock_option option, const char **texts, size_t count)
{
	return set_value(object, &option,
			 &(struct config_value){ .strings = (char **)(uintptr_t)texts, .count = count });
}

static void a_number_fits_its_variable_or_is_refused(void **state)
{
	__u64 largest_tiny = 255, beyond_tiny = 256, largest = UINT32_MAX, beyond = 1ull << 32;
	__u64 any = UINT64_MAX;

	assert_int_equal(set_numbers(*state, SCALAR("tiny", BPFLOCK_OPTION_UINT), &beyond_tiny, 1), -E2BIG);
	assert_int_equal(set_numbers(*state, SCALAR("number", BPFLOCK_OPTION_UINT), &beyond, 1), -E2BIG);
	assert_true(is_zero(*state));
	assert_int_equal(set_numbers(*state, SCALAR("tiny", BPFLOCK_OPTION_UINT), &largest_tiny, 1), 0);
	assert_int_equal(set_numbers(*state, SCALAR("number", BPFLOCK_OPTION_UINT), &largest, 1), 0);
	assert_int_equal(set_numbers(*state, SCALAR("large", BPFLOCK_OPTION_UINT), &any, 1), 0);
	assert_true(holds(*state, &any, sizeof(any)));
}

static void a_string_needs_room_for_its_nul(void **state)
{
	const char *fits = "1234567", *too_long = "12345678";

	assert_int_equal(set_texts(*state, SCALAR("text", BPFLOCK_OPTION_STRING), &too_long, 1), -E2BIG);
	assert_true(is_zero(*state));
	assert_int_equal(set_texts(*state, SCALAR("text", BPFLOCK_OPTION_STRING), &fits, 1), 0);
	assert_true(holds(*state, "1234567", 8));
}

static void a_list_may_have_as_many_items_as_its_array(void **state)
{
	__u64 numbers[] = { 11, 12, 13, 14 };
	const __u32 array[] = { 11, 12, 13 };
	const __u32 three = 3;

	assert_int_equal(set_numbers(*state, LIST("numbers", BPFLOCK_OPTION_UINT), numbers, 4), -E2BIG);
	assert_string_equal(reason, "the list has 4 items, 3 are allowed");
	assert_int_equal(set_numbers(*state, LIST("numbers", BPFLOCK_OPTION_UINT), numbers, 3), 0);
	assert_true(holds(*state, array, sizeof(array)));
	assert_true(holds(*state, &three, sizeof(three)));
}

static void each_string_of_a_list_has_its_own_room(void **state)
{
	const char *fits[] = { "1234567", "b" }, *too_long[] = { "a", "12345678" };
	const __u32 two = 2;

	assert_int_equal(set_texts(*state, LIST("names", BPFLOCK_OPTION_STRING), too_long, 2), -E2BIG);
	assert_int_equal(set_texts(*state, LIST("names", BPFLOCK_OPTION_STRING), fits, 2), 0);
	assert_true(holds(*state, "1234567\0b\0\0\0\0\0\0", 16));
	assert_true(holds(*state, &two, sizeof(two)));
}

static bool has_size(void *object, struct bpflock_option option)
{
	return item_has_size(&option, variable_item_size(object, &option));
}

static void a_variable_has_the_size_of_the_values_of_its_option(void **state)
{
	assert_true(has_size(*state, SCALAR("tiny", BPFLOCK_OPTION_BOOL)));
	assert_true(has_size(*state, SCALAR("large", BPFLOCK_OPTION_SIZE)));
	assert_true(has_size(*state, SCALAR("text", BPFLOCK_OPTION_STRING)));
	assert_true(has_size(*state, LIST("numbers", BPFLOCK_OPTION_PORTS)));
	assert_false(has_size(*state, SCALAR("numbers", BPFLOCK_OPTION_UINT))); /* 12 bytes */
	assert_false(has_size(*state, SCALAR("large", BPFLOCK_OPTION_PORTS)));
	assert_false(has_size(*state, LIST("names", BPFLOCK_OPTION_CIDR)));
	assert_false(has_size(*state, SCALAR("missing", BPFLOCK_OPTION_UINT)));
}

/* How to declare the map that the option needs, or NULL */
static const char *needed(void *object, struct bpflock_option option)
{
	return option_map_needed(object, &option);
}

static int check_cgroups(void *object, const char *map, size_t count)
{
	const char *paths[] = { "/a", "/b", "/c" };

	return set_texts(object, MAP(map, BPFLOCK_OPTION_CGROUP), paths, count);
}

static void a_map_of_cgroups_has_room_for_its_list(void **state)
{
	assert_int_equal(check_cgroups(*state, "cgroups", 3), -E2BIG);
	assert_int_equal(check_cgroups(*state, "cgroups", 2), 0);
}

static void a_map_that_is_none_of_cgroups_is_refused(void **state)
{
	static const char *const others[] = { "missing", "numbers", "forgetful", "short_keys", "long_values" };

	assert_null(needed(*state, MAP("cgroups", BPFLOCK_OPTION_CGROUP)));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_string_equal(needed(*state, MAP(others[i], BPFLOCK_OPTION_CGROUP)), "BPFLOCK_CGROUPS(MAX)");
}

/* A hash has room for the old list beside the new one, an array has one list. */
static void a_map_takes_items_of_its_type_and_half_as_many_as_it_has_room_for(void **state)
{
	__u64 numbers[] = { 1, 65536, 3 };
	const char *texts[] = { "1234567", "12345678" };

	assert_int_equal(set_numbers(*state, MAP("set_of_numbers", BPFLOCK_OPTION_USER), numbers, 2), 0);
	assert_int_equal(set_numbers(*state, MAP("set_of_numbers", BPFLOCK_OPTION_UINT), numbers, 3), -E2BIG);
	assert_string_equal(reason, "the list has 3 items, 2 are allowed");
	assert_int_equal(set_numbers(*state, MAP("short_numbers", BPFLOCK_OPTION_UINT), numbers, 2), -E2BIG);
	assert_string_equal(reason, "65536 does not fit in 2 bytes");
	assert_int_equal(set_texts(*state, MAP("set_of_texts", BPFLOCK_OPTION_STRING), texts, 1), 0);
	assert_int_equal(set_texts(*state, MAP("set_of_texts", BPFLOCK_OPTION_STRING), texts, 2), -E2BIG);
	assert_string_equal(reason, "'12345678' is longer than 7 bytes");
	assert_int_equal(set_texts(*state, MAP("files", BPFLOCK_OPTION_PATH), texts, 2), 0);
	assert_int_equal(set_texts(*state, MAP("networks", BPFLOCK_OPTION_CIDR), NULL, 0), 0);
	assert_int_equal(set_numbers(*state, MAP("ports", BPFLOCK_OPTION_PORTS), numbers, 2), 0);
	assert_int_equal(set_numbers(*state, MAP("ports", BPFLOCK_OPTION_PORTS), numbers, 3), -E2BIG);
}

static void a_map_for_other_items_is_refused(void **state)
{
	assert_null(needed(*state, MAP("set_of_numbers", BPFLOCK_OPTION_UINT)));
	assert_null(needed(*state, MAP("set_of_texts", BPFLOCK_OPTION_STRING)));
	assert_null(needed(*state, MAP("set_of_texts", BPFLOCK_OPTION_UINT))); /* of 8 bytes */
	assert_null(needed(*state, MAP("files", BPFLOCK_OPTION_PATH)));
	assert_null(needed(*state, MAP("networks", BPFLOCK_OPTION_CIDR)));
	assert_null(needed(*state, MAP("ports", BPFLOCK_OPTION_PORTS)));
	assert_string_equal(needed(*state, MAP("set_of_numbers", BPFLOCK_OPTION_PATH)), "BPFLOCK_FILES(MAX)");
	assert_string_equal(needed(*state, MAP("files", BPFLOCK_OPTION_CIDR)), "BPFLOCK_CIDRS(MAX)");
	assert_string_equal(needed(*state, MAP("set_of_numbers", BPFLOCK_OPTION_PORTS)), "BPFLOCK_PORTS(MAX)");
	assert_non_null(needed(*state, MAP("ports", BPFLOCK_OPTION_STRING)));
	assert_non_null(needed(*state, MAP("networks", BPFLOCK_OPTION_UINT)));
	assert_non_null(needed(*state, MAP("files", BPFLOCK_OPTION_UINT)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_number_fits_its_variable_or_is_refused),
		TEST(a_string_needs_room_for_its_nul),
		TEST(a_list_may_have_as_many_items_as_its_array),
		TEST(each_string_of_a_list_has_its_own_room),
		TEST(a_variable_has_the_size_of_the_values_of_its_option),
		TEST(a_map_of_cgroups_has_room_for_its_list),
		TEST(a_map_that_is_none_of_cgroups_is_refused),
		TEST(a_map_takes_items_of_its_type_and_half_as_many_as_it_has_room_for),
		TEST(a_map_for_other_items_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
