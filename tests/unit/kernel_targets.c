// SPDX-License-Identifier: Apache-2.0
/* What programs can attach to, on a kernel whose types the test makes. */
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "kernel/kernel.h"
#include "unit.h"

static struct btf *btf;
static struct kernel kernel;
static int integer, prototype;

static int set_up(void **state)
{
	(void)state;
	btf = btf__new_empty();
	integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	prototype = btf__add_func_proto(btf, integer);
	kernel = (struct kernel){ 0 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kernel_free_targets(&kernel);
	btf__free(btf);
	return 0;
}

static int add_function(const char *name)
{
	return btf__add_func(btf, name, BTF_FUNC_STATIC, prototype);
}

static int add_typedef(const char *name)
{
	return btf__add_typedef(btf, name, prototype);
}

static void assert_target(const char *section, int id)
{
	assert_int_equal(kernel_target_id(&kernel, section), id);
	assert_int_equal(kernel_has_target(&kernel, section), id > 0);
}

static void a_section_names_its_function_or_its_tracepoint(void **state)
{
	int hook = add_function("bpf_lsm_file_open"), function = add_function("vfs_read");
	int tracepoint = add_typedef("btf_trace_sched_process_exec");

	(void)state;
	kernel_index_targets(&kernel, btf);
	assert_target("lsm/file_open", hook);
	assert_target("lsm.s/file_open", hook);
	assert_target("fentry/vfs_read", function);
	assert_target("fexit/vfs_read", function);
	assert_target("tp_btf/sched_process_exec", tracepoint);
}

static void what_the_kernel_lacks_is_no_target(void **state)
{
	(void)state;
	add_function("vfs_read");
	add_typedef("size_t");
	kernel_index_targets(&kernel, btf);
	assert_target("lsm/vfs_read", -ENOENT);
	assert_target("fentry/vfs_rea", -ENOENT);
	assert_target("fentry/vfs_reads", -ENOENT);
	assert_target("fentry/size_t", -ENOENT);
	assert_target("tp_btf/vfs_read", -ENOENT);
}

/* Static functions may share a name; libbpf takes the first as well. */
static void of_functions_that_share_a_name_the_first_is_the_target(void **state)
{
	int first = add_function("show");

	(void)state;
	add_function("store");
	add_function("show");
	kernel_index_targets(&kernel, btf);
	assert_target("fentry/show", first);
}

static void a_function_named_like_a_tracepoint_is_none(void **state)
{
	(void)state;
	add_function("btf_trace_sched_switch");
	kernel_index_targets(&kernel, btf);
	assert_target("tp_btf/sched_switch", -ENOENT);
}

/* As many as make the table long searches: each is found, and nothing else. */
static void each_of_many_functions_is_found(void **state)
{
	char section[32];
	int ids[1000];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(section, sizeof(section), "function_%d", i);
		ids[i] = add_function(section);
	}
	kernel_index_targets(&kernel, btf);
	for (int i = 0; i < 1000; i++) {
		snprintf(section, sizeof(section), "fentry/function_%d", i);
		assert_target(section, ids[i]);
	}
	assert_target("fentry/function_1000", -ENOENT);
}

static void without_trampolines_only_tracepoints_are_targets(void **state)
{
	int tracepoint = add_typedef("btf_trace_sched_switch");

	(void)state;
	add_function("bpf_lsm_file_open");
	add_function("vfs_read");
	kernel_index_targets(&kernel, btf);
	kernel.no_trampolines = true;
	assert_target("lsm/file_open", -ENOENT);
	assert_target("fentry/vfs_read", -ENOENT);
	assert_target("tp_btf/sched_switch", tracepoint);
}

static void a_section_that_bpflock_does_not_attach_has_no_target(void **state)
{
	(void)state;
	add_function("vfs_read");
	kernel_index_targets(&kernel, btf);
	assert_false(kernel_knows_section("kprobe/vfs_read"));
	assert_false(kernel_has_target(&kernel, "kprobe/vfs_read"));
	assert_true(kernel_knows_section("fentry/vfs_read"));
	assert_true(kernel_has_target(&kernel, "fentry/vfs_read"));
}

static void append_name(void *text, const char *name)
{
	strcat(strcat(text, name), " ");
}

static void assert_visited(const char *section, const char *names)
{
	char text[128] = "";

	kernel_visit_targets(&kernel, section, append_name, text);
	assert_string_equal(text, names);
}

static void the_targets_of_a_kind_are_visited_and_no_others(void **state)
{
	(void)state;
	add_function("bpf_lsm_file_open");
	add_typedef("btf_trace_sched_switch");
	add_typedef("size_t");
	kernel_index_targets(&kernel, btf);
	assert_visited("lsm/path_chroot", "file_open ");
	assert_visited("lsm.s/", "file_open ");
	assert_visited("tp_btf/x", "sched_switch ");
	assert_visited("fentry/x", "bpf_lsm_file_open ");
}

static void the_limit_of_programs_is_the_kernels(void **state)
{
	(void)state;
	kernel_index_targets(&kernel, btf);
	assert_int_equal(kernel.programs_max, 38);
	kernel_free_targets(&kernel);
	btf__add_enum(btf, "named", 4);
	btf__add_enum_value(btf, "BPF_MAX_TRAMP_LINKS", 1);
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "BPF_MAX_TRAMP_LINKS", 36);
	kernel_index_targets(&kernel, btf);
	assert_int_equal(kernel.programs_max, 36);
}

static void a_function_is_known_by_its_number(void **state)
{
	int function = add_function("vfs_read"), tracepoint = add_typedef("btf_trace_sched_switch");

	(void)state;
	kernel_index_targets(&kernel, btf);
	assert_string_equal(kernel_target_name(&kernel, (__u32)function), "vfs_read");
	assert_null(kernel_target_name(&kernel, 1000));
	assert_int_equal(kernel_function_id(&kernel, "fexit/vfs_read"), function);
	assert_int_equal(kernel_target_id(&kernel, "tp_btf/sched_switch"), tracepoint);
	assert_int_equal(kernel_function_id(&kernel, "tp_btf/sched_switch"), -ENOENT);
}

static void without_type_information_nothing_is_a_target(void **state)
{
	(void)state;
	assert_target("fentry/vfs_read", -ENOENT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_section_names_its_function_or_its_tracepoint),
		TEST(what_the_kernel_lacks_is_no_target),
		TEST(of_functions_that_share_a_name_the_first_is_the_target),
		TEST(a_function_named_like_a_tracepoint_is_none),
		TEST(each_of_many_functions_is_found),
		TEST(without_trampolines_only_tracepoints_are_targets),
		TEST(a_section_that_bpflock_does_not_attach_has_no_target),
		TEST(the_targets_of_a_kind_are_visited_and_no_others),
		TEST(the_limit_of_programs_is_the_kernels),
		TEST(a_function_is_known_by_its_number),
		TEST(without_type_information_nothing_is_a_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
