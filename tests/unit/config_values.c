/* SPDX-License-Identifier: Apache-2.0 */
/* From text to typed value, to a plugin's structure, and back to text. */
#include "config/item.h"
#include "config/number.h"
#include "config_support.h"
#include "util/table.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Reads "frog.<assignment>". */
static int assign(struct scene *scene, const char *assignment)
{
	CLEANUP(cleanup_free) char *text = xasprintf("frog.%s", assignment);
	int error;

	scene->sources.assignments = LIST(text);
	error = scene_read(scene);
	scene->sources.assignments = NULL;
	return error;
}

struct good_value {
	const char *assignment;
	const char *option;
	__u64 expected;
};

static void values_are_understood_in_all_their_forms(void **state)
{
	static const struct good_value good[] = {
		{ "enabled=yes", "enabled", 1 },
		{ "enabled=TRUE", "enabled", 1 },
		{ "enabled=On", "enabled", 1 },
		{ "enabled=1", "enabled", 1 },
		{ "enabled=no", "enabled", 0 },
		{ "enabled=False", "enabled", 0 },
		{ "enabled=off", "enabled", 0 },
		{ "enabled=0", "enabled", 0 },
		{ "legs=2", "legs", 2 },
		{ "legs=010", "legs", 10 },
		{ "legs=0x1f", "legs", 31 },
		{ "legs=0xABC", "legs", 0xabc },
		{ "legs=65535", "legs", 65535 },
		{ "weight=1024", "weight", 1024 },
		{ "weight=1K", "weight", 1024 },
		{ "weight=1M", "weight", 1 << 20 },
		{ "sleep=0", "sleep", 0 },
		{ "sleep=7us", "sleep", 7000 },
		{ "sleep=7ms", "sleep", 7000000 },
		{ "sleep=7s", "sleep", 7000000000 },
		{ "sleep=2min", "sleep", 120000000000 },
		{ "sleep=5124095h", "sleep", 18446742000000000000ull },
		{ "colour=green", "colour", 1 },
		{ "colour=verdant", "colour", 1 },
		{ "colour=brown", "colour", 2 },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(assign(scene, good[i].assignment), 0);
		assert_int_equal(config_number(frog_of(scene), good[i].option), good[i].expected);
		assert_frog(scene, good[i].option, strchr(good[i].assignment, '=') + 1);
	}
}

struct bad_value {
	const char *assignment;
	const char *message;
	const char *remedy;
};

