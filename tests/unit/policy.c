/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "unit.h"
#include "util/memory.h"

/* The file system that lies where cgroup v2 should; in the place of the C library's function. */
static long hierarchy = CGROUP2_SUPER_MAGIC;

int statfs(const char *path, struct statfs *ret)
{
	(void)path;
	*ret = (struct statfs){ .f_type = hierarchy };
	return 0;
}

/* What the idle slot held when readers were waited for, in the place of the C library's function. */
static const struct bpflock_policy *waited_for;
static __u8 idle_while_waiting;

static void wait_for_readers(void)
{
	if (waited_for)
		idle_while_waiting = waited_for->slots[!waited_for->active].rules[0];
}

/* As a kernel with nohz_full CPUs does. */
static bool no_membarrier;

long syscall(long number, ...)
{
	if (number != SYS_membarrier)
		return 0;
	if (no_membarrier) {
		errno = EINVAL;
		return -1;
	}
	wait_for_readers();
	return 0;
}

/* Maps, and the update of a map of maps, which waits: in the place of libbpf's functions. */
static enum bpf_map_type made[2];

int bpf_map_create(enum bpf_map_type type, const char *name, __u32 key_size, __u32 value_size, __u32 max_entries,
		   const struct bpf_map_create_opts *opts)
{
	(void)name;
	(void)key_size;
	(void)value_size;
	(void)max_entries;
	(void)opts;
	made[0] = made[1];
	made[1] = type;
	return dup(STDERR_FILENO);
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	(void)fd;
	(void)key;
	(void)value;
	(void)flags;
	if (made[0] == BPF_MAP_TYPE_ARRAY && made[1] == BPF_MAP_TYPE_ARRAY_OF_MAPS)
		wait_for_readers();
	return 0;
}

/* An enforcer numbered by the kernel's `enum gate`, whose real order the tests choose. */
static const struct bpflock_operation rows[] = {
	{ .enumerator = "GATE_NONE", .flags = BPFLOCK_OPERATION_IGNORED },
	{ .name = "open",
	  .summary = "s",
	  .enumerator = "GATE_OPEN",
	  .text = "the opening",
	  .groups = "doors",
	  .denial = ENOENT },
	{ .name = "shut", .summary = "s", .enumerator = "GATE_SHUT", .groups = "doors noise" },
	{ .enumerator = "GATE_INTEGRITY_MAX", .flags = BPFLOCK_OPERATION_BOUNDARY, .groups = "integrity" },
	{ .name = "look", .summary = "s", .enumerator = "GATE_LOOK", .groups = "peek" },
	{ .name = "peek", .summary = "s", .enumerator = "GATE_PEEK", .groups = "do" },
	{ .enumerator = "GATE_SECRET_MAX", .flags = BPFLOCK_OPERATION_BOUNDARY, .groups = "secret" },
};

static const struct bpflock_plugin gate = {
	.name = "gate",
	.operations = BPFLOCK_TABLE(rows),
	.operation_enum = "gate",
	.operation_prefix = "GATE_",
};

/* The same, with operations that the enumeration knows nothing of, among the others and behind them. */
static const struct bpflock_operation rows_with_own[] = {
	{ .name = "sing", .summary = "s", .text = "the song", .groups = "noise" },
	{ .name = "open", .summary = "s", .enumerator = "GATE_OPEN" },
	{ .enumerator = "GATE_INTEGRITY_MAX", .flags = BPFLOCK_OPERATION_BOUNDARY, .groups = "integrity" },
	{ .name = "paint", .summary = "s" },
};

static const struct bpflock_plugin gate_with_protected = {
	.name = "gate",
	.operations = BPFLOCK_TABLE(rows_with_own),
	.operation_enum = "gate",
	.operation_prefix = "GATE_",
};

struct enumerator {
	const char *name;
	int value;
};

static struct btf *make_btf(const struct enumerator *enumerators, size_t count)
{
	struct btf *btf = btf__new_empty();

