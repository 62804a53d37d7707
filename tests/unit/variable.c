// SPDX-License-Identifier: Apache-2.0
/* Values of options in the variables of a BPF object that is opened and not loaded. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "loader/loader.h"
#include "unit.h"
#include "util/memory.h"

__asm__(".pushsection .rodata\n"
	".balign 8\n"
	"variables_object:\n"
	".incbin \"variables.bpf.o\"\n"
	"variables_object_end:\n"
	".popsection\n");
extern const char variables_object[], variables_object_end[];

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

static const struct bpflock_option scalar_number = { .name = "n", .type = BPFLOCK_OPTION_UINT };
static const struct bpflock_option scalar_text = { .name = "t", .type = BPFLOCK_OPTION_STRING };
static const struct bpflock_option list_of_numbers = { .name = "l",
						       .type = BPFLOCK_OPTION_UINT,
						       .flags = BPFLOCK_OPTION_LIST };
static const struct bpflock_option list_of_texts = { .name = "s",
						     .type = BPFLOCK_OPTION_STRING,
						     .flags = BPFLOCK_OPTION_LIST };

static const struct bpflock_option list_of_cgroups = { .name = "c",
						       .type = BPFLOCK_OPTION_CGROUP,
						       .flags = BPFLOCK_OPTION_LIST };

static int set_numbers(void *object, const char *name, const struct bpflock_option *option, __u64 *numbers,
		       size_t count)
{
	const struct config_value value = { .option = option, .numbers = numbers, .count = count };

	return variable_set(object, name, &value);
}

static int set_texts(void *object, const char *name, const struct bpflock_option *option, const char **texts,
		     size_t count)
{
	const struct config_value value = { .option = option, .strings = (char **)(uintptr_t)texts, .count = count };

	return variable_set(object, name, &value);
}

static void a_number_fits_its_variable_or_is_refused(void **state)
{
	__u64 largest_tiny = 255, beyond_tiny = 256, largest = UINT32_MAX, beyond = 1ull << 32;
	__u64 any = UINT64_MAX;

	assert_int_equal(set_numbers(*state, "tiny", &scalar_number, &beyond_tiny, 1), -E2BIG);
	assert_int_equal(set_numbers(*state, "number", &scalar_number, &beyond, 1), -E2BIG);
	assert_true(is_zero(*state));
	assert_int_equal(set_numbers(*state, "tiny", &scalar_number, &largest_tiny, 1), 0);
	assert_int_equal(set_numbers(*state, "number", &scalar_number, &largest, 1), 0);
	assert_int_equal(set_numbers(*state, "large", &scalar_number, &any, 1), 0);
	assert_true(holds(*state, &any, sizeof(any)));
}

static void a_string_needs_room_for_its_nul(void **state)
{
	const char *fits = "1234567", *too_long = "12345678";

	assert_int_equal(set_texts(*state, "text", &scalar_text, &too_long, 1), -E2BIG);
	assert_true(is_zero(*state));
	assert_int_equal(set_texts(*state, "text", &scalar_text, &fits, 1), 0);
	assert_true(holds(*state, "1234567", 8));
}

static void a_list_may_have_as_many_items_as_its_array(void **state)
{
	__u64 numbers[] = { 11, 12, 13, 14 };
	const __u32 array[] = { 11, 12, 13 };
	const __u32 three = 3;

	assert_int_equal(set_numbers(*state, "numbers", &list_of_numbers, numbers, 4), -E2BIG);
	assert_int_equal(set_numbers(*state, "numbers", &list_of_numbers, numbers, 3), 0);
	assert_true(holds(*state, array, sizeof(array)));
	assert_true(holds(*state, &three, sizeof(three)));
}

static void each_string_of_a_list_has_its_own_room(void **state)
{
	const char *fits[] = { "1234567", "b" }, *too_long[] = { "a", "12345678" };
	const __u32 two = 2;

	assert_int_equal(set_texts(*state, "names", &list_of_texts, too_long, 2), -E2BIG);
	assert_int_equal(set_texts(*state, "names", &list_of_texts, fits, 2), 0);
	assert_true(holds(*state, "1234567\0b\0\0\0\0\0\0", 16));
	assert_true(holds(*state, &two, sizeof(two)));
}

static int set_cgroups(void *object, const char *name, size_t count)
{
	const char *paths[] = { "/a", "/b", "/c" };

	return set_texts(object, name, &list_of_cgroups, paths, count);
}

static void of_cgroups_the_number_goes_to_the_object_and_their_map_has_room(void **state)
{
	const __u32 two = 2;

	assert_int_equal(set_cgroups(*state, "cgroups", 3), -E2BIG);
	assert_true(is_zero(*state));
	assert_int_equal(set_cgroups(*state, "cgroups", 2), 0);
	assert_true(holds(*state, &two, sizeof(two)));
}

static void a_map_that_is_none_of_cgroups_is_refused(void **state)
{
	assert_int_equal(set_cgroups(*state, "missing", 1), -ENOENT);
	assert_int_equal(set_cgroups(*state, "numbers", 1), -ENOENT);
	assert_int_equal(set_cgroups(*state, "uncounted_cgroups", 1), -ENOENT);
	assert_int_equal(set_cgroups(*state, "forgetful", 1), -EINVAL);
	assert_int_equal(set_cgroups(*state, "short_keys", 1), -EINVAL);
	assert_int_equal(set_cgroups(*state, "long_values", 1), -EINVAL);
}

static void what_the_object_lacks_is_not_found(void **state)
{
	__u64 number = 1;

	assert_int_equal(set_numbers(*state, "missing", &scalar_number, &number, 1), -ENOENT);
	assert_int_equal(set_numbers(*state, "uncounted", &list_of_numbers, &number, 1), -ENOENT);
	assert_int_equal(variable_set_number(*state, "numb", 1), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_number_fits_its_variable_or_is_refused),
		TEST(a_string_needs_room_for_its_nul),
		TEST(a_list_may_have_as_many_items_as_its_array),
		TEST(each_string_of_a_list_has_its_own_room),
		TEST(of_cgroups_the_number_goes_to_the_object_and_their_map_has_room),
		TEST(a_map_that_is_none_of_cgroups_is_refused),
		TEST(what_the_object_lacks_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
