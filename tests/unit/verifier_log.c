// SPDX-License-Identifier: Apache-2.0
/* What is taken from logs of verifiers: their texts are those of real kernels. */
#include "loader/verifier_log.h"

#include <string.h>

#include "unit.h"
#include "util/memory.h"

static void expect(const char *log, const char *source, const char *sentence, const char *hint)
{
	CLEANUP(verifier_rejection_clear) struct verifier_rejection rejection = verifier_log_read(log);

	assert_string_equal(rejection.source, source);
	assert_string_equal(rejection.sentence, sentence);
	if (hint)
		assert_non_null(strstr(rejection.hint, hint));
	else
		assert_null(rejection.hint);
}

static void before_linux_6_10_the_source_has_no_line_number(void **state)
{
	(void)state;
	expect("reg type unsupported for arg#0 function set_host_name#37\n"
	       "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	       "; return *(int *)bpf_get_current_pid_tgid();\n"
	       "0: (85) call bpf_get_current_pid_tgid#14      ; R0_w=scalar()\n"
	       "1: (61) r0 = *(u32 *)(r0 +0)\n"
	       "R0 invalid mem access 'scalar'\n"
	       "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
	       "return *(int *)bpf_get_current_pid_tgid();", "R0 invalid mem access 'scalar'",
	       "a number is used as a pointer");
}

static void since_linux_6_10_it_has(void **state)
{
	(void)state;
	expect("; __u64 *value = bpf_map_lookup_elem(&seen, &key); @ bad.bpf.c:15\n"
	       "6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=seen,ks=4,vs=8)\n"
	       "; return (int)*value; @ bad.bpf.c:16\n"
	       ";  @ bad.bpf.c:0\n"
	       "7: (79) r0 = *(u64 *)(r0 +0)\n"
	       "R0 invalid mem access 'map_value_or_null'\n"
	       "processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
	       "bad.bpf.c:16: return (int)*value;", "R0 invalid mem access 'map_value_or_null'", "NULL");
}

static void a_source_that_the_compiler_did_not_find_has_a_place(void **state)
{
	(void)state;
	expect(";  @ mistake.bpf.c:70\n1: (61) r0 = *(u32 *)(r0 +0)\nR0 invalid mem access 'scalar'\n",
	       "mistake.bpf.c:70", "R0 invalid mem access 'scalar'", "a number is used as a pointer");
}

static void the_long_report_of_linux_7_follows_the_sentence(void **state)
{
	(void)state;
	expect("; int BPF_PROG(set_host_name) @ bad.bpf.c:9\n"
	       "6: (95) exit\n"
	       "Unreleased reference id=2 alloc_insn=4\n"
	       "\n"
	       "Verification failed: Resource Lifetime Safety: Unreleased resource\n"
	       "\n"
	       "Reason:\n"
	       "  Owned resource (id=2) was acquired at instruction 4\n"
	       "\n"
	       "BPF_EXIT instruction in main prog would lead to reference leak\n"
	       "processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
	       "bad.bpf.c:9: int BPF_PROG(set_host_name)", "Unreleased reference id=2 alloc_insn=4",
	       "submit the record on every path");
}

static void two_lines_may_be_one_sentence(void **state)
{
	(void)state;
	expect("; return value[bpf_get_current_pid_tgid() & 7]; @ bad.bpf.c:28\n"
	       "14: (79) r0 = *(u64 *)(r6 +0)\n"
	       "invalid access to map value, value_size=8 off=56 size=8\n"
	       "R6 max value is outside of the allowed memory range\n"
	       "processed 14 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1\n",
	       "bad.bpf.c:28: return value[bpf_get_current_pid_tgid() & 7];",
	       "invalid access to map value, value_size=8 off=56 size=8; R6 max value is outside of the allowed memory range",
	       "compare the index with the size");
}

static void a_helper_that_is_not_allowed_is_named_by_every_kernel(void **state)
{
	(void)state;
	expect("1: (85) call bpf_override_return#58\nunknown func bpf_override_return#58\nprocessed 2 insns\n", "",
	       "unknown func bpf_override_return#58", "may not call it");
	expect("1: (85) call bpf_override_return#58\n"
	       "program of this type cannot use helper bpf_override_return#58\n"
	       "\n"
	       "Verification failed: Policy: Operation is not allowed\n",
	       "", "program of this type cannot use helper bpf_override_return#58", "may not call the helper");
}

static void a_sentence_that_is_not_known_has_no_hint(void **state)
{
	(void)state;
	expect("; x = 1; @ a.c:1\n0: (b7) r0 = 1\nsomething of the year 2040\n", "a.c:1: x = 1;",
	       "something of the year 2040", NULL);
}

static void a_log_without_a_sentence_says_nothing(void **state)
{
	(void)state;
	expect("", "", "", NULL);
	expect("\n\n", "", "", NULL);
	expect("processed 2 insns\n", "", "", NULL);
	expect("; @ a.c:0\n0: (b7) r0 = 1\n", "", "", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_linux_6_10_the_source_has_no_line_number),
		cmocka_unit_test(since_linux_6_10_it_has),
		cmocka_unit_test(a_source_that_the_compiler_did_not_find_has_a_place),
		cmocka_unit_test(the_long_report_of_linux_7_follows_the_sentence),
		cmocka_unit_test(two_lines_may_be_one_sentence),
		cmocka_unit_test(a_helper_that_is_not_allowed_is_named_by_every_kernel),
		cmocka_unit_test(a_sentence_that_is_not_known_has_no_hint),
		cmocka_unit_test(a_log_without_a_sentence_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