	assert_true(btf__add_enum(btf, "gate", 4) > 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(btf__add_enum_value(btf, enumerators[i].name, enumerators[i].value), 0);
	return btf;
}

static const struct enumerator usual[] = {
	{ "GATE_NONE", 0 }, { "GATE_OPEN", 1 }, { "GATE_SHUT", 2 },	  { "GATE_INTEGRITY_MAX", 3 },
	{ "GATE_LOOK", 4 }, { "GATE_PEEK", 5 }, { "GATE_SECRET_MAX", 6 },
};

static void build(const struct enumerator *enumerators, size_t count, struct operations *ret)
{
	struct btf *btf = make_btf(enumerators, count);

	assert_int_equal(operations_build(&gate, btf, ret), 0);
	btf__free(btf);
}

static const struct operation *named(const struct operations *operations, const char *name)
{
	for (size_t i = 0; i < operations->count; i++)
		if (strcmp(operations->items[i].name, name) == 0)
			return &operations->items[i];
	return NULL;
}

static void operations_take_the_numbers_of_the_running_kernel(void **state)
{
	const struct enumerator reordered[] = {
		{ "GATE_SHUT", 1 }, { "GATE_NONE", 0 },	 { "GATE_OPEN", 7 },	    { "GATE_INTEGRITY_MAX", 8 },
		{ "GATE_PEEK", 9 }, { "GATE_LOOK", 12 }, { "GATE_SECRET_MAX", 13 },
	};
	struct operations operations;

	(void)state;
	build(reordered, ARRAY_SIZE(reordered), &operations);
	assert_string_equal(operations_at(&operations, 7)->name, "open");
	assert_string_equal(operations_at(&operations, 1)->name, "shut");
	assert_string_equal(operations_at(&operations, 12)->name, "look");
	assert_null(operations_at(&operations, 0));
	assert_null(operations_at(&operations, 8));
	operations_free(&operations);
}

static void an_enumerator_nobody_knows_is_an_operation_of_its_own_name(void **state)
{
	const struct enumerator newer[] = {
		{ "GATE_NONE", 0 },	     { "GATE_OPEN", 1 }, { "GATE_WARP_DRIVE", 2 },
		{ "GATE_INTEGRITY_MAX", 3 }, { "GATE_LOOK", 4 }, { "GATE_SECRET_MAX", 5 },
	};
	struct operations operations;

	(void)state;
	build(newer, ARRAY_SIZE(newer), &operations);
	assert_string_equal(operations_at(&operations, 2)->name, "warp_drive");
	assert_string_equal(operations_at(&operations, 2)->text, "warp_drive");
	assert_true(operation_is_in(operations_at(&operations, 2), "integrity"));
	assert_false(operation_is_in(operations_at(&operations, 2), "secret"));
	operations_free(&operations);
}

static void an_operation_that_the_kernel_lacks_is_known_without_a_number(void **state)
{
	const struct enumerator older[] = {
		{ "GATE_OPEN", 1 },
		{ "GATE_INTEGRITY_MAX", 2 },
		{ "GATE_SECRET_MAX", 3 },
	};
	struct operations operations;

	(void)state;
	build(older, ARRAY_SIZE(older), &operations);
	assert_int_equal(named(&operations, "shut")->index, -1);
	assert_int_equal(named(&operations, "look")->index, -1);
	assert_true(operation_is_in(named(&operations, "look"), "secret"));
	operations_free(&operations);
}

static void boundaries_divide_by_number_not_by_place(void **state)
{
	struct operations operations;

	(void)state;
	build(usual, ARRAY_SIZE(usual), &operations);
	assert_true(operation_is_in(named(&operations, "open"), "integrity"));
	assert_false(operation_is_in(named(&operations, "open"), "secret"));
	assert_true(operation_is_in(named(&operations, "look"), "secret"));
	assert_false(operation_is_in(named(&operations, "look"), "integrity"));
	operations_free(&operations);
}

static void a_kernel_without_the_enumeration_is_refused(void **state)
{
	struct btf *btf = btf__new_empty();
	struct operations operations;

	(void)state;
	assert_int_equal(operations_build(&gate, btf, &operations), -ENOENT);
	operations_free(&operations);
	btf__free(btf);
}

static void numbers_that_no_policy_can_hold_are_refused(void **state)
{
	const struct enumerator huge[] = { { "GATE_OPEN", BPFLOCK_OPERATIONS_MAX } };
	struct btf *btf = make_btf(huge, ARRAY_SIZE(huge));
	struct operations operations;

	(void)state;
	assert_int_equal(operations_build(&gate, btf, &operations), -E2BIG);
	operations_free(&operations);
	btf__free(btf);
}

static void without_btf_every_name_is_still_known(void **state)
{
	struct operations operations;

	(void)state;
	assert_int_equal(operations_build(&gate, NULL, &operations), 0);
	assert_int_equal(named(&operations, "open")->index, -1);
	assert_true(operations_have_group(&operations, "secret"));
	operations_free(&operations);
}

static void operations_of_its_own_are_numbered_from_the_end(void **state)
{
	const struct enumerator usual_end[] = { { "GATE_OPEN", 1 },
						{ "GATE_WARP_DRIVE", 2 },
						{ "GATE_INTEGRITY_MAX", BPFLOCK_OPERATIONS_MAX } };
	struct btf *btf = make_btf(usual_end, ARRAY_SIZE(usual_end));
	struct operations operations;

	(void)state;
	assert_int_equal(operations_build(&gate_with_protected, btf, &operations), 0);
	assert_int_equal(operations.count, 4);
	assert_string_equal(operations_at(&operations, BPFLOCK_OPERATION_OWN(0))->name, "sing");
	assert_string_equal(operations_at(&operations, BPFLOCK_OPERATION_OWN(1))->name, "paint");
	assert_string_equal(named(&operations, "sing")->text, "the song");
	assert_string_equal(named(&operations, "sing")->groups, "noise");
	assert_string_equal(named(&operations, "paint")->groups, "");
	assert_true(operation_is_in(named(&operations, "warp_drive"), "integrity"));
	operations_free(&operations);
	btf__free(btf);
}

static void operations_of_its_own_need_no_btf(void **state)
{
	struct operations operations;

	(void)state;
	assert_int_equal(operations_build(&gate_with_protected, NULL, &operations), 0);
	assert_int_equal(operations.count, 3);
	assert_int_equal(named(&operations, "sing")->index, BPFLOCK_OPERATION_OWN(0));
	assert_int_equal(named(&operations, "open")->index, -1);
	operations_free(&operations);
}

static void numbers_that_reach_into_those_of_its_own_operations_are_refused(void **state)
{
	const struct enumerator last[] = { { "GATE_OPEN", BPFLOCK_OPERATION_OWN(2) },
					   { "GATE_INTEGRITY_MAX", BPFLOCK_OPERATION_OWN(0) } };
	const struct enumerator taken[] = { { "GATE_OPEN", BPFLOCK_OPERATION_OWN(1) },
					    { "GATE_INTEGRITY_MAX", BPFLOCK_OPERATION_OWN(0) } };
	struct btf *fits = make_btf(last, ARRAY_SIZE(last)), *collides = make_btf(taken, ARRAY_SIZE(taken));
	struct operations operations;

	(void)state;
	assert_int_equal(operations_build(&gate_with_protected, fits, &operations), 0);
	assert_string_equal(operations_at(&operations, BPFLOCK_OPERATION_OWN(2))->name, "open");
	operations_free(&operations);
	assert_int_equal(operations_build(&gate_with_protected, collides, &operations), -E2BIG);
	operations_free(&operations);
	btf__free(fits);
	btf__free(collides);
}

/* As PROG_TEST_RUN and PROG_RUN of enum bpf_cmd. */
static const struct enumerator with_aliases[] = {
	{ "GATE_UNLATCH", 1 }, { "GATE_OPEN", 1 },	 { "GATE_SHUT", 2 }, { "GATE_SLAM", 2 },     { "GATE_LOOK", 2 },
	{ "GATE_PEEK", 5 },    { "GATE_WARP_DRIVE", 6 }, { "GATE_WARP", 6 }, { "GATE_OPEN_MAX", 6 }, { "GATE_NONE", 6 },
};

static void enumerators_of_one_number_are_one_operation_of_several_names(void **state)
{
	struct operations operations;

	(void)state;
	build(with_aliases, ARRAY_SIZE(with_aliases), &operations);
	assert_int_equal(operations.count, 4);
	assert_string_equal(operations_at(&operations, 1)->name, "open");
	assert_string_equal(operations_at(&operations, 1)->aliases, "unlatch");
	assert_string_equal(operations_at(&operations, 1)->text, "the opening");
	assert_string_equal(operations_at(&operations, 2)->name, "shut");
	assert_string_equal(operations_at(&operations, 2)->aliases, "look slam");
	assert_string_equal(operations_at(&operations, 5)->aliases, "");
	assert_string_equal(operations_at(&operations, 6)->name, "warp_drive");
	assert_string_equal(operations_at(&operations, 6)->aliases, "warp open_max");
	operations_free(&operations);
}

static void an_operation_is_in_the_groups_of_all_its_names(void **state)
{
	struct operations operations;

	(void)state;
	build(with_aliases, ARRAY_SIZE(with_aliases), &operations);
	assert_string_equal(operations_at(&operations, 2)->groups, "doors noise peek");
	operations_free(&operations);
}

/* Whoever is covered by one of the names is covered by the other, too. */
static void what_covers_by_one_name_covers_by_the_other(void **state)
{
	const struct enumerator covering[] = { { "GATE_LOOK", 4 }, { "GATE_PEEK", 5 }, { "GATE_GLANCE", 5 } };
	struct operations operations;

	(void)state;
	build(covering, ARRAY_SIZE(covering), &operations);
	assert_true(operation_is_in(named(&operations, "look"), "peek"));
	assert_true(operation_is_in(named(&operations, "look"), "glance"));
	assert_false(operations_have_group(&operations, "glance"));
	assert_false(operation_is_in(named(&operations, "open"), "glance"));
	operations_free(&operations);
}

/* Rows of different kernels' enumerators may share a name. */
static void enumerators_of_one_number_and_one_name_are_no_aliases(void **state)
{
	static const struct bpflock_operation twins[] = {
		{ .name = "open", .summary = "s", .enumerator = "GATE_OPEN", .groups = "doors" },
		{ .name = "open", .summary = "s", .enumerator = "GATE_UNLATCH", .groups = "doors" },
	};
	const struct bpflock_plugin plugin = { .name = "gate",
					       .operations = BPFLOCK_TABLE(twins),
					       .operation_enum = "gate",
					       .operation_prefix = "GATE_" };
	const struct enumerator both[] = { { "GATE_OPEN", 1 }, { "GATE_UNLATCH", 1 } };
	struct btf *btf = make_btf(both, ARRAY_SIZE(both));
	struct operations operations;

	(void)state;
	assert_int_equal(operations_build(&plugin, btf, &operations), 0);
	assert_int_equal(operations.count, 1);
	assert_string_equal(operations.items[0].aliases, "");
	assert_string_equal(operations.items[0].groups, "doors");
	operations_free(&operations);
	btf__free(btf);
}

/* A section of an enforcer, bound from "key=value" texts. */
struct bound {
	struct config_schema_section schema_section;
	struct config_schema schema;
	struct config_text *text;
	struct config *config;
	struct operations operations;
};

static const char *main_file = "/nonexistent";

/* The enumeration of the kernel that bind() binds for. */
static const struct enumerator *enumerators = usual;
static size_t enumerator_count = ARRAY_SIZE(usual);

static int bind(struct bound *bound, const char *const *assignments, struct report *report)
{
	const struct config_sources sources = { .main_file = main_file,
						.drop_in_dir = "/nonexistent",
						.environment = (const char *const[]){ NULL },
						.assignments = assignments };

	bound->schema_section = (struct config_schema_section){
		.name = "gate",
		.tables = { *policy_defaults(&gate), policy_options },
		.table_count = 2,
	};
	bound->schema = (struct config_schema){ &bound->schema_section, 1 };
	build(enumerators, enumerator_count, &bound->operations);
	assert_int_equal(config_read(&sources, &bound->text, report), 0);
	assert_int_equal(config_bind(bound->text, &bound->schema, &bound->config, report), 0);
	return policy_check(&bound->operations, &bound->config->sections[0], report);
}

static void unbind(struct bound *bound, struct report *report)
{
	report_clear(report);
	config_free(bound->config);
	config_text_free(bound->text);
	operations_free(&bound->operations);
}

static void assert_rules(const char *const *assignments, const char *exempt, unsigned int open, unsigned int shut,
			 unsigned int look, unsigned int unknown)
{
	struct bpflock_policy_slot slot;
	struct report report = { 0 };
	struct exemptions exemptions = { 0 };
	struct bound bound;

	assert_int_equal(bind(&bound, assignments, &report), 0);
	exemptions.operations = &bound.operations;
	if (exempt)
		assert_int_equal(exemptions_add(&exemptions, exempt), 0);
	policy_resolve(&exemptions, &bound.config->sections[0], true, &slot);
	assert_int_equal(slot.rules[1], open);
	assert_int_equal(slot.rules[2], shut);
	assert_int_equal(slot.rules[4], look);
	assert_int_equal(slot.rules[100], unknown);
	unbind(&bound, &report);
}

#define SET(...)                  \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static void the_profile_decides_what_is_in_no_list(void **state)
{
	(void)state;
	assert_rules(SET("gate.profile=privileged"), NULL, BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED,
		     BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED);
	assert_rules(SET("gate.profile=baseline"), NULL, BPFLOCK_RULE_BASELINE, BPFLOCK_RULE_BASELINE,
		     BPFLOCK_RULE_BASELINE, BPFLOCK_RULE_BASELINE);
	assert_rules(SET("gate.profile=restricted"), NULL, BPFLOCK_RULE_RESTRICTED, BPFLOCK_RULE_RESTRICTED,
		     BPFLOCK_RULE_RESTRICTED, BPFLOCK_RULE_RESTRICTED);
}

static void assert_decider(const struct bound *bound, const struct exemptions *exemptions, const char *operation,
			   unsigned int rule, const char *option, const char *item)
{
	const struct config_section *section = &bound->config->sections[0];
	struct bpflock_policy_slot slot;
	struct policy_decider decider;

	policy_resolve(exemptions, section, true, &slot);
	decider = policy_decider(named(&bound->operations, operation), section, &slot);
	assert_int_equal(decider.rule, rule);
	if (!option) {
		assert_null(decider.value);
		return;
	}
	assert_string_equal(decider.value->option->name, option);
	if (item)
		assert_string_equal(decider.value->strings[decider.item], item);
}

static void what_has_decided_is_the_most_precise_item_or_the_profile_or_the_plugin(void **state)
{
	struct exemptions exemptions = { 0 };
	struct report report = { 0 };
	struct bound bound;

	(void)state;
	assert_int_equal(bind(&bound,
			      SET("gate.profile=baseline", "gate.block=@noise, @doors, shut", "gate.allow=open"),
			      &report),
			 0);
	exemptions.operations = &bound.operations;
	assert_int_equal(exemptions_add(&exemptions, "all"), 0);
	exemptions.exempt[5] = false;
	assert_decider(&bound, &exemptions, "shut", BPFLOCK_RULE_BLOCK, "block", "shut");
	assert_decider(&bound, &exemptions, "open", BPFLOCK_RULE_ALLOW, "allow", "open");
	assert_decider(&bound, &exemptions, "look", BPFLOCK_RULE_LEVEL, NULL, NULL);
	assert_decider(&bound, &exemptions, "peek", BPFLOCK_RULE_BASELINE, "profile", NULL);
	assert_string_equal(policy_rule_name(BPFLOCK_RULE_BASELINE), "baseline");
	assert_null(policy_rule_name(BPFLOCK_RULE_UNSET));
	assert_null(policy_rule_name(BPFLOCK_RULE_MASK));
	unbind(&bound, &report);
}

static void the_verdict_depends_on_the_rule_the_namespaces_and_whether_it_is_only_audited(void **state)
{
	static const struct {
		__u8 rule;
		__u32 initial;
		__u32 others;
	} table[] = {
		{ BPFLOCK_RULE_UNSET, BPFLOCK_VERDICT_DENIED, BPFLOCK_VERDICT_DENIED },
		{ BPFLOCK_RULE_BLOCK, BPFLOCK_VERDICT_DENIED, BPFLOCK_VERDICT_DENIED },
		{ BPFLOCK_RULE_ALLOW, BPFLOCK_VERDICT_ALLOWED, BPFLOCK_VERDICT_ALLOWED },
		{ BPFLOCK_RULE_LEVEL, BPFLOCK_VERDICT_ALLOWED, BPFLOCK_VERDICT_ALLOWED },
		{ BPFLOCK_RULE_PRIVILEGED, BPFLOCK_VERDICT_ALLOWED, BPFLOCK_VERDICT_ALLOWED },
		{ BPFLOCK_RULE_RESTRICTED, BPFLOCK_VERDICT_DENIED, BPFLOCK_VERDICT_DENIED },
		{ BPFLOCK_RULE_BASELINE, BPFLOCK_VERDICT_ALLOWED, BPFLOCK_VERDICT_DENIED },
		{ BPFLOCK_RULE_BASELINE_ALLOW, BPFLOCK_VERDICT_ALLOWED, BPFLOCK_VERDICT_ALLOWED },
		{ BPFLOCK_RULE_BASELINE_DENY, BPFLOCK_VERDICT_DENIED, BPFLOCK_VERDICT_DENIED },
		{ BPFLOCK_RULE_BASELINE | BPFLOCK_RULE_AUDIT, BPFLOCK_VERDICT_ALLOWED, BPFLOCK_VERDICT_WOULD_DENY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(policy_verdict(table[i].rule, true), table[i].initial);
		assert_int_equal(policy_verdict(table[i].rule, false), table[i].others);
	}
}

/* The decider of an operation with such a row, under these options; *ret_host: the host can be denied something. */
static struct policy_decider decider_with(__u32 baseline, const char *const *assignments, const char *exempt,
					  bool *ret_host)
{
	struct bpflock_policy_slot slot;
	struct exemptions exemptions = { 0 };
	struct policy_decider decider;
	struct report report = { 0 };
	const struct operation *operation;
	struct bound bound;

	assert_int_equal(bind(&bound, assignments, &report), 0);
	exemptions.operations = &bound.operations;
	if (exempt)
		assert_int_equal(exemptions_add(&exemptions, exempt), 0);
	bound.operations.items[0].baseline = baseline;
	operation = &bound.operations.items[0];
	policy_resolve(&exemptions, &bound.config->sections[0], true, &slot);
	decider = policy_decider(operation, &bound.config->sections[0], &slot);
	assert_int_equal(slot.rules[operation->index], decider.rule);
	*ret_host = policy_denies_host(&bound.operations, &bound.config->sections[0]);
	unbind(&bound, &report);
	return decider;
}

static void a_row_says_what_baseline_does_and_lists_and_other_profiles_come_before_it(void **state)
{
	static const struct {
		__u32 baseline;
		const char *assignments[3];
		const char *exempt;
		__u32 rule;
		bool host;
	} table[] = {
		{ BPFLOCK_BASELINE_USUAL, { "gate.profile=baseline" }, NULL, BPFLOCK_RULE_BASELINE, false },
		{ BPFLOCK_BASELINE_ALLOW, { "gate.profile=baseline" }, NULL, BPFLOCK_RULE_BASELINE_ALLOW, false },
		{ BPFLOCK_BASELINE_DENY, { "gate.profile=baseline" }, NULL, BPFLOCK_RULE_BASELINE_DENY, true },
		{ BPFLOCK_BASELINE_DENY, { "gate.profile=privileged" }, NULL, BPFLOCK_RULE_PRIVILEGED, false },
		{ BPFLOCK_BASELINE_ALLOW, { "gate.profile=restricted" }, NULL, BPFLOCK_RULE_RESTRICTED, true },
		{ BPFLOCK_BASELINE_ALLOW,
		  { "gate.profile=baseline", "gate.block=@all" },
		  NULL,
		  BPFLOCK_RULE_BLOCK,
		  true },
		{ BPFLOCK_BASELINE_DENY,
		  { "gate.profile=baseline", "gate.allow=@all" },
		  NULL,
		  BPFLOCK_RULE_ALLOW,
		  true },
		{ BPFLOCK_BASELINE_DENY, { "gate.profile=baseline" }, "all", BPFLOCK_RULE_LEVEL, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		bool host;

		assert_int_equal(decider_with(table[i].baseline, table[i].assignments, table[i].exempt, &host).rule,
				 table[i].rule);
		assert_int_equal(host, table[i].host);
	}
	assert_string_equal(policy_rule_name(BPFLOCK_RULE_BASELINE_DENY), "baseline");
	assert_string_equal(policy_reason(BPFLOCK_RULE_BASELINE_ALLOW, BPFLOCK_VERDICT_ALLOWED), "allow (baseline)");
	assert_string_equal(policy_reason(BPFLOCK_RULE_BASELINE_DENY, BPFLOCK_VERDICT_DENIED), "denied (baseline)");
	assert_null(policy_reason(BPFLOCK_RULE_BASELINE_DENY, BPFLOCK_VERDICT_ALLOWED));
	assert_null(policy_reason(BPFLOCK_RULE_BASELINE_ALLOW, BPFLOCK_VERDICT_DENIED));
}

static void either_name_of_an_operation_is_valid_and_gives_one_rule(void **state)
{
	static const char *const names[] = { "gate.block=open", "gate.block=unlatch" };
	struct report report = { 0 };
	struct bound bound;

	(void)state;
	enumerators = with_aliases;
	enumerator_count = ARRAY_SIZE(with_aliases);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_rules(SET("gate.profile=privileged", names[i]), NULL, BPFLOCK_RULE_BLOCK,
			     BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED);
	assert_rules(SET("gate.profile=restricted", "gate.allow=slam"), NULL, BPFLOCK_RULE_RESTRICTED,
		     BPFLOCK_RULE_ALLOW, BPFLOCK_RULE_RESTRICTED, BPFLOCK_RULE_RESTRICTED);
	assert_int_equal(bind(&bound, SET("gate.block=open", "gate.allow=unlatch"), &report), -EINVAL);
	assert_non_null(strstr(report.items[0].message, "'open' means open, and so does 'unlatch' in `allow`"));
	unbind(&bound, &report);
	assert_int_equal(bind(&bound, SET("gate.block=unlach"), &report), -EINVAL);
	assert_non_null(strstr(report.items[0].remedy, "valid: open (or unlatch), shut (or look slam), peek, "));
	unbind(&bound, &report);
	enumerators = usual;
	enumerator_count = ARRAY_SIZE(usual);
}

static void assert_defaults(const struct bpflock_plugin *plugin, const char *profile, const char *log)
{
	const struct bpflock_option *defaults = policy_defaults(plugin)->rows;

	assert_string_equal(defaults[0].initial, profile);
	assert_string_equal(defaults[1].initial, log);
}

static void a_guard_denies_contained_tasks_and_logs_denials_by_default(void **state)
{
	const struct bpflock_plugin guard = { .flags = BPFLOCK_ENFORCER | BPFLOCK_GUARD };

	(void)state;
	assert_defaults(&gate, "privileged", "all");
	assert_defaults(&guard, "baseline", "denied");
}

static bool can_deny(const char *const *assignments)
{
	struct report report = { 0 };
	struct bound bound;
	bool can;

	assert_int_equal(bind(&bound, assignments, &report), 0);
	can = policy_can_deny(&bound.config->sections[0]);
	unbind(&bound, &report);
	return can;
}

static void a_policy_can_deny_by_its_profile_or_a_list_unless_it_only_audits(void **state)
{
	(void)state;
	assert_false(can_deny(SET("gate.profile=privileged", "gate.allow=open")));
	assert_true(can_deny(SET("gate.profile=privileged", "gate.block=open")));
	assert_true(can_deny(SET("gate.profile=baseline")));
	assert_true(can_deny(SET("gate.profile=restricted")));
	assert_false(can_deny(SET("gate.profile=restricted", "gate.audit_only=yes")));
}

/* The rule of an operation with such flags, under profile restricted. */
static __u8 rule_with(__u32 flags, bool enforcing)
{
	struct bpflock_policy_slot slot;
	struct exemptions none = { 0 };
	struct report report = { 0 };
	struct bound bound;

	assert_int_equal(bind(&bound, SET("gate.profile=restricted"), &report), 0);
	bound.operations.items[0].flags = flags;
	none.operations = &bound.operations;
	policy_resolve(&none, &bound.config->sections[0], enforcing, &slot);
	flags = slot.rules[bound.operations.items[0].index];
	unbind(&bound, &report);
	return (__u8)flags;
}

static void the_daemon_is_let_through_where_the_row_says_so(void **state)
{
	(void)state;
	assert_int_equal(rule_with(0, true), BPFLOCK_RULE_RESTRICTED);
	assert_int_equal(rule_with(BPFLOCK_OPERATION_DAEMON, true), BPFLOCK_RULE_RESTRICTED | BPFLOCK_RULE_DAEMON);
}

static void some_operations_are_only_audited_while_nothing_can_be_denied(void **state)
{
	(void)state;
	assert_int_equal(rule_with(BPFLOCK_OPERATION_WHILE_ENFORCING, true), BPFLOCK_RULE_RESTRICTED);
	assert_int_equal(rule_with(BPFLOCK_OPERATION_WHILE_ENFORCING, false),
			 BPFLOCK_RULE_RESTRICTED | BPFLOCK_RULE_AUDIT);
	assert_int_equal(rule_with(0, false), BPFLOCK_RULE_RESTRICTED);
}

static void an_operation_has_the_errno_of_its_row(void **state)
{
	struct operations operations;
	struct bpflock_policy map = { 0 };

	(void)state;
	build(usual, ARRAY_SIZE(usual), &operations);
	policy_init(&map, &operations);
	assert_int_equal(map.denials[1], ENOENT);
	assert_int_equal(map.denials[2], 0);
	operations_free(&operations);
}

static void an_exempt_group_is_not_governed_unless_a_list_names_it(void **state)
{
	(void)state;
	assert_rules(SET("gate.profile=restricted"), "secret", BPFLOCK_RULE_RESTRICTED, BPFLOCK_RULE_RESTRICTED,
		     BPFLOCK_RULE_LEVEL, BPFLOCK_RULE_RESTRICTED);
	assert_rules(SET("gate.profile=restricted", "gate.block=look"), "secret", BPFLOCK_RULE_RESTRICTED,
		     BPFLOCK_RULE_RESTRICTED, BPFLOCK_RULE_BLOCK, BPFLOCK_RULE_RESTRICTED);
}

static void a_name_beats_a_group_in_either_list(void **state)
{
	(void)state;
	assert_rules(SET("gate.block=@doors", "gate.allow=open"), NULL, BPFLOCK_RULE_ALLOW, BPFLOCK_RULE_BLOCK,
		     BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED);
	assert_rules(SET("gate.allow=@all", "gate.block=open"), NULL, BPFLOCK_RULE_BLOCK, BPFLOCK_RULE_ALLOW,
		     BPFLOCK_RULE_ALLOW, BPFLOCK_RULE_PRIVILEGED);
}

static void an_operation_may_cover_another(void **state)
{
	(void)state; /* `look` says that it is in `peek` */
	assert_rules(SET("gate.block=peek"), NULL, BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_BLOCK,
		     BPFLOCK_RULE_PRIVILEGED);
	assert_rules(SET("gate.block=peek", "gate.allow=look"), NULL, BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED,
		     BPFLOCK_RULE_ALLOW, BPFLOCK_RULE_PRIVILEGED);
}

static void log_denied_marks_every_rule(void **state)
{
	const unsigned int quiet = BPFLOCK_RULE_LOG_DENIED;

	(void)state;
	assert_rules(SET("gate.log=denied", "gate.block=open"), NULL, BPFLOCK_RULE_BLOCK | quiet,
		     BPFLOCK_RULE_PRIVILEGED | quiet, BPFLOCK_RULE_PRIVILEGED | quiet, BPFLOCK_RULE_PRIVILEGED | quiet);
}

static void assert_refused(const char *const *assignments, const char *message, const char *remedy)
{
	struct report report = { 0 };
	struct bound bound;

	assert_int_equal(bind(&bound, assignments, &report), -EINVAL);
	assert_non_null(strstr(report.items[0].message, message));
	assert_non_null(strstr(report.items[0].remedy, remedy));
	unbind(&bound, &report);
}

static void what_a_list_cannot_mean_is_refused_with_what_it_can(void **state)
{
	(void)state;
	assert_refused(SET("gate.block=opne"), "unknown operation 'opne'", "open, shut");
	assert_refused(SET("gate.allow=@door"), "unknown group '@door'", "@doors");
	assert_refused(SET("gate.block=open", "gate.allow=open"), "'open' is in `allow` as well",
		       "one of the two lists");
	assert_refused(SET("gate.block=@doors", "gate.allow=@noise"),
		       "'@doors' means shut, and so does '@noise' in `allow` (-o gate.allow=@noise)",
		       "one of the two lists");
	assert_refused(SET("gate.block=@doors", "gate.allow=@integrity"),
		       "'@doors' means open, shut, and so does '@integrity' in `allow`", "one of the two lists");
}

static void a_missing_hierarchy_is_complained_of_where_an_exception_is(void **state)
{
	struct report report = { 0 };
	struct bound bound;

	(void)state;
	hierarchy = TMPFS_MAGIC;
	assert_int_equal(bind(&bound, SET("gate.except_units=a.service"), &report), -EINVAL);
	assert_int_equal(report.errors, 1);
	assert_string_equal(report.items[0].where, "-o");
	assert_non_null(strstr(report.items[0].message, "[gate] except_units: "));
	unbind(&bound, &report);
	assert_int_equal(bind(&bound, SET("gate.block=open"), &report), 0);
	unbind(&bound, &report);
	hierarchy = CGROUP2_SUPER_MAGIC;
	assert_int_equal(bind(&bound, SET("gate.except_units=a.service"), &report), 0);
	unbind(&bound, &report);
}

static void a_dry_run_and_exceptions_mark_every_rule(void **state)
{
	const unsigned int dry = BPFLOCK_RULE_AUDIT, excepted = BPFLOCK_RULE_EXCEPTIONS;

	(void)state;
	assert_rules(SET("gate.audit_only=yes", "gate.block=open"), NULL, BPFLOCK_RULE_BLOCK | dry,
		     BPFLOCK_RULE_PRIVILEGED | dry, BPFLOCK_RULE_PRIVILEGED | dry, BPFLOCK_RULE_PRIVILEGED | dry);
	assert_rules(SET("gate.profile=baseline", "gate.except_cgroups=/trusted"), NULL,
		     BPFLOCK_RULE_BASELINE | excepted, BPFLOCK_RULE_BASELINE | excepted,
		     BPFLOCK_RULE_BASELINE | excepted, BPFLOCK_RULE_BASELINE | excepted);
}

static void a_group_is_not_meant_by_the_beginning_of_its_name(void **state)
{
	(void)state;
	assert_refused(SET("gate.block=@door"), "unknown group '@door'", "@doors");
	assert_refused(SET("gate.block=@doorstep"), "unknown group '@doorstep'", "@doors");
	assert_rules(SET("gate.block=@do"), NULL, BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED,
		     BPFLOCK_RULE_PRIVILEGED, BPFLOCK_RULE_PRIVILEGED);
}

/* One contradiction is expected at this line of `block`, with this line of `allow`, of a file with these lines. */
static void assert_contradiction(const char *lines, int block_line, int allow_line)
{
	char path[] = "/tmp/policy.XXXXXX";
	CLEANUP(cleanup_close) int fd = mkstemp(path);
	CLEANUP(cleanup_free) char *block = xasprintf("%s:%d", path, block_line);
	CLEANUP(cleanup_free) char *allow = xasprintf("(%s:%d)", path, allow_line);
	struct report report = { 0 };
	struct bound bound;

	assert_true(dprintf(fd, "[gate]\n%s", lines) > 0);
	main_file = path;
	assert_int_equal(bind(&bound, SET("gate.log=all"), &report), -EINVAL);
	assert_int_equal(report.errors, 1);
	assert_string_equal(report.items[0].where, block);
	assert_non_null(strstr(report.items[0].message, "shut"));
	assert_non_null(strstr(report.items[0].message, allow));
	unbind(&bound, &report);
	main_file = "/nonexistent";
	unlink(path);
}

static void a_contradiction_names_the_lines_that_mean_the_operation_most_precisely(void **state)
{
	(void)state;
	assert_contradiction("block = @doors\nblock = shut\nallow = @noise\nallow = shut\n", 3, 5);
}

static void of_lines_that_mean_it_alike_the_first_is_named(void **state)
{
	(void)state;
	assert_contradiction("block = @doors\nblock = @noise\nallow = @all\n", 2, 4);
}

static void numbers_at_the_ends_of_the_table_have_rules(void **state)
{
	const struct enumerator ends[] = {
		{ "GATE_OPEN", 0 },
		{ "GATE_SHUT", BPFLOCK_OPERATIONS_MAX - 1 },
	};
	struct operations operations;

	(void)state;
	build(ends, ARRAY_SIZE(ends), &operations);
	assert_string_equal(operations_at(&operations, 0)->name, "open");
	assert_string_equal(operations_at(&operations, BPFLOCK_OPERATIONS_MAX - 1)->name, "shut");
	operations_free(&operations);
}

static void a_negative_number_is_refused(void **state)
{
	const struct enumerator negative[] = { { "GATE_OPEN", -1 } };
	struct btf *btf = make_btf(negative, ARRAY_SIZE(negative));
	struct operations operations;

	(void)state;
	assert_int_equal(operations_build(&gate, btf, &operations), -E2BIG);
	operations_free(&operations);
	btf__free(btf);
}

static void a_reason_is_there_for_each_rule_and_for_nothing_beyond(void **state)
{
	(void)state;
	assert_string_equal(policy_reason(BPFLOCK_RULE_EXCEPTION, BPFLOCK_VERDICT_ALLOWED), "allow (exception)");
	assert_string_equal(policy_reason(BPFLOCK_RULE_GRANT, BPFLOCK_VERDICT_ALLOWED), "allow (grant)");
	assert_null(policy_reason(BPFLOCK_RULE_BASELINE_DENY + 1, BPFLOCK_VERDICT_ALLOWED));
	assert_null(policy_reason(UINT32_MAX, BPFLOCK_VERDICT_ALLOWED));
	assert_string_equal(policy_reason(BPFLOCK_RULE_BLOCK, BPFLOCK_VERDICT_WOULD_DENY), "would deny (block)");
	assert_null(policy_reason(BPFLOCK_RULE_BLOCK, BPFLOCK_VERDICTS));
}

/* A reader that took the idle slot's number before the last flip may still be reading it. */
static void readers_are_waited_for_before_the_idle_slot_is_written(void **state)
{
	struct bpflock_policy map = { .active = 1, .slots = { { { 7 } }, { { 1 } } } };
	struct bpflock_policy_slot two = { { 2 } };

	(void)state;
	waited_for = &map;
	idle_while_waiting = 0;
	policy_put(&map, &two);
	waited_for = NULL;
	assert_int_equal(idle_while_waiting, 7);
	assert_int_equal(map.active, 0);
}

static void without_membarrier_an_update_of_a_map_of_maps_waits(void **state)
{
	no_membarrier = true;
	readers_are_waited_for_before_the_idle_slot_is_written(state);
	no_membarrier = false;
}

static void a_policy_is_put_in_force_by_one_flip(void **state)
{
	struct bpflock_policy_slot one = { { 1 } }, two = { { 2 } };
	struct bpflock_policy map = { 0 };

	(void)state;
	policy_put(&map, &one);
	assert_int_equal(map.slots[map.active].rules[0], 1);
	policy_put(&map, &two);
	assert_int_equal(map.slots[map.active].rules[0], 2);
	assert_int_equal(map.slots[!map.active].rules[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_take_the_numbers_of_the_running_kernel),
		cmocka_unit_test(an_enumerator_nobody_knows_is_an_operation_of_its_own_name),
		cmocka_unit_test(an_operation_that_the_kernel_lacks_is_known_without_a_number),
		cmocka_unit_test(boundaries_divide_by_number_not_by_place),
		cmocka_unit_test(a_kernel_without_the_enumeration_is_refused),
		cmocka_unit_test(numbers_that_no_policy_can_hold_are_refused),
		cmocka_unit_test(without_btf_every_name_is_still_known),
		cmocka_unit_test(operations_of_its_own_are_numbered_from_the_end),
		cmocka_unit_test(operations_of_its_own_need_no_btf),
		cmocka_unit_test(numbers_that_reach_into_those_of_its_own_operations_are_refused),
		cmocka_unit_test(enumerators_of_one_number_are_one_operation_of_several_names),
		cmocka_unit_test(an_operation_is_in_the_groups_of_all_its_names),
		cmocka_unit_test(what_covers_by_one_name_covers_by_the_other),
		cmocka_unit_test(enumerators_of_one_number_and_one_name_are_no_aliases),
		cmocka_unit_test(what_has_decided_is_the_most_precise_item_or_the_profile_or_the_plugin),
		cmocka_unit_test(the_verdict_depends_on_the_rule_the_namespaces_and_whether_it_is_only_audited),
		cmocka_unit_test(a_row_says_what_baseline_does_and_lists_and_other_profiles_come_before_it),
		cmocka_unit_test(either_name_of_an_operation_is_valid_and_gives_one_rule),
		cmocka_unit_test(the_profile_decides_what_is_in_no_list),
		cmocka_unit_test(an_exempt_group_is_not_governed_unless_a_list_names_it),
		cmocka_unit_test(a_name_beats_a_group_in_either_list),
		cmocka_unit_test(an_operation_may_cover_another),
		cmocka_unit_test(log_denied_marks_every_rule),
		cmocka_unit_test(what_a_list_cannot_mean_is_refused_with_what_it_can),
		cmocka_unit_test(a_missing_hierarchy_is_complained_of_where_an_exception_is),
		cmocka_unit_test(a_dry_run_and_exceptions_mark_every_rule),
		cmocka_unit_test(a_group_is_not_meant_by_the_beginning_of_its_name),
		cmocka_unit_test(a_contradiction_names_the_lines_that_mean_the_operation_most_precisely),
		cmocka_unit_test(of_lines_that_mean_it_alike_the_first_is_named),
		cmocka_unit_test(a_guard_denies_contained_tasks_and_logs_denials_by_default),
		cmocka_unit_test(a_policy_can_deny_by_its_profile_or_a_list_unless_it_only_audits),
		cmocka_unit_test(the_daemon_is_let_through_where_the_row_says_so),
		cmocka_unit_test(some_operations_are_only_audited_while_nothing_can_be_denied),
		cmocka_unit_test(an_operation_has_the_errno_of_its_row),
		cmocka_unit_test(numbers_at_the_ends_of_the_table_have_rules),
		cmocka_unit_test(a_negative_number_is_refused),
		cmocka_unit_test(a_reason_is_there_for_each_rule_and_for_nothing_beyond),
		cmocka_unit_test(a_policy_is_put_in_force_by_one_flip),
		cmocka_unit_test(readers_are_waited_for_before_the_idle_slot_is_written),
		cmocka_unit_test(without_membarrier_an_update_of_a_map_of_maps_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
