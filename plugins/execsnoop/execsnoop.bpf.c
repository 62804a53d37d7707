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
#include <bpflock/path.bpf.h>
#include <bpflock/string.bpf.h>
#include <bpflock/syscall.bpf.h>

#include <bpf/bpf_tracing.h>
#include <linux/fcntl.h>

#include "execsnoop.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 trace = EXECSNOOP_TRACE_ALL;
const volatile __u8 args = 0;
const volatile __u32 uids[EXECSNOOP_FILTER_MAX] = {};
const volatile __u32 uids_count = 0;
const volatile char comms[EXECSNOOP_FILTER_MAX][BPFLOCK_COMM_LEN] __attribute__((aligned(8))) = {};
const volatile __u32 comms_count = 0;
BPFLOCK_CGROUPS(EXECSNOOP_FILTER_MAX) cgroups SEC(".maps");
__u32 cgroups_count;

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
#define SHORT (offsetof(struct execsnoop_execve, filename) + EXECSNOOP_SHORT_LEN)
#define WITH_NAME offsetof(struct execsnoop_execve, args)
#define WITH_ARGS offsetof(struct execsnoop_execve, cwd)
#define WITH_PATHS sizeof(struct execsnoop_execve)

/* All texts are written in each record, so their rooms need not be zeroed. */
static __always_inline struct execsnoop_execve *begin(struct task_struct *task, __u64 size)
{
	struct execsnoop_execve *event =
		bpflock_event_begin_long(EXECSNOOP_EXECVE, size, offsetof(struct execsnoop_execve, filename));
	__u32 euid;

	if (!event)
		return NULL;
	euid = task->cred->euid.val;
	event->euid = euid == event->event.uid ? EXECSNOOP_SAME_UID : euid;
	return event;
}

static __always_inline void copy_cwd(struct execsnoop_execve *event, struct task_struct *task)
{
	event->cwd.length = 0;
	if (event->filename[0] != '/')
		event->cwd.length = bpflock_copy_path(event->cwd.bytes, &task->fs->pwd);
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

/* The kernel has opened another file than it was given the name of. */
static __always_inline bool is_script(struct linux_binprm *bprm)
{
	return bprm->interp != bprm->filename;
}

/* The compiler may call memcmp() for more than a few bytes, which BPF does not have. */
static __always_inline bool starts_with(const char *name, const char *prefix, int length)
{
	for (int i = 0; i < length; i++)
		if (name[i] != prefix[i])
			return false;
	return true;
}

/* Names of descriptors: /dev/fd/N, which is also the kernel's name for what fexecve(3) runs, and those in /proc. */
static __always_inline bool is_link_of_process(const char *name)
{
	return starts_with(name, "/proc/", 6) || starts_with(name, "/dev/fd/", 8);
}

static __always_inline void copy_file(struct execsnoop_execve *event, struct linux_binprm *bprm)
{
	bool deleted = bpflock_is_deleted(&bprm->file->f_path);
	__u32 length;

	event->file.length = 0;
	if (is_script(bprm) || (!deleted && !is_link_of_process(event->filename)))
		return;
	length = bpflock_copy_path(event->file.bytes, &bprm->file->f_path);
	event->file.length = length | (deleted ? BPFLOCK_PATH_DELETED : 0);
}

static __always_inline int succeeded(struct task_struct *task, struct linux_binprm *bprm, const char *name, __u64 size)
{
	struct execsnoop_execve *event = begin(task, size);

	if (!event)
		return 0;
	event->retval = 0;
	__builtin_memcpy(event->filename, name, size == SHORT ? EXECSNOOP_SHORT_LEN : EXECSNOOP_FILENAME_LEN);
	if (size >= WITH_ARGS)
		event->args.length = 0;
	if (size >= WITH_ARGS && args)
		copy_args(event, task->mm);
	if (size == WITH_PATHS) {
		copy_cwd(event, task);
		copy_file(event, bprm);
	}
	bpflock_event_submit(event);
	return 0;
}

static __always_inline bool needs_paths(struct linux_binprm *bprm, const char *name)
{
	return name[0] != '/' || is_link_of_process(name) || bpflock_is_deleted(&bprm->file->f_path);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(es_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	/* Aligned, so that it is copied by whole words. */
	char name[EXECSNOOP_FILENAME_LEN] __attribute__((aligned(8))) = {};

	if (!is_traced())
		return 0;
	bpflock_copy_kernel_string(name, sizeof(name), bprm->filename);
	if (needs_paths(bprm, name))
		return succeeded(task, bprm, name, WITH_PATHS);
	if (args)
		return succeeded(task, bprm, name, WITH_ARGS);
	/* The rest is zero, so the end of the name is before this byte. */
	if (!name[EXECSNOOP_SHORT_LEN - 1])
		return succeeded(task, bprm, name, SHORT);
	return succeeded(task, bprm, name, WITH_NAME);
}

/*
 * `filename` points to the caller's memory. This reads it after the kernel has read it, so another thread of the caller
 * may have changed it in between. For a success the kernel's copy is used.
 */
static __always_inline int record_failure(struct task_struct *task, const char *filename, long ret, __u64 size)
{
	struct execsnoop_execve *event = begin(task, size);

	if (!event)
		return 0;
	event->retval = ret;
	bpflock_copy_user_string(event->filename, sizeof(event->filename), filename);
	if (size >= WITH_ARGS)
		event->args.length = 0;
	if (size == WITH_PATHS) {
		copy_cwd(event, task);
		event->file.length = 0;
	}
	bpflock_event_submit(event);
	return 0;
}

static __always_inline bool is_relative(const char *filename)
{
	char first = '/';

	bpf_probe_read_user(&first, sizeof(first), filename);
	return first != '/';
}

/* A name that is relative to another directory than the working directory gets none. */
static __always_inline int failed(int directory, const char *filename, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (ret >= 0 || !is_traced())
		return 0;
	if (directory == AT_FDCWD && is_relative(filename))
		return record_failure(task, filename, ret, WITH_PATHS);
	return args ? record_failure(task, filename, ret, WITH_ARGS) : record_failure(task, filename, ret, WITH_NAME);
}

SEC("fexit/" BPFLOCK_SYSCALL(execve))
int BPF_PROG(es_execve, const struct pt_regs *regs, long ret)
{
	return failed(AT_FDCWD, (const char *)BPFLOCK_SYSCALL_ARG1(regs), ret);
}

SEC("fexit/" BPFLOCK_SYSCALL(execveat))
int BPF_PROG(es_execveat, const struct pt_regs *regs, long ret)
{
	return failed((int)BPFLOCK_SYSCALL_ARG1(regs), (const char *)BPFLOCK_SYSCALL_ARG2(regs), ret);
}

SEC("fexit/" BPFLOCK_COMPAT_SYSCALL(execve))
int BPF_PROG(es_execve_32, const struct pt_regs *regs, long ret)
{
	return failed(AT_FDCWD, (const char *)(__u64)BPFLOCK_COMPAT_SYSCALL_ARG1(regs), ret);
}

SEC("fexit/" BPFLOCK_COMPAT_SYSCALL(execveat))
int BPF_PROG(es_execveat_32, const struct pt_regs *regs, long ret)
{
	int directory = (int)BPFLOCK_COMPAT_SYSCALL_ARG1(regs);

	return failed(directory, (const char *)(__u64)BPFLOCK_COMPAT_SYSCALL_ARG2(regs), ret);
}
