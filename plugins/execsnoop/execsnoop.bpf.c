// SPDX-License-Identifier: GPL-2.0-only
/*
 * execsnoop: records who executes what.
 *
 * A success is recorded when the new program is in place (sched_process_exec), a failure when the system call returns.
 * No state is kept between entry and exit of the system call. So no map can fill up, no event is lost in between, and
 * other system calls are not slowed down.
 */
#include <bpflock/cgroup.bpf.h>
#include <bpflock/event.bpf.h>
#include <bpflock/string.bpf.h>
#include <bpflock/syscall.bpf.h>

#include <bpf/bpf_tracing.h>

#include "execsnoop.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 trace = EXECSNOOP_TRACE_ALL;
const volatile __u8 args = 0;
const volatile __u32 uids[EXECSNOOP_FILTER_MAX] = {};
const volatile __u32 uids_count = 0;
const volatile char comms[EXECSNOOP_FILTER_MAX][BPFLOCK_COMM_LEN] __attribute__((aligned(8))) = {};
const volatile __u32 comms_count = 0;
BPFLOCK_CGROUPS(EXECSNOOP_FILTER_MAX) cgroups SEC(".maps");
const volatile __u32 cgroups_count = 0;

static bool uid_is_listed(void)
{
	__u32 uid = (__u32)bpf_get_current_uid_gid();

	for (__u32 i = 0; i < EXECSNOOP_FILTER_MAX && i < uids_count; i++)
		if (uids[i] == uid)
			return true;
	return false;
}

static bool comm_is_listed(void)
{
	/* Zeroed, because not every kernel pads what it copies. */
	__u64 comm[BPFLOCK_COMM_LEN / sizeof(__u64)] = {};

	bpf_get_current_comm(comm, sizeof(comm));
	for (__u32 i = 0; i < EXECSNOOP_FILTER_MAX && i < comms_count; i++) {
		const volatile __u64 *listed = (const volatile __u64 *)comms[i];

		if (listed[0] == comm[0] && listed[1] == comm[1])
			return true;
	}
	return false;
}

/* A task passes when it matches each list that is not empty. Listed cgroups that do not exist match nothing. */
static __always_inline bool is_traced(void)
{
	if (trace != EXECSNOOP_TRACE_FILTER)
		return true;
	if (uids_count && !uid_is_listed())
		return false;
	if (comms_count && !comm_is_listed())
		return false;
	return !cgroups_count || bpflock_in_cgroups(&cgroups);
}

/* The verifier of 6.1 needs a separate code path for each size: see <bpflock/event.bpf.h>. */
#define WITH_ARGS sizeof(struct execsnoop_execve)
#define WITHOUT_ARGS offsetof(struct execsnoop_execve, args)

/* Both texts are written in each record, so their rooms need not be zeroed. */
static __always_inline struct execsnoop_execve *begin(__u64 size)
{
	return bpflock_event_begin_long(EXECSNOOP_EXECVE, size, offsetof(struct execsnoop_execve, filename));
}

/* argv of the new program is at the top of its stack. The kernel has just written it, so it is not paged out. */
static __always_inline void copy_args(struct execsnoop_execve *event, struct mm_struct *mm)
{
	__u64 start = mm->arg_start;
	__u64 length = mm->arg_end - start;
	__u32 cut = 0;

	if (length > EXECSNOOP_ARGS_LEN) {
		length = EXECSNOOP_ARGS_LEN;
		cut = BPFLOCK_STRV_CUT;
	}
	if (bpf_probe_read_user(event->args.bytes, length, (void *)start))
		length = 0;
	event->args.length = length | cut;
}

static __always_inline int succeeded(struct task_struct *task, struct linux_binprm *bprm, __u64 size)
{
	struct execsnoop_execve *event = begin(size);

	if (!event)
		return 0;
	event->retval = 0;
	bpflock_copy_kernel_string(event->filename, sizeof(event->filename), bprm->filename);
	if (size == WITH_ARGS)
		copy_args(event, task->mm);
	bpflock_event_submit(event);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(es_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	if (!is_traced())
		return 0;
	return args ? succeeded(task, bprm, WITH_ARGS) : succeeded(task, bprm, WITHOUT_ARGS);
}

/*
 * `filename` points to the caller's memory. This reads it after the kernel has read it, so another thread of the caller
 * may have changed it in between. For a success the kernel's copy is used.
 */
static __always_inline int record_failure(const char *filename, long ret, __u64 size)
{
	struct execsnoop_execve *event = begin(size);

	if (!event)
		return 0;
	event->retval = ret;
	bpflock_copy_user_string(event->filename, sizeof(event->filename), filename);
	if (size == WITH_ARGS)
		event->args.length = 0;
	bpflock_event_submit(event);
	return 0;
}

static __always_inline int failed(const char *filename, long ret)
{
	if (ret >= 0 || !is_traced())
		return 0;
	return args ? record_failure(filename, ret, WITH_ARGS) : record_failure(filename, ret, WITHOUT_ARGS);
}

SEC("fexit/" BPFLOCK_SYSCALL(execve))
int BPF_PROG(es_execve, const struct pt_regs *regs, long ret)
{
	return failed((const char *)BPFLOCK_SYSCALL_ARG1(regs), ret);
}

SEC("fexit/" BPFLOCK_SYSCALL(execveat))
int BPF_PROG(es_execveat, const struct pt_regs *regs, long ret)
{
	return failed((const char *)BPFLOCK_SYSCALL_ARG2(regs), ret);
}

SEC("fexit/" BPFLOCK_COMPAT_SYSCALL(execve))
int BPF_PROG(es_execve_32, const struct pt_regs *regs, long ret)
{
	return failed((const char *)(__u64)BPFLOCK_COMPAT_SYSCALL_ARG1(regs), ret);
}

SEC("fexit/" BPFLOCK_COMPAT_SYSCALL(execveat))
int BPF_PROG(es_execveat_32, const struct pt_regs *regs, long ret)
{
	return failed((const char *)(__u64)BPFLOCK_COMPAT_SYSCALL_ARG2(regs), ret);
}
