/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/verify.h"

#include <errno.h>

#include "plugin/host.h"
#include "util/memory.h"

/* Returns 0 when the kernel did the operation, or a negative errno when it refused. */
static int run_self_test(const struct instance *instance, __u32 self_test, struct report *report)
{
	const struct bpflock_plugin *descriptor = &instance->plugin->descriptor;
	struct host host = { .plugin = instance->plugin, .report = report };

	if (self_test == BPFLOCK_SELF_TEST_BPF_READ)
		return kernel_load_reader();
	return host_call(&host, "self_test", descriptor->self_test, instance->section);
}

static __u64 passes(const struct instance *instance)
{
	return __atomic_load_n(&instance->policy->passes, __ATOMIC_RELAXED);
}

static struct verification unverified(const char *reason)
{
	return (struct verification){ .state = VERIFY_UNVERIFIED, .reason = reason };
}

static struct verification try_hook(const struct instance *instance, __u32 self_test, const struct kernel *kernel)
{
	struct report report = { 0 };
	__u64 before = passes(instance);
	int error = run_self_test(instance, self_test, &report);

	report_clear(&report);
	if (passes(instance) > before)
		return (struct verification){ .state = VERIFY_ENFORCING };
	if (error == -ENOENT)
		return unverified("its self-test needs something that this system lacks");
	if (error && kernel_is_confidential(kernel))
		return unverified("superseded by kernel lockdown: it denies the self-test before the program is "
				  "called");
	if (error)
		return unverified("another LSM denies the self-test before the program is called");
	return (struct verification){
		.state = VERIFY_FAILED,
		.reason = "attached, but the kernel does not call it",
	};
}

static bool covers_a_program(const struct bpflock_plugin *descriptor, __u32 self_test)
{
	const struct bpflock_program *rows = descriptor->programs.rows;

	for (__u32 i = 0; i < descriptor->programs.count; i++)
		if (rows[i].self_test == self_test)
			return true;
	return false;
}

struct verification verify_instance(const struct instance *instance, const struct kernel *kernel)
{
	static const __u32 self_tests[] = { BPFLOCK_SELF_TEST_BPF_READ, BPFLOCK_SELF_TEST_PLUGIN };
	struct verification verification = unverified("it declares no self-test");

	if (!instance->policy)
		return unverified("its programs do not use bpflock_decide()");
	for (size_t i = 0; i < ARRAY_SIZE(self_tests); i++) {
		if (!covers_a_program(&instance->plugin->descriptor, self_tests[i]))
			continue;
		verification = try_hook(instance, self_tests[i], kernel);
		if (verification.state != VERIFY_ENFORCING)
			break;
	}
	if (verification.state == VERIFY_ENFORCING && instance_skipped_runs(instance))
		return unverified("the kernel has skipped runs of its programs (event=runs_skipped), and allowed what "
				  "they would have decided");
	return verification;
}

const char *verify_state_name(enum verify_state state)
{
	static const char *const names[] = {
		[VERIFY_ENFORCING] = "enforcing",
		[VERIFY_UNVERIFIED] = "unverified",
		[VERIFY_FAILED] = "failed",
	};

	return names[state];
}
