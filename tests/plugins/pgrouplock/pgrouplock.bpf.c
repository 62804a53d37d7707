// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* How often somebody asked for a process group, over all restarts. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} asked SEC(".maps");

SEC("lsm/task_getpgid")
int BPF_PROG(get_process_group, const struct task_struct *task, int ret)
{
	__u32 first = 0;
	__u64 *count = bpf_map_lookup_elem(&asked, &first);

	if (count)
		++*count;
	return ret ? ret : bpflock_decide(0, 1);
}

SEC("lsm/task_getsid")
int BPF_PROG(get_session, const struct task_struct *task, int ret)
{
	return ret ? ret : bpflock_decide(0, 1);
}

/* The daemon asks for nobody's scheduler. */
SEC("lsm/task_getscheduler")
int BPF_PROG(get_scheduler, const struct task_struct *task, int ret)
{
	return ret ? ret : bpflock_decide(0, 1);
}
