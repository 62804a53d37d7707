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
	__u32 first = 0;
	struct bpflock_account *account = bpf_map_lookup_elem(&bpflock_account, &first);

	return account->lost; /* it may be NULL */
#elif defined(KERNELREADER)
	struct task_struct *task = bpf_get_current_task_btf();
	pid_t pid = 0;

	bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
	return 0;
#else
	return 0;
#endif
}
