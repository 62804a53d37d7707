// SPDX-License-Identifier: GPL-2.0-only
/*
 * kimglock: decides wherever the kernel asks whether it is locked down.
 *
 * The hook passes a number of the kernel's enum lockdown_reason, which is the operation: the daemon
 * has built the policy by the running kernel's own numbers, read from its BTF by name.
 */
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "kimglock.h"

char LICENSE[] SEC("license") = "GPL";

/* Only the names count: CO-RE puts the running kernel's numbers in their places. */
enum lockdown_reason {
	LOCKDOWN_MODULE_SIGNATURE,
	LOCKDOWN_KEXEC,
};
enum kernel_read_file_id {
	READING_KEXEC_IMAGE,
};
enum kernel_load_data_id {
	LOADING_KEXEC_IMAGE,
};

SEC("lsm/locked_down")
int BPF_PROG(locked_down, int what, int ret)
{
	return ret ? ret : bpflock_decide(what, KIMGLOCK_LOCKED_DOWN);
}

/*
 * Module autoload: modprobe will run in the initial namespaces on behalf of this task, so this is the
 * only place where a contained task is seen to ask. Whether the module is signed is not known yet.
 */
SEC("lsm/kernel_module_request")
int BPF_PROG(module_request, char *name, int ret)
{
	__u32 operation = bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_MODULE_SIGNATURE);

	return ret ? ret : bpflock_decide_requester(operation, KIMGLOCK_LOCKED_DOWN);
}

/*
 * kexec_file_load() asks `locked_down` only in kernels that check signatures of images. It always comes
 * by here; in the other kernels nothing else asks.
 */
SEC("lsm/kernel_read_file")
int BPF_PROG(read_file, struct file *file, unsigned int id, bool contents, int ret)
{
	if (ret || id != bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_IMAGE))
		return ret;
	return bpflock_decide(bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KEXEC),
			      KIMGLOCK_LOCKED_DOWN);
}

/* The same for kexec_load(). */
SEC("lsm/kernel_load_data")
int BPF_PROG(load_data, unsigned int id, bool contents, int ret)
{
	if (ret || id != bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_IMAGE))
		return ret;
	return bpflock_decide(bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KEXEC),
			      KIMGLOCK_LOCKED_DOWN);
}
