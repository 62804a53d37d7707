// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

#include "hostlock.h"

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/path_chroot")
int BPF_PROG(change_root, const void *path, int ret)
{
	return ret ? ret : bpflock_decide(HOSTLOCK_CHROOT, HOSTLOCK_DECISION);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(pivot_root, const void *old_path, const void *new_path, int ret)
{
	return ret ? ret : bpflock_decide(HOSTLOCK_PIVOT_ROOT, HOSTLOCK_DECISION);
}

SEC("lsm/settime")
int BPF_PROG(set_time, const void *time, const void *zone, int ret)
{
	return ret ? ret : bpflock_decide(HOSTLOCK_SET_TIME, HOSTLOCK_DECISION);
}
