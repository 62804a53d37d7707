// SPDX-License-Identifier: Apache-2.0
/* What a kernel must have, on kernels that the test plays in the place of the C library and of libcap-ng. */
#include <bpf/bpf.h>
#include <cap-ng.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sysexits.h>

#include "kernel/kernel.h"
#include "unit.h"
#include "util/memory.h"

static const char *release;
static long bpffs;
static const unsigned int *capabilities; /* ends with UINT_MAX */

int uname(struct utsname *ret)
{
	*ret = (struct utsname){ 0 };
	strcpy(ret->release, release);
	return 0;
}

int statfs(const char *path, struct statfs *ret)
{
	(void)path;
	*ret = (struct statfs){ .f_type = bpffs };
	return 0;
}

int capng_get_caps_process(void)
{
	return 0;
}

int capng_have_capability(capng_type_t which, unsigned int capability)
{
	(void)which;
	for (const unsigned int *have = capabilities; *have != UINT_MAX; have++)
		if (*have == capability)
			return 1;
	return 0;
}

/* The errno with which bpf(2) is refused, or 0. */
static int bpf_error;

int bpf_map_create(enum bpf_map_type type, const char *name, __u32 key_size, __u32 value_size, __u32 max_entries,
		   const struct bpf_map_create_opts *opts)
{
	(void)type;
	(void)name;
	(void)key_size;
	(void)value_size;
	(void)max_entries;
	(void)opts;
	if (!bpf_error)
		return dup(STDERR_FILENO);
	errno = bpf_error;
	return -bpf_error;
}

static const unsigned int admin[] = { CAP_SYS_ADMIN, UINT_MAX };

static int set_up(void **state)
{
	(void)state;
	release = "6.1.0-56-amd64";
	bpffs = BPF_FS_MAGIC;
	capabilities = admin;
	bpf_error = 0;
	return 0;
}

/* A kernel with type information that nobody looks into. */
static struct kernel sound(void)
{
	return (struct kernel){ .btf = (struct btf *)(uintptr_t)8 };
}

static void assert_check(const struct kernel *kernel, int status, const char *text)
{
	struct report report = { 0 };

	assert_int_equal(kernel_check(kernel, &report), status);
	assert_int_equal(report.count, text ? 1 : 0);
	if (text)
		assert_non_null(strstr(report.items[0].message, text));
	report_clear(&report);
}

static void assert_release(const char *name, int status)
{
	const struct kernel kernel = sound();

	release = name;
	assert_check(&kernel, status, status ? "the kernel is too old" : NULL);
}

static void the_oldest_kernel_is_5_13_itself(void **state)
{
	(void)state;
	assert_release("5.13.0", 0);
	assert_release("5.13", 0);
	assert_release("5.12.19", EX_UNAVAILABLE);
	assert_release("5.4.0-200-generic", EX_UNAVAILABLE);
	assert_release("4.19.0", EX_UNAVAILABLE);
	assert_release("6.0.0", 0);
	assert_release("10.1.0", 0);
}

static void capabilities_come_first(void **state)
{
	static const unsigned int both[] = { CAP_BPF, CAP_PERFMON, UINT_MAX };
	static const unsigned int one[] = { CAP_BPF, UINT_MAX };
	static const unsigned int other[] = { CAP_PERFMON, UINT_MAX };
	const struct kernel kernel = sound();

	(void)state;
	capabilities = both;
	assert_check(&kernel, 0, NULL);
	capabilities = one;
	assert_check(&kernel, EX_NOPERM, "may not load BPF programs");
	capabilities = other;
	assert_check(&kernel, EX_NOPERM, "may not load BPF programs");
}

/* As in a user namespace, or under a seccomp filter: nothing is said of pins or of a guard. */
static void a_refused_bpf_is_a_missing_privilege(void **state)
{
	const struct kernel kernel = sound();

	(void)state;
	bpf_error = EPERM;
	assert_check(&kernel, EX_NOPERM, "bpf(2) is refused to this process: Operation not permitted");
	bpf_error = ENOSYS;
	assert_check(&kernel, EX_NOPERM, "bpf(2) is refused to this process: Function not implemented");
}

static void the_kernel_s_own_lockdown_is_noticed(void **state)
{
	const struct kernel none = sound(), integrity = { .lockdown = "integrity" };
	struct report report = { 0 };

	(void)state;
	kernel_report_lockdown(&none, &report);
	assert_int_equal(report.count, 0);
	kernel_report_lockdown(&integrity, &report);
	assert_int_equal(report.count, 1);
	assert_int_equal(report.items[0].level, REPORT_NOTICE);
	assert_non_null(strstr(report.items[0].message, "the kernel's own lockdown=integrity is in force"));
	assert_false(kernel_is_confidential(&integrity));
	report_clear(&report);
}

static void type_information_and_bpffs_are_needed(void **state)
{
	const struct kernel kernel = sound(), without = { 0 };

	(void)state;
	assert_check(&without, EX_UNAVAILABLE, "no type information");
	bpffs = TMPFS_MAGIC;
	assert_check(&kernel, EX_UNAVAILABLE, "no bpffs");
}

static void assert_lsms(const char *lsms, const char *refusal)
{
	const struct kernel kernel = { .lsms = (char *)(uintptr_t)lsms };
	CLEANUP(cleanup_free) char *remedy = NULL;
	CLEANUP(cleanup_free) char *reason = kernel_refuses_bpf_lsm(&kernel, &remedy);

	assert_int_equal(!reason, !refusal);
	if (refusal)
		assert_non_null(strstr(remedy, refusal));
}

static void bpf_is_an_active_lsm_by_its_whole_name(void **state)
{
	(void)state;
	assert_lsms("bpf", NULL);
	assert_lsms("bpf,lockdown", NULL);
	assert_lsms("lockdown,bpf,yama", NULL);
	assert_lsms("lockdown,yama,bpf", NULL);
	assert_lsms("lockdown,bpfx", "with lsm=lockdown,bpfx,bpf");
	assert_lsms("bpfx,lockdown", "with lsm=bpfx,lockdown,bpf");
	assert_lsms("xbpf", "with lsm=xbpf,bpf");
	assert_lsms("bp", "with lsm=bp,bpf");
	assert_lsms(NULL, "mount securityfs");
}

static void a_kernel_without_trampolines_runs_no_lsm_program(void **state)
{
	const struct kernel kernel = { .lsms = (char *)(uintptr_t) "bpf", .no_trampolines = true };
	CLEANUP(cleanup_free) char *remedy = NULL;
	CLEANUP(cleanup_free) char *reason = kernel_refuses_bpf_lsm(&kernel, &remedy);

	(void)state;
	assert_non_null(strstr(reason, "attaches none of them"));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_oldest_kernel_is_5_13_itself),
		TEST(capabilities_come_first),
		TEST(a_refused_bpf_is_a_missing_privilege),
		TEST(the_kernel_s_own_lockdown_is_noticed),
		TEST(type_information_and_bpffs_are_needed),
		TEST(bpf_is_an_active_lsm_by_its_whole_name),
		TEST(a_kernel_without_trampolines_runs_no_lsm_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
