// SPDX-License-Identifier: GPL-2.0-only
/*
 * kimglock: decides wherever the kernel asks whether it is locked down.
 *
 * The hook passes a number of the kernel's enum lockdown_reason, which is the operation: the daemon
 * has built the policy by the running kernel's own numbers, read from its BTF by name.
 */
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

#include "kimglock.h"

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/locked_down")
int BPF_PROG(locked_down, int what, int ret)
{
	return ret ? ret : bpflock_decide(what, KIMGLOCK_LOCKED_DOWN);
}
