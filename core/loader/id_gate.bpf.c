// SPDX-License-Identifier: GPL-2.0-only
/*
 * A new object of the daemon has an id at once. Before the guard runs, a container with CAP_SYS_ADMIN could open the
 * object by that id. A container that shares the pid namespace could take the daemon's descriptors. These programs use
 * no map, so they have no object that could be opened and changed.
 */
#include <bpflock/task.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Constants of the kernel that no header for BPF programs has. */
#define EPERM 1
#define ENOENT 2
#define PTRACE_MODE_ATTACH 0x02

SEC("lsm/bpf")
int BPF_PROG(core_hide_ids, int command)
{
	if (command != BPF_MAP_GET_FD_BY_ID && command != BPF_PROG_GET_FD_BY_ID)
		return 0;
	return bpflock_task_is_initial(bpf_get_current_task_btf()) ? 0 : -ENOENT;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(core_hide_fds, struct task_struct *child, unsigned int mode, int ret)
{
	if (ret || !(mode & PTRACE_MODE_ATTACH) || !bpflock_task_is_initial(child))
		return ret;
	return bpflock_task_is_initial(bpf_get_current_task_btf()) ? 0 : -EPERM;
}