static void bad_values_are_errors_that_say_what_is_valid(void **state)
{
	static const struct bad_value bad[] = {
		{ "enabled=maybe", "enabled: 'maybe' is neither yes nor no",
		  "valid: yes, no, true, false, on, off, 1, 0" },
		{ "enabled=2", "'2' is neither yes nor no", "valid: yes" },
		{ "enabled=", "enabled: there is no value", "default" },
		{ "legs=-2", "legs: '-2' is not a valid number", "a decimal number" },
		{ "legs=+2", "'+2' is not a valid number", "" },
		{ "legs=2x", "'2x' is not a valid number", "0x" },
		{ "legs=0x", "'0x' is not a valid number", "" },
		{ "legs=0x-2", "'0x-2' is not a valid number", "" },
		{ "legs=2K", "'2K' is not a valid number", "" },
		{ "legs=2.0", "'2.0' is not a valid number", "" },
		{ "legs=1", "legs: '1' is out of range", "valid: 2 to 65535" },
		{ "legs=65536", "'65536' is out of range", "valid: 2 to 65535" },
		{ "legs=18446744073709551616", "is out of range", "valid: 2 to 65535" },
		{ "legs=0x10000000000000000", "is out of range", "valid: 2 to 65535" },
		{ "weight=1", "weight: '1' is out of range", "valid: 1K to 1M" },
		{ "weight=1025K", "'1025K' is out of range", "valid: 1K to 1M" },
		{ "weight=2k", "'2k' is not a valid number", "K, M or G" },
		{ "weight=0x400", "'0x400' is not a valid number", "" },
		{ "weight=18014398509481985K", "is out of range", "valid: 1K to 1M" },
		{ "sleep=5", "sleep: '5' is not a valid number", "us, ms, s, m, min or h" },
		{ "sleep=5 s", "'5 s' is not a valid number", "" },
		{ "sleep=5ns", "'5ns' is not a valid number", "" },
		{ "sleep=5124096h", "'5124096h' is out of range", "valid: 0 to" },
		{ "colour=gren", "colour: 'gren' is none of the choices",
		  "did you mean 'green'? valid: green, verdant, brown" },
		{ "colour=Green", "'Green' is none of the choices", "did you mean 'green'?" },
		{ "leaps=1,,2", "leaps: there is an empty item in the list", "" },
		{ "leaps=,", "there is an empty item in the list", "" },
		{ "leaps=18446744073709551616", "is out of range", "to 18446744073709551615" },
		{ "leaps=1,x", "'x' is not a valid number", "" },
		{ "leaps=1,2,3,4", "leaps: the list has 4 items, 3 are allowed", "" },
		{ "homes=user.slice", "homes: 'user.slice' is not the path of a cgroup",
		  "valid: a path from the root of the hierarchy, such as /user.slice" },
		{ "homes=/a,/b/..", "homes: '/b/..' is not the path of a cgroup", "" },
		{ "friends=10.0.0.0/33", "friends: '10.0.0.0/33' is neither a network nor an address", "192.0.2.1" },
		{ "friends=10.0.0.1/8", "'10.0.0.1/8' is neither", "behind the prefix all bits are zero" },
		{ "friends=fd00::/129", "'fd00::/129' is neither", "" },
		{ "friends=10.0.0/8", "'10.0.0/8' is neither", "" },
		{ "friends=10.0.0.0/", "'10.0.0.0/' is neither", "" },
		{ "doors=0", "doors: '0' is neither a port nor a range of ports", "valid: 443, or 1024-65535" },
		{ "doors=65536", "'65536' is neither", "" },
		{ "doors=2-1", "'2-1' is neither", "" },
		{ "doors=1-", "'1-' is neither", "" },
		{ "doors=https", "'https' is neither", "" },
		{ "owner=no-such-user", "owner: 'no-such-user' is no user of this machine", "valid: a uid" },
		{ "owner=4294967295", "'4294967295' is no user", "" },
		{ "nests=moor", "nests: 'moor' is not an absolute path", "begin it with /" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(assign(scene, bad[i].assignment), -EINVAL);
		assert_non_null(scene->config); /* for what can be checked all the same */
		assert_reports(scene, bad[i].message);
		assert_reports(scene, bad[i].remedy);
		assert_string_equal(scene->report.items[0].event, "config_error");
	}
}

static void each_bad_item_of_a_list_is_reported(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(assign(scene, "leaps=x,1,y"), -EINVAL);
	assert_int_equal(scene->report.errors, 2);
	assert_reports(scene, "'x'");
	assert_reports(scene, "'y'");
}

static void the_lines_of_a_list_together_must_not_exceed_its_items(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf", FROG "leaps = 1,2,3\n");
	scene_must_read(scene);
	scene_write(scene, "main.conf", FROG "leaps = 1,2\nleaps = 3,4\n");
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, ":3: [frog] leaps: the list has 4 items, 3 are allowed");
}

static void a_string_has_a_maximal_length(void **state)
{
	struct scene *scene = *state;
	CLEANUP(cleanup_free) char *fits = xasprintf("song=%04096d", 0);
	CLEANUP(cleanup_free) char *exceeds = xasprintf("song=%04097d", 0);

	assert_int_equal(assign(scene, fits), 0);
	assert_int_equal(assign(scene, exceeds), -EINVAL);
	assert_reports(scene, "song: the text is longer than 4096 bytes");
}

static void a_default_that_is_invalid_is_an_error(void **state)
{
	static const struct bpflock_option broken[] = {
		{ .name = "legs", .initial = "x", .type = BPFLOCK_OPTION_UINT },
	};
	struct config_schema_section section = { .name = "bpflock",
						 .tables = { BPFLOCK_TABLE(broken) },
						 .table_count = 1 };
	const struct config_schema schema = { &section, 1 };
	struct scene *scene = *state;

	config_read(&scene->sources, &scene->text, &scene->report);
	assert_int_equal(config_bind(scene->text, &schema, &scene->config, &scene->report), -EINVAL);
	assert_reports(scene, "default: [bpflock] legs: 'x' is not a valid number");
}

static void a_structure_is_filled_by_the_size_of_its_members(void **state)
{
	struct scene *scene = *state;
	struct frog frog;

	memset(&frog, 0xff, sizeof(frog));
	scene->sources.assignments =
		LIST("frog.colour=brown", "frog.legs=770", "frog.sleep=1us", "frog.song=croak", "frog.leaps=0x1,2");
	scene_must_read(scene);
	config_fill(frog_of(scene), &frog_table, &frog);
	assert_int_equal(frog.colour, 2);
	assert_int_equal(frog.legs, 770);
	assert_int_equal(frog.weight, 2048);
	assert_int_equal(frog.sleep, 1000);
	assert_string_equal(frog.song, "croak");
	assert_int_equal(frog.ponds.count, 2);
	assert_string_equal(((const char *const *)frog.ponds.items)[1], "moor");
	assert_int_equal(frog.leaps.count, 2);
	assert_int_equal(((const __u64 *)frog.leaps.items)[1], 2);
}

