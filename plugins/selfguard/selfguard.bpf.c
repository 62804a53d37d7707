// SPDX-License-Identifier: GPL-2.0-only
/*
 * selfguard: guards the daemon, its BPF objects and its pins. What is not about them returns at once,
 * without a record; what the daemon does itself is let through by bpflock_decide().
 */
#include <bpflock/own.bpf.h>
#include <bpflock/policy.bpf.h>
#include <bpflock/string.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "selfguard.h"

char LICENSE[] SEC("license") = "GPL";

/* Constants of the kernel that are in no header for programs. */
#define SIGHUP 1
#define SIGKILL 9
#define MNT_SHARED 0x1000
#define LSM_UNSAFE_PTRACE 2
#define PTRACE_MODE_ATTACH 0x02
#define WRITABLE_BY_OTHERS 0022

#define NAME_SIZE 64

/**
 * struct place - what the daemon has shown by coming to its pins
 * @mount:     address of the mount through which its path leads
 * @mount_namespace: address of the daemon's mount namespace
 * @device:    of the directory in which the daemon's binary lies
 * @directory: inode of that directory
 * @name:      of the binary in it
 *
 * The binary is told by its place, because an upgrade gives that to another inode; and in the kernel,
 * because overlayfs shows user space other devices than it has here.
 */
struct place {
	__u64 mount;
	__u64 mount_namespace;
	__u64 device;
	__u64 directory;
	char name[NAME_SIZE];
};
struct place place = {};

static __always_inline void learn_place(const struct path *pins)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = task->mm;
	struct file *binary = mm ? mm->exe_file : NULL;
	struct dentry *dentry;
	struct inode *directory;

	if (!binary)
		return;
	dentry = binary->f_path.dentry;
	directory = dentry->d_parent->d_inode;
	if (!directory)
		return;
	place.mount = (__u64)pins->mnt;
	place.mount_namespace = (__u64)task->nsproxy->mnt_ns;
	bpflock_copy_kernel_string(place.name, NAME_SIZE, (const char *)dentry->d_name.name);
	place.device = directory->i_sb->s_dev;
	place.directory = directory->i_ino;
}

/*
 * ---- The pins
 */

static __always_inline int decide_pin(const struct dentry *dentry, int ret)
{
	if (ret || !bpflock_is_pin(dentry))
		return ret;
	return bpflock_decide(SELFGUARD_UNPIN, SELFGUARD_TAMPER);
}

SEC("lsm/inode_unlink")
int BPF_PROG(unlink_pin, struct inode *dir, struct dentry *dentry, int ret)
{
	return decide_pin(dentry, ret);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(rmdir_pin, struct inode *dir, struct dentry *dentry, int ret)
{
	return decide_pin(dentry, ret);
}

SEC("lsm/inode_rename")
int BPF_PROG(rename_pin, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
	     struct dentry *new_dentry, int ret)
{
	if (ret || (!bpflock_is_pin(old_dentry) && !bpflock_is_pin(new_dentry)))
		return ret;
	return bpflock_decide(SELFGUARD_UNPIN, SELFGUARD_TAMPER);
}

/* A second name of a link keeps it attached after the daemon has unloaded it. */
SEC("lsm/inode_link")
int BPF_PROG(link_pin, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry, int ret)
{
	if (ret || (!bpflock_is_pin(old_dentry) && !bpflock_is_pin(new_dentry)))
		return ret;
	return bpflock_decide(SELFGUARD_UNPIN, SELFGUARD_TAMPER);
}

SEC("lsm/inode_create")
int BPF_PROG(create_pin, struct inode *dir, struct dentry *dentry, unsigned short mode, int ret)
{
	return decide_pin(dentry, ret);
}

SEC("lsm/inode_mkdir")
int BPF_PROG(mkdir_pin, struct inode *dir, struct dentry *dentry, unsigned short mode, int ret)
{
	return decide_pin(dentry, ret);
}

SEC("lsm/inode_symlink")
int BPF_PROG(symlink_pin, struct inode *dir, struct dentry *dentry, const char *old_name, int ret)
{
	return decide_pin(dentry, ret);
}

/*
 * A directory that is not 0700 is refused by a successor. Also the self-test. There is no such program for
 * chown: its hook takes structures by value, which not every kernel and architecture can attach to.
 */
SEC("lsm/path_chmod")
int BPF_PROG(chmod_pin, const struct path *path, unsigned short mode, int ret)
{
	if (ret || !bpflock_is_pin(path->dentry))
		return ret;
	if (bpflock_is_daemon())
		learn_place(path);
	return bpflock_decide(SELFGUARD_UNPIN, SELFGUARD_TAMPER);
}

/*
 * ---- The mount
 */

/* Reads of the result may fault and give zero. Since 6.2. */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

/*
 * Of the same peer group as another mount? 6.17 took the flag out of vfsmount.mnt_flags; the group's number,
 * which only shared mounts have, lies outside of vfsmount, where programs of older kernels cannot read.
 */
static __always_inline bool is_shared(const struct vfsmount *vfsmount)
{
	const struct mount *mount;

	if (!bpf_core_field_exists(struct mount, mnt_t_flags))
		return vfsmount->mnt_flags & MNT_SHARED;
	mount = bpf_rdonly_cast((const char *)vfsmount - bpf_core_field_offset(struct mount, mnt),
				bpf_core_type_id_kernel(struct mount));
	return mount->mnt_group_id;
}

/*
 * The mount that holds the pins where the daemon and its successor look for them. What becomes of a copy
 * of it in another mount namespace is of no concern, unless that is shared with ours: then it comes here.
 */
static __always_inline bool is_our_mount(const struct vfsmount *mount)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!place.mount || mount->mnt_sb->s_dev != bpflock_pins_device)
		return false;
	if ((__u64)mount == place.mount)
		return true;
	return is_shared(mount) && mount->mnt_root == mount->mnt_sb->s_root &&
	       (__u64)task->nsproxy->mnt_ns != place.mount_namespace;
}

