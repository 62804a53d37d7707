// SPDX-License-Identifier: GPL-2.0-only
/* The program of every broken plugin; that of two is broken itself. */
#include <bpflock/event.bpf.h>
#include <bpflock/syscall.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/" BPFLOCK_SYSCALL(sethostname))
int BPF_PROG(set_host_name)
{
#if defined(UNVERIFIABLE)
	/* Every verifier knows that a number is no pointer. That a lookup may fail, newer ones do not always think. */
	return *(int *)bpf_get_current_pid_tgid();
#elif defined(KERNELREADER)
	struct task_struct *task = bpf_get_current_task_btf();
	pid_t pid = 0;

	bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
	return 0;
#else
	return 0;
#endif
}
