// SPDX-License-Identifier: GPL-2.0-only
/* What misbehaves is in user space. */
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/path_chroot")
int BPF_PROG(change_root, const void *path, int ret)
{
	return ret ? ret : bpflock_decide(0, 1);
}
