// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/task_getpgid")
int BPF_PROG(get_process_group, const struct task_struct *task, int ret)
{
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
