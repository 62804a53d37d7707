// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/bpf")
int BPF_PROG(get_object, int command)
{
	return command == BPF_OBJ_GET ? bpflock_decide(0, 1) : 0;
}