/* Would something that is mounted here hide the pins? */
static __always_inline bool is_way_to_pins(const struct path *path)
{
	return is_our_mount(path->mnt) &&
	       (path->dentry == path->mnt->mnt_root || bpflock_is_pin(path->dentry));
}

SEC("lsm/sb_umount")
int BPF_PROG(unmount_pins, struct vfsmount *mount, int flags, int ret)
{
	if (ret || !is_our_mount(mount))
		return ret;
	return bpflock_decide(SELFGUARD_UNMOUNT, SELFGUARD_TAMPER);
}

SEC("lsm/sb_mount")
int BPF_PROG(mount_over_pins, const char *source, const struct path *path, const char *type,
	     unsigned long flags, void *data, int ret)
{
	if (ret || !is_way_to_pins(path))
		return ret;
	return bpflock_decide(SELFGUARD_UNMOUNT, SELFGUARD_TAMPER);
}

SEC("lsm/move_mount")
int BPF_PROG(move_pins, const struct path *from, const struct path *to, int ret)
{
	if (ret || (!is_way_to_pins(from) && !is_way_to_pins(to)))
		return ret;
	return bpflock_decide(SELFGUARD_UNMOUNT, SELFGUARD_TAMPER);
}

/*
 * ---- BPF objects
 */

/* The kernel asks when it makes a descriptor of a map: by its id, by its pin, or for a new one. */
SEC("lsm/bpf_map")
int BPF_PROG(get_map, struct bpf_map *map, unsigned int mode, int ret)
{
	if (ret || !bpflock_owns(BPFLOCK_OWN_MAP, map->id))
		return ret;
	return bpflock_decide(SELFGUARD_MAP, SELFGUARD_TAMPER);
}

SEC("lsm/bpf_prog")
int BPF_PROG(get_program, struct bpf_prog *program, int ret)
{
	if (ret || !bpflock_owns(BPFLOCK_OWN_PROGRAM, program->aux->id))
		return ret;
	return bpflock_decide(SELFGUARD_PROGRAM, SELFGUARD_TAMPER);
}

/* The hook got another argument in some kernel before 6.18, so nothing behind the second is named. */
SEC("lsm/bpf")
int BPF_PROG(get_link, int command, union bpf_attr *attributes)
{
	if (command != BPF_LINK_GET_FD_BY_ID || !bpflock_owns(BPFLOCK_OWN_LINK, attributes->link_id))
		return 0;
	return bpflock_decide(SELFGUARD_LINK, SELFGUARD_TAMPER);
}

