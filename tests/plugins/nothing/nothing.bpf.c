// SPDX-License-Identifier: GPL-2.0-only
/* An LSM program that does nothing: what any program on the hook costs. */
#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/locked_down")
int BPF_PROG(locked_down, int what, int ret)
{
	return ret;
}
