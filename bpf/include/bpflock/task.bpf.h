/* SPDX-License-Identifier: GPL-2.0-only */
/* Who acts: the context of the current task. */
#ifndef BPFLOCK_TASK_BPF_H
#define BPFLOCK_TASK_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpflock/event.h>

/*
 * The level of the task's own pid namespace: unlike pid_ns_for_children, this is right between
 * unshare(CLONE_NEWPID) and the fork.
 */
static __always_inline bool bpflock_in_initial_pid_namespace(struct task_struct *task)
{
	return task->thread_pid->level == 0;
}

/*
 * That of the idle task, which has the kernel's init_nsproxy and is the parent of the first process. The symbol
 * init_nsproxy, as init_net, would need the kernel's symbol table, which is long and may be hidden.
 */
static __always_inline struct nsproxy *bpflock_initial_nsproxy(struct task_struct *task)
{
	struct task_struct *init = task->thread_pid->numbers[0].ns->child_reaper;

	return init->real_parent->nsproxy;
}

/* An exiting task has no nsproxy any more: it counts as not initial. */
static __always_inline bool bpflock_in_initial_net_namespace(struct task_struct *task)
{
	struct net *net = task->nsproxy->net_ns;

	return net && net == bpflock_initial_nsproxy(task)->net_ns;
}

/*
 * The mount namespace that the kernel has booted with. Services of the host may have others (PrivateTmp= of systemd), so
 * this alone tells no container. An exiting task has none.
 */
static __always_inline bool bpflock_in_initial_mount_namespace(struct task_struct *task)
{
	struct mnt_namespace *mounts = task->nsproxy->mnt_ns;

	return mounts && mounts == bpflock_initial_nsproxy(task)->mnt_ns;
}

static __always_inline bool bpflock_task_is_initial(struct task_struct *task)
{
	return bpflock_in_initial_pid_namespace(task) && bpflock_in_initial_net_namespace(task);
}

/*
 * In two words. A name is padded with zeros; before Linux 5.17 the rest of an earlier name may be there. `to` is a
 * multiple of 8.
 */
static __always_inline void bpflock_copy_comm(char *to, struct task_struct *task)
{
	const __u64 *words = (const __u64 *)task->comm;

	((__u64 *)to)[0] = words[0];
	((__u64 *)to)[1] = words[1];
}

static __always_inline __u32 bpflock_loginuid(struct task_struct *task)
{
	return bpf_core_field_exists(task->loginuid) ? task->loginuid.val : BPFLOCK_NO_LOGINUID;
}

/*
 * Global, so that it is verified once per program, and not wherever a record is made: the verifier of 6.12 searches the
 * names of all types of the kernel for each pointer that is loaded from a trusted one. `event` is not NULL, but the
 * verifier cannot know that.
 */
__noinline int bpflock_fill_task(struct bpflock_event *event);
__noinline int bpflock_fill_task(struct bpflock_event *event)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *parent = task->real_parent;
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (!event)
		return 0;
	event->cgroupid = bpf_get_current_cgroup_id();
	event->tgid = pid_tgid >> 32;
	event->pid = (__u32)pid_tgid;
	event->ppid = parent->tgid;
	event->uid = task->cred->uid.val; /* as bpf_get_current_uid_gid(), which takes three times as long */
	event->loginuid = bpflock_loginuid(task);
	bpflock_copy_comm(event->comm, task);
	bpflock_copy_comm(event->pcomm, parent);
	return 0;
}

#endif