/*
 * ---- The process
 */

static __always_inline bool is_root(struct task_struct *task)
{
	return (__u32)bpf_get_current_uid_gid() == 0 && task->cred->user_ns->level == 0;
}

/* In the root cgroup are all whom nobody has put anywhere: nothing follows from that. */
static __always_inline bool is_in_cgroup_of(struct task_struct *daemon)
{
	struct cgroup *cgroup = daemon->cgroups->dfl_cgrp;

	return cgroup->level > 0 && cgroup->kn->id == bpf_get_current_cgroup_id();
}

/* The kernel's own signals never come to the hook. Signal 0 only asks whether there is such a process. */
static __always_inline bool may_signal(struct task_struct *daemon, int signal)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (signal == 0 || task->tgid == 1 || is_in_cgroup_of(daemon))
		return true;
	return signal == SIGHUP && is_root(task) && bpflock_in_initial_namespaces();
}

SEC("lsm/task_kill")
int BPF_PROG(signal_daemon, struct task_struct *task, void *info, int signal, const struct cred *cred,
	     int ret)
{
	if (ret || !bpf_task_storage_get(&bpflock_daemon, task, NULL, 0) || may_signal(task, signal))
		return ret;
	return bpflock_decide(SELFGUARD_SIGNAL, SELFGUARD_TAMPER);
}

/* RLIMIT_CPU is a SIGKILL that comes later; other limits starve. */
SEC("lsm/task_setrlimit")
int BPF_PROG(limit_daemon, struct task_struct *task, unsigned int resource, void *limit, int ret)
{
	if (ret || !bpf_task_storage_get(&bpflock_daemon, task, NULL, 0) || may_signal(task, SIGKILL))
		return ret;
	return bpflock_decide(SELFGUARD_LIMIT, SELFGUARD_TAMPER);
}

/* Reading, which is what ps does, is left alone: what could harm asks for the mode of an attachment. */
SEC("lsm/ptrace_access_check")
int BPF_PROG(trace_daemon, struct task_struct *child, unsigned int mode, int ret)
{
	if (ret || !(mode & PTRACE_MODE_ATTACH) ||
	    !bpf_task_storage_get(&bpflock_daemon, child, NULL, 0))
		return ret;
	return bpflock_decide(SELFGUARD_PTRACE, SELFGUARD_TAMPER);
}

/*
 * ---- Who is the daemon
 */

static __always_inline bool only_root_writes(const struct inode *inode)
{
	return inode && inode->i_uid.val == 0 && !(inode->i_mode & WRITABLE_BY_OTHERS);
}

static __always_inline bool is_name_of_daemon(const struct dentry *dentry)
{
	union {
		char text[NAME_SIZE];
		__u64 words[NAME_SIZE / sizeof(__u64)];
	} name = {};
	const __u64 *known = (const __u64 *)place.name;

	bpflock_copy_kernel_string(name.text, NAME_SIZE, (const char *)dentry->d_name.name);
#pragma unroll
	for (size_t i = 0; i < NAME_SIZE / sizeof(__u64); i++)
		if (name.words[i] != known[i])
			return false;
	return true;
}

/* Whoever could put another binary there is root, and could load a library into this one. */
static __always_inline bool is_binary_of_daemon(const struct file *file)
{
	const struct dentry *dentry = file->f_path.dentry;
	const struct inode *directory = dentry->d_parent->d_inode;

	return directory && directory->i_ino == place.directory &&
	       directory->i_sb->s_dev == place.device && is_name_of_daemon(dentry) &&
	       only_root_writes(directory) && only_root_writes(file->f_inode);
}

/*
 * A successor, and `bpflock --unload`, must get at what a dead daemon left: they are the daemon from their
 * first instruction on. One who is traced is not, nor one who executes anything else.
 */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(mark_daemon, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 marked = 1;

	if (!place.directory)
		return 0;
	if (is_binary_of_daemon(bprm->file) && is_root(task) && !(bprm->unsafe & LSM_UNSAFE_PTRACE) &&
	    bpflock_in_initial_pid_namespace(task))
		bpf_task_storage_get(&bpflock_daemon, task, &marked, BPF_LOCAL_STORAGE_GET_F_CREATE);
	else
		bpf_task_storage_delete(&bpflock_daemon, task);
	return 0;
}
