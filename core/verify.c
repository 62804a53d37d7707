/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <errno.h>

#include "plugin/host.h"

/* 0 when the kernel did it, a negative errno when it refused. */
static int trigger(const struct instance *instance, struct report *report)
{
	const struct bpflock_plugin *descriptor = &instance->plugin->descriptor;
	struct host host = { .plugin = instance->plugin, .report = report };

	if (descriptor->trigger != BPFLOCK_TRIGGER_NONE)
		return kernel_trigger(descriptor->trigger);
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

static struct verification try_hook(const struct instance *instance, const struct kernel *kernel)
{
	struct report report = { 0 };
	__u64 before = passes(instance);
	int error = trigger(instance, &report);

	report_clear(&report);
	if (passes(instance) > before)
		return (struct verification){ .state = VERIFY_ENFORCING };
	if (error == -ENOENT)
		return unverified("what its self-test asks for is not there");
	if (error && kernel->confidential)
		return unverified("superseded by kernel lockdown: it denies before bpf is asked");
	if (error)
		return unverified("another LSM denies the self-test before bpf is asked");
	return (struct verification){
		.state = VERIFY_FAILED,
		.reason = "attached, and the kernel does not call it",
	};
}

struct verification verify_instance(const struct instance *instance, const struct kernel *kernel)
{
	const struct bpflock_plugin *descriptor = &instance->plugin->descriptor;

	if (!instance->policy)
		return unverified("its programs decide nothing by bpflock_decide()");
	if (descriptor->trigger == BPFLOCK_TRIGGER_NONE && !descriptor->self_test)
		return unverified("it declares no self-test");
	return try_hook(instance, kernel);
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
