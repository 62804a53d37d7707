/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/verify.h"

#include <errno.h>
#include <string.h>

#include "plugin/host.h"
#include "util/memory.h"

/* Returns 0 when the kernel did the operations, or a negative errno when it refused one. */
static int run_self_test(const struct instance *instance, __u32 self_test)
{
	const struct bpflock_plugin *descriptor = &instance->plugin->descriptor;
	struct report report = { 0 };
	struct host host = { .plugin = instance->plugin, .report = &report };
	int error;

	if (self_test == BPFLOCK_SELF_TEST_BPF_READ)
		return kernel_load_reader();
	error = host_call(&host, "self_test", descriptor->self_test, instance->section);
	report_clear(&report);
	return error;
}

static __u64 passes(const struct instance *instance, const struct instance_program *program)
{
	return __atomic_load_n(&instance->policy->passes[program->number], __ATOMIC_RELAXED);
}

static void add_hook(char **list, const char *hook)
{
	if (!*list)
		*list = xstrdup("");
	xappend(list, ",", "%s", hook);
}

static struct verification unverified(const char *reason)
{
	return (struct verification){ .state = VERIFY_UNVERIFIED, .reason = xstrdup(reason) };
}

static struct verification refused(int error, const struct kernel *kernel)
{
	if (error == -ENOENT)
		return unverified("its self-test needs something that this system lacks");
	if (kernel_is_confidential(kernel))
		return unverified("superseded by kernel lockdown: it denies the self-test before the program is "
				  "called");
	if (error == -EPERM || error == -EACCES)
		return unverified("another LSM denies the self-test before the program is called");
	return (struct verification){
		.state = VERIFY_UNVERIFIED,
		.reason = xasprintf("its self-test cannot be done: %s", strerror(-error)),
	};
}

/* Where the kernel refused an operation of the self-test, the programs that come after it were not triggered. */
static struct verification try_self_test(const struct instance *instance, __u32 self_test, const struct kernel *kernel)
{
	__u64 before[BPFLOCK_PROGRAMS_MAX] = { 0 };
	CLEANUP(cleanup_free) char *silent = NULL;
	int error;

	for (size_t i = 0; i < instance->program_count; i++)
		before[i] = passes(instance, &instance->programs[i]);
	error = run_self_test(instance, self_test);
	for (size_t i = 0; i < instance->program_count; i++)
		if (instance->programs[i].self_test == self_test &&
		    passes(instance, &instance->programs[i]) == before[i])
			add_hook(&silent, instance->programs[i].hook);
	if (!silent)
		return (struct verification){ .state = VERIFY_ENFORCING };
	if (error)
		return refused(error, kernel);
	return (struct verification){
		.state = VERIFY_FAILED,
		.reason = xasprintf("attached, but the kernel does not call it: %s", silent),
	};
}

static bool names_self_test(const struct instance *instance, __u32 self_test)
{
	for (size_t i = 0; i < instance->program_count; i++)
		if (instance->programs[i].self_test == self_test)
			return true;
	return false;
}

/* The plugin's own self-test may also trigger programs that are not required to run then. */
static bool is_wanted(const struct instance *instance, __u32 self_test)
{
	return names_self_test(instance, self_test) ||
	       (self_test == BPFLOCK_SELF_TEST_PLUGIN && instance->plugin->descriptor.self_test);
}

static struct verification run_self_tests(const struct instance *instance, const struct kernel *kernel)
{
	static const __u32 self_tests[] = { BPFLOCK_SELF_TEST_BPF_READ, BPFLOCK_SELF_TEST_PLUGIN };
	struct verification verification;
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(self_tests); i++) {
		if (!is_wanted(instance, self_tests[i]))
			continue;
		any = any || names_self_test(instance, self_tests[i]);
		verification = try_self_test(instance, self_tests[i], kernel);
		if (verification.state != VERIFY_ENFORCING)
			return verification;
	}
	if (!any)
		return unverified("it declares no self-test");
	if (instance_skipped_runs(instance))
		return unverified("the kernel has skipped runs of its programs (event=runs_skipped), and allowed what "
				  "they would have decided");
	return verification;
}

static char *unseen_hooks(const struct instance *instance)
{
	char *hooks = NULL;

	for (size_t i = 0; i < instance->program_count; i++)
		if (!passes(instance, &instance->programs[i]))
			add_hook(&hooks, instance->programs[i].hook);
	return hooks;
}

struct verification verify_instance(const struct instance *instance, const struct kernel *kernel)
{
	struct verification verification;

	if (!instance->policy)
		return unverified("its programs do not use bpflock_decide()");
	verification = run_self_tests(instance, kernel);
	verification.unseen = unseen_hooks(instance);
	return verification;
}

void verification_free(struct verification *verification)
{
	free(verification->reason);
	free(verification->unseen);
	*verification = (struct verification){ 0 };
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