static void members_without_a_value_are_zero_or_empty(void **state)
{
	struct scene *scene = *state;
	struct frog frog;

	memset(&frog, 0xff, sizeof(frog));
	scene->sources.assignments = LIST("frog.ponds=", "frog.leaps=");
	scene_must_read(scene);
	config_fill(frog_of(scene), &frog_table, &frog);
	assert_int_equal(frog.sleep, 0);
	assert_string_equal(frog.song, "");
	assert_int_equal(frog.ponds.count, 0);
	assert_null(frog.ponds.items);
	assert_int_equal(frog.leaps.count, 0);
	assert_null(frog.leaps.items);
	assert_int_equal(frog_value(scene, "sleep")->count, 0);
	assert_frog(scene, "sleep", "");
}

/* As struct bpflock_option of another minor: with more at its end, or with less. */
struct longer_option {
	struct bpflock_option known;
	__u64 unknown;
};
struct shorter_value {
	const char *name;
	__u64 value;
};

static void tables_of_another_minor_are_walked_by_their_stride(void **state)
{
	static const struct shorter_value values[] = { { "one", 1 }, { "two", 2 } };
	const struct bpflock_table value_table = BPFLOCK_TABLE(values);
	const struct longer_option options[] = {
		{ .known = { .name = "a", .initial = "1", .type = BPFLOCK_OPTION_UINT }, .unknown = 7 },
		{ .known = { .name = "b", .initial = "two", .type = BPFLOCK_OPTION_CHOICE, .values = value_table },
		  .unknown = 7 },
	};
	struct config_schema_section section = { .name = "bpflock",
						 .tables = { BPFLOCK_TABLE(options) },
						 .table_count = 1 };
	const struct config_schema schema = { &section, 1 };
	struct scene *scene = *state;
	struct bpflock_value value;

	config_read(&scene->sources, &scene->text, &scene->report);
	assert_int_equal(config_bind(scene->text, &schema, &scene->config, &scene->report), 0);
	assert_int_equal(config_number(&scene->config->sections[0], "b"), 2);

	memset(&value, 0xff, sizeof(value));
	table_copy_row(&value_table, 1, &value, sizeof(value));
	assert_string_equal(value.name, "two");
	assert_null(value.summary);
	assert_ptr_equal(table_row(&value_table, 1), &values[1]);
}

/* Whether two assignments give the same value. */
static bool equal(struct scene *scene, const char *option, const char *a, const char *b)
{
	struct config *first;
	bool result;

	assert_int_equal(assign(scene, a), 0);
	first = scene->config;
	scene->config = NULL;
	assert_int_equal(assign(scene, b), 0);
	result = config_value_equal(config_value(config_section(first, "frog"), option), frog_value(scene, option));
	config_free(first);
	return result;
}

static void values_are_equal_however_they_are_written(void **state)
{
	assert_true(equal(*state, "colour", "colour=green", "colour=verdant"));
	assert_true(equal(*state, "weight", "weight=1024K", "weight=1M"));
	assert_true(equal(*state, "ponds", "ponds=a,b", "ponds=a , b"));
	assert_true(equal(*state, "song", "song=", "legs=4"));
	assert_false(equal(*state, "colour", "colour=green", "colour=brown"));
	assert_false(equal(*state, "ponds", "ponds=a,b", "ponds=b,a"));
	assert_false(equal(*state, "ponds", "ponds=a,b", "ponds=a"));
	assert_false(equal(*state, "leaps", "leaps=", "leaps=0"));
	assert_true(equal(*state, "homes", "homes=/a,/b", "homes=/a, /b"));
	assert_false(equal(*state, "homes", "homes=/a,/b", "homes=/a,/c"));
	assert_false(equal(*state, "song", "song=a", "song=b"));
}

static void limits_are_shown_in_the_largest_unit_that_divides_them(void **state)
{
	static const struct {
		__u32 type;
		__u64 number;
		const char *text;
	} cases[] = {
		{ BPFLOCK_OPTION_UINT, 1024, "1024" },
		{ BPFLOCK_OPTION_SIZE, 0, "0" },
		{ BPFLOCK_OPTION_SIZE, 1536, "1536" },
		{ BPFLOCK_OPTION_SIZE, 3ull << 30, "3G" },
		{ BPFLOCK_OPTION_DURATION, 0, "0" },
		{ BPFLOCK_OPTION_DURATION, 90000000000, "90s" },
		{ BPFLOCK_OPTION_DURATION, 7200000000000, "2h" },
		{ BPFLOCK_OPTION_DURATION, 1, "1ns" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cleanup_free) char *text = config_number_format(cases[i].type, cases[i].number);

		assert_string_equal(text, cases[i].text);
	}
}

static void cgroups_are_paths_whether_they_exist_or_not(void **state)
{
	struct scene *scene = *state;
	struct frog frog;

	assert_int_equal(assign(scene, "homes=/, /no/such/cgroup"), 0);
	assert_int_equal(scene->report.count, 0);
	assert_frog(scene, "homes", "/, /no/such/cgroup");
	config_fill(frog_of(scene), &frog_table, &frog);
	assert_int_equal(frog.homes.count, 2);
	assert_string_equal(((const char *const *)frog.homes.items)[1], "/no/such/cgroup");
}

static __u64 number_at(const struct bpflock_list *list, size_t index)
{
	return ((const __u64 *)list->items)[index];
}

static void networks_ports_users_and_paths_are_typed(void **state)
{
	struct scene *scene = *state;
	struct frog frog;

	assert_int_equal(assign(scene, "friends=10.0.0.0/8, 192.0.2.1, fd00::/8, ::/0"), 0);
	config_fill(frog_of(scene), &frog_table, &frog);
	assert_string_equal(((const char *const *)frog.friends.items)[2], "fd00::/8");
	assert_int_equal(assign(scene, "doors=443, 1024-65535"), 0);
	config_fill(frog_of(scene), &frog_table, &frog);
	assert_int_equal(number_at(&frog.doors, 0), 443 | 443 << 16);
	assert_int_equal(number_at(&frog.doors, 1), 1024 | 65535u << 16);
	assert_int_equal(assign(scene, "owner=nobody"), 0);
	config_fill(frog_of(scene), &frog_table, &frog);
	assert_int_equal(frog.owner, 65534);
	assert_int_equal(assign(scene, "owner=1000"), 0);
	config_fill(frog_of(scene), &frog_table, &frog);
	assert_int_equal(frog.owner, 1000);
	assert_int_equal(assign(scene, "nests=/moor, /no/such"), 0);
	config_fill(frog_of(scene), &frog_table, &frog);
	assert_int_equal(frog.nests.count, 2);
}

/* One trie takes networks of both kinds. */
static void a_network_of_ip4_is_one_of_ip6(void **state)
{
	const struct bpflock_cidr mapped = { .prefix = 104, .address = { [10] = 0xff, [11] = 0xff, [12] = 10 } };
	struct bpflock_cidr cidr, same;

	(void)state;
	assert_int_equal(config_parse_cidr("10.0.0.0/8", &cidr), 0);
	assert_memory_equal(&cidr, &mapped, sizeof(cidr));
	assert_int_equal(config_parse_cidr("::ffff:10.0.0.0/104", &same), 0);
	assert_memory_equal(&same, &mapped, sizeof(same));
	assert_int_equal(config_parse_cidr("192.0.2.1", &cidr), 0);
	assert_int_equal(cidr.prefix, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(values_are_understood_in_all_their_forms),
		CONFIG_TEST(bad_values_are_errors_that_say_what_is_valid),
		CONFIG_TEST(each_bad_item_of_a_list_is_reported),
		CONFIG_TEST(the_lines_of_a_list_together_must_not_exceed_its_items),
		CONFIG_TEST(a_string_has_a_maximal_length),
		CONFIG_TEST(a_default_that_is_invalid_is_an_error),
		CONFIG_TEST(a_structure_is_filled_by_the_size_of_its_members),
		CONFIG_TEST(members_without_a_value_are_zero_or_empty),
		CONFIG_TEST(tables_of_another_minor_are_walked_by_their_stride),
		CONFIG_TEST(values_are_equal_however_they_are_written),
		CONFIG_TEST(limits_are_shown_in_the_largest_unit_that_divides_them),
		CONFIG_TEST(cgroups_are_paths_whether_they_exist_or_not),
		CONFIG_TEST(networks_ports_users_and_paths_are_typed),
		CONFIG_TEST(a_network_of_ip4_is_one_of_ip6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
