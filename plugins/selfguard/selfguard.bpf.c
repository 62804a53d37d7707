// SPDX-License-Identifier: GPL-2.0-only
/*
 * selfguard: guards the daemon, its BPF objects and its pins. A program returns at once, and records nothing, where
 * none of these is concerned.
 */
#include <bpflock/policy.bpf.h>
#include <bpflock/protected.bpf.h>
#include <bpflock/string.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "selfguard.h"

char LICENSE[] SEC("license") = "GPL";

/* Constants of the kernel that no header for BPF programs has. */
#define SIGHUP 1
#define SIGKILL 9
#define MNT_SHARED 0x1000
#define MS_REMOUNT 0x20
#define MS_BIND 0x1000
#define MS_MOVE 0x2000
#define MS_PROPAGATION 0x1e0000 /* MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED */
#define LSM_UNSAFE_PTRACE 2
#define PTRACE_MODE_ATTACH 0x02
#define WRITABLE_BY_OTHERS 0022

#define NAME_SIZE 64

/**
 * struct shown - how a process is recognized as the daemon
 * @mount_namespace: address of its mount namespace
 * @device:    of the directory in which its binary lies
 * @directory: inode of that directory
 * @tgid:      its process
 * @start_time: of that process
 * @name:      of the binary in its directory
 *
 * The binary is recognized by its directory and name, because an upgrade replaces its inode. The values are taken in
 * the kernel, because overlayfs shows user space other device numbers.
 */
struct shown {
	__u64 mount_namespace;
	__u64 device;
	__u64 directory;
	__u64 start_time;
	pid_t tgid;
	char name[NAME_SIZE];
};
struct shown shown = {};

/**
 * struct way - one of the directories that lead to the pins
 * @mount:  address of the mount that it is seen through
 * @dentry: address of its entry
 * @root:   address of the root of that mount
 */
struct way {
	__u64 mount;
	__u64 dentry;
	__u64 root;
};
struct way ways[SELFGUARD_WAYS] = {};

/*
 * The mark in the target's task storage is not enough: up to 6.1 bpf_task_storage_get() finds nothing while this CPU
 * is inside another call for task storage.
 */
static __always_inline bool is_daemon(struct task_struct *task)
{
	if (bpf_task_storage_get(&bpflock_daemon, task, NULL, 0))
		return true;
	return task->tgid == shown.tgid && task->group_leader->start_time == shown.start_time;
}

static __always_inline void learn_daemon(void)
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
	shown.tgid = task->tgid;
	shown.start_time = task->group_leader->start_time;
	shown.mount_namespace = (__u64)task->nsproxy->mnt_ns;
	bpflock_copy_kernel_string(shown.name, NAME_SIZE, (const char *)dentry->d_name.name);
	shown.device = directory->i_sb->s_dev;
	shown.directory = directory->i_ino;
}

/* See SELFGUARD_WAYS. */
SEC("lsm/path_notify")
int BPF_PROG(sg_show_way, const struct path *path, __u64 mask, unsigned int type, int ret)
{
	if (!(mask & SELFGUARD_SHOWN) || !bpflock_is_daemon())
		return ret;
#pragma unroll
	for (int i = 0; i < SELFGUARD_WAYS; i++)
		if (mask == (SELFGUARD_SHOWN | 1u << i))
			ways[i] = (struct way){ .mount = (__u64)path->mnt,
						.dentry = (__u64)path->dentry,
						.root = (__u64)path->mnt->mnt_root };
	learn_daemon();
	bpflock_show_run();
	return ret;
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
int BPF_PROG(sg_unlink_pin, struct inode *dir, struct dentry *dentry, int ret)
{
	return decide_pin(dentry, ret);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(sg_rmdir_pin, struct inode *dir, struct dentry *dentry, int ret)
{
	return decide_pin(dentry, ret);
}

SEC("lsm/inode_rename")
int BPF_PROG(sg_rename_pin, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
	     struct dentry *new_dentry, int ret)
{
	if (ret || (!bpflock_is_pin(old_dentry) && !bpflock_is_pin(new_dentry)))
		return ret;
	return bpflock_decide(SELFGUARD_UNPIN, SELFGUARD_TAMPER);
}

/* A second pin of a link would keep it attached after the daemon has unloaded it. */
SEC("lsm/inode_link")
int BPF_PROG(sg_link_pin, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry, int ret)
{
	if (ret || (!bpflock_is_pin(old_dentry) && !bpflock_is_pin(new_dentry)))
		return ret;
	return bpflock_decide(SELFGUARD_UNPIN, SELFGUARD_TAMPER);
}

SEC("lsm/inode_create")
int BPF_PROG(sg_create_pin, struct inode *dir, struct dentry *dentry, unsigned short mode, int ret)
{
	return decide_pin(dentry, ret);
}

SEC("lsm/inode_mkdir")
int BPF_PROG(sg_mkdir_pin, struct inode *dir, struct dentry *dentry, unsigned short mode, int ret)
{
	return decide_pin(dentry, ret);
}

SEC("lsm/inode_symlink")
int BPF_PROG(sg_symlink_pin, struct inode *dir, struct dentry *dentry, const char *old_name, int ret)
{
	return decide_pin(dentry, ret);
}

/*
 * A successor refuses a directory whose mode is not 0700. This program also serves the self-test. There is none for
 * chown: its hook takes structures by value, and some kernels and architectures cannot attach to such a function.
 */
SEC("lsm/path_chmod")
int BPF_PROG(sg_chmod_pin, const struct path *path, unsigned short mode, int ret)
{
	return decide_pin(path->dentry, ret);
}

/* A process that holds the lock would pass for a running daemon, and the next start would be refused. */
SEC("lsm/file_lock")
int BPF_PROG(sg_lock_pin, struct file *file, unsigned int command, int ret)
{
	if (ret || !bpflock_is_pin(file->f_path.dentry))
		return ret;
	return bpflock_decide(SELFGUARD_LOCK_PIN, SELFGUARD_TAMPER);
}

/*
 * ---- The mount
 */

/*
 * Are the four bytes at a kernel address zero? bpf_snprintf() prints them as a network address. bpf_rdonly_cast() would
 * be simpler, but where the kernel lacks it libbpf searches the modules, for which the daemon would need CAP_SYS_ADMIN.
 */
static __always_inline bool is_zero(__u64 address)
{
	static const char format[] = "%pi4"; /* "000.000.000.000" */
	union {
		char text[16];
		__u64 words[2];
	} number = {}, zero = { .text = "000.000.000.000" };

	bpf_snprintf(number.text, sizeof(number.text), format, &address, sizeof(address));
	return number.words[0] == zero.words[0] && number.words[1] == zero.words[1];
}

/*
 * Is the mount shared, that is, in a peer group with others? 6.17 removed that flag from vfsmount.mnt_flags. The
 * number of the group, which only shared mounts have, lies outside of vfsmount, so a program cannot read it directly.
 */
static __always_inline bool is_shared(const struct vfsmount *vfsmount)
{
	if (!bpf_core_field_exists(struct mount, mnt_t_flags))
		return vfsmount->mnt_flags & MNT_SHARED;
	return !is_zero((__u64)vfsmount - bpf_core_field_offset(struct mount, mnt) +
			bpf_core_field_offset(struct mount, mnt_group_id));
}

static __always_inline bool in_mount_namespace_of_daemon(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return (__u64)task->nsproxy->mnt_ns == shown.mount_namespace;
}

/*
 * A copy of the mount in another mount namespace does not matter, unless it is shared with ours: then changes
 * propagate to ours.
 */
static __always_inline bool is_mount_of(const struct way *way, const struct vfsmount *mount)
{
	if ((__u64)mount == way->mount)
		return true;
	return (__u64)mount->mnt_root == way->root && is_shared(mount) && !in_mount_namespace_of_daemon();
}

static __always_inline bool is_mount_on_way(const struct vfsmount *mount)
{
#pragma unroll
	for (int i = 0; i < SELFGUARD_WAYS; i++)
		if (is_mount_of(&ways[i], mount))
			return true;
	return false;
}

/* Would a mount at this place hide the pins? */
static __always_inline bool is_on_way(const struct path *path)
{
#pragma unroll
	for (int i = 0; i < SELFGUARD_WAYS; i++)
		if ((__u64)path->dentry == ways[i].dentry && is_mount_of(&ways[i], path->mnt))
			return true;
	return bpflock_is_pin(path->dentry) && is_mount_on_way(path->mnt);
}

static __always_inline bool holds_pins(const struct super_block *filesystem)
{
	return filesystem->s_dev == bpflock_pins_device;
}

SEC("lsm/sb_umount")
int BPF_PROG(sg_unmount_pins, struct vfsmount *mount, int flags, int ret)
{
	if (ret || !is_mount_on_way(mount))
		return ret;
	return bpflock_decide(SELFGUARD_UNMOUNT, SELFGUARD_TAMPER);
}

/* In the order in which mount(2) tests its flags. This hook does not get what MS_MOVE moves. */
static __always_inline bool takes_away_pins(const struct path *path, unsigned long flags)
{
	if (flags & MS_REMOUNT)
		return holds_pins(path->mnt->mnt_sb) && is_mount_on_way(path->mnt);
	if (!(flags & MS_BIND) && flags & MS_PROPAGATION)
		return false;
	if (!(flags & MS_BIND) && flags & MS_MOVE && in_mount_namespace_of_daemon())
		return true;
	return is_on_way(path);
}

SEC("lsm/sb_mount")
int BPF_PROG(sg_cover_pins, const char *source, const struct path *path, const char *type, unsigned long flags,
	     void *data, int ret)
{
	if (ret || !takes_away_pins(path, flags))
		return ret;
	return bpflock_decide(SELFGUARD_UNMOUNT, SELFGUARD_TAMPER);
}

SEC("lsm/move_mount")
int BPF_PROG(sg_move_pins, const struct path *from, const struct path *to, int ret)
{
	if (ret || (!is_on_way(to) && !(from->dentry == from->mnt->mnt_root && is_mount_on_way(from->mnt))))
		return ret;
	return bpflock_decide(SELFGUARD_UNMOUNT, SELFGUARD_TAMPER);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(sg_pivot_root, const struct path *old_path, const struct path *new_path, int ret)
{
	if (ret || !in_mount_namespace_of_daemon())
		return ret;
	return bpflock_decide(SELFGUARD_UNMOUNT, SELFGUARD_TAMPER);
}

/* For example read-only, by fsconfig(2) or mount(2), through any mount of the file system. */
SEC("lsm/sb_remount")
int BPF_PROG(sg_remount_pins, struct super_block *filesystem, void *options, int ret)
{
	if (ret || !holds_pins(filesystem))
		return ret;
	return bpflock_decide(SELFGUARD_UNMOUNT, SELFGUARD_TAMPER);
}

/*
 * ---- BPF objects
 */

/*
 * Everybody can open a new object by its id before the daemon can mark it as protected. Until then the object is known
 * by its address. Another object can only get the same address through these hooks.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} created SEC(".maps");

static __always_inline int note_creator(__u64 object, int ret)
{
	__u8 present = 1;

	bpflock_show_run();
	if (bpflock_is_daemon())
		bpf_map_update_elem(&created, &object, &present, BPF_ANY);
	else
		bpf_map_delete_elem(&created, &object);
	return ret;
}

SEC("lsm/bpf_map_create")
int BPF_PROG(sg_new_map, struct bpf_map *map, union bpf_attr *attributes, void *token)
{
	return note_creator((__u64)map, 0);
}

SEC("lsm/bpf_map_alloc_security")
int BPF_PROG(sg_new_map_6_1, struct bpf_map *map, int ret)
{
	return note_creator((__u64)map, ret);
}

/* The verifier may reallocate a program; the address of its bpf_prog_aux stays the same. */
SEC("lsm/bpf_prog_load")
int BPF_PROG(sg_new_prog, struct bpf_prog *program, union bpf_attr *attributes, void *token)
{
	return note_creator((__u64)program->aux, 0);
}

SEC("lsm/bpf_prog_alloc_security")
int BPF_PROG(sg_new_prog_6_1, struct bpf_prog_aux *aux, int ret)
{
	return note_creator((__u64)aux, ret);
}

/* Threads whose request for an object by its id is decided already: the hook of the object comes after that. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} decided_by_id SEC(".maps");

static __always_inline int decide_id(__u32 kind, __u32 id, __u32 operation)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u8 present = 1;

	if (!bpflock_protects(kind, id))
		return 0;
	if (kind != BPFLOCK_PROTECTED_LINK)
		bpf_map_update_elem(&decided_by_id, &thread, &present, BPF_ANY);
	return bpflock_decide(operation, SELFGUARD_TAMPER);
}

static __always_inline void forget_id(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&decided_by_id, &thread);
}

/* Programs whose return value becomes that of the hook. */
static __always_inline bool can_override(const union bpf_attr *attributes)
{
	return attributes->prog_type == BPF_PROG_TYPE_LSM || (attributes->prog_type == BPF_PROG_TYPE_TRACING &&
							      attributes->expected_attach_type == BPF_MODIFY_RETURN);
}

static __always_inline bool is_init(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->tgid == 1;
}

/* Some kernel before 6.18 added an argument to the hook, so only the first two are named. */
SEC("lsm/bpf")
int BPF_PROG(sg_bpf, int command, union bpf_attr *attributes)
{
	switch (command) {
	case BPF_MAP_GET_FD_BY_ID:
		return decide_id(BPFLOCK_PROTECTED_MAP, attributes->map_id, SELFGUARD_MAP);
	case BPF_PROG_GET_FD_BY_ID:
		return decide_id(BPFLOCK_PROTECTED_PROGRAM, attributes->prog_id, SELFGUARD_PROGRAM);
	case BPF_LINK_GET_FD_BY_ID:
		return decide_id(BPFLOCK_PROTECTED_LINK, attributes->link_id, SELFGUARD_LINK);
	case BPF_OBJ_GET:
		forget_id();
		bpflock_show_run();
		return 0;
	case BPF_PROG_LOAD:
		if (!can_override(attributes) || is_init())
			return 0;
		return bpflock_decide(SELFGUARD_OVERRIDE_PROGRAMS, SELFGUARD_TAMPER);
	default:
		return 0;
	}
}

/*
 * The kernel calls the hook when it makes a descriptor: for an id, for a pin, or for a new object. While an object is
 * not known by its id yet, only the first of these is possible.
 */
static __always_inline int decide_object(__u32 kind, __u32 id, __u64 address, __u32 operation)
{
	__u64 thread = bpf_get_current_pid_tgid();

	if (bpflock_protects(kind, id)) {
		if (bpf_map_delete_elem(&decided_by_id, &thread) == 0)
			return 0;
		return bpflock_decide(SELFGUARD_OPEN_PIN, SELFGUARD_TAMPER);
	}
	if (!bpf_map_lookup_elem(&created, &address))
		return 0;
	return bpflock_decide(operation, SELFGUARD_TAMPER);
}

SEC("lsm/bpf_map")
int BPF_PROG(sg_open_map, struct bpf_map *map, unsigned int mode, int ret)
{
	if (ret)
		return ret;
	return decide_object(BPFLOCK_PROTECTED_MAP, map->id, (__u64)map, SELFGUARD_MAP);
}

SEC("lsm/bpf_prog")
int BPF_PROG(sg_open_prog, struct bpf_prog *program, int ret)
{
	if (ret)
		return ret;
	return decide_object(BPFLOCK_PROTECTED_PROGRAM, program->aux->id, (__u64)program->aux, SELFGUARD_PROGRAM);
}

/*
 * ---- The process
 */

static __always_inline bool is_root(struct task_struct *task)
{
	return (__u32)bpf_get_current_uid_gid() == 0 && task->cred->user_ns->level == 0;
}

/* The root cgroup holds every process that was not put into another one, so it does not show who belongs together. */
static __always_inline bool is_in_cgroup_of(struct task_struct *daemon)
{
	struct cgroup *cgroup = daemon->cgroups->dfl_cgrp;

	return cgroup->level > 0 && cgroup->kn->id == bpf_get_current_cgroup_id();
}

/* The kernel does not call the hook for its own signals. Signal 0 only tests whether the process exists. */
static __always_inline bool may_signal(struct task_struct *daemon, int signal)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (bpflock_is_daemon()) /* its request is to be decided: that shows that the program runs */
		return false;
	if (signal == 0 || task->tgid == 1 || is_in_cgroup_of(daemon))
		return true;
	return signal == SIGHUP && is_root(task) && bpflock_in_initial_namespaces();
}

SEC("lsm/task_kill")
int BPF_PROG(sg_kill_daemon, struct task_struct *task, void *info, int signal, const struct cred *cred, int ret)
{
	if (ret || !is_daemon(task) || may_signal(task, signal))
		return ret;
	return bpflock_decide(SELFGUARD_SIGNAL, SELFGUARD_TAMPER);
}

/*
 * The signal for a file that became ready; F_SETSIG may have chosen SIGKILL. The current task made the file ready, and
 * may be anybody, so it has no part in the decision and nothing is recorded. The daemon uses no such signal.
 */
SEC("lsm/file_send_sigiotask")
int BPF_PROG(sg_sigio, struct task_struct *task, void *owner, int signal, int ret)
{
	__u32 rule = bpflock_rule(SELFGUARD_SIGNAL);

	bpflock_show_run();
	if (ret || !is_daemon(task) || rule & BPFLOCK_RULE_AUDIT)
		return ret;
	rule &= BPFLOCK_RULE_MASK;
	if (rule == BPFLOCK_RULE_ALLOW || rule == BPFLOCK_RULE_PRIVILEGED)
		return 0;
	return bpflock_retval(SELFGUARD_SIGNAL, BPFLOCK_VERDICT_DENIED);
}

static __always_inline int decide_limit(struct task_struct *task, int ret)
{
	if (ret || !is_daemon(task) || may_signal(task, SIGKILL))
		return ret;
	return bpflock_decide(SELFGUARD_LIMIT, SELFGUARD_TAMPER);
}

/* RLIMIT_CPU ends in a SIGKILL; other limits take memory or descriptors away. */
SEC("lsm/task_setrlimit")
int BPF_PROG(sg_limit_daemon, struct task_struct *task, unsigned int resource, void *limit, int ret)
{
	return decide_limit(task, ret);
}

/* The kernel also calls the hook when the task is moved to a cgroup with another cpuset. */
SEC("lsm/task_setscheduler")
int BPF_PROG(sg_sched_daemon, struct task_struct *task, int ret)
{
	return decide_limit(task, ret);
}

SEC("lsm/task_setnice")
int BPF_PROG(sg_nice_daemon, struct task_struct *task, int nice, int ret)
{
	return decide_limit(task, ret);
}

SEC("lsm/task_setioprio")
int BPF_PROG(sg_ioprio, struct task_struct *task, int priority, int ret)
{
	return decide_limit(task, ret);
}

/* Through ptrace a container could act as a process of the host, and so evade every profile. */
static __always_inline bool is_host_from_container(struct task_struct *child)
{
	return !bpflock_in_initial_namespaces() && bpflock_task_is_initial(child);
}

/* PTRACE_MODE_READ, as of ps, is allowed: everything that could do harm asks for PTRACE_MODE_ATTACH. */
SEC("lsm/ptrace_access_check")
int BPF_PROG(sg_ptrace, struct task_struct *child, unsigned int mode, int ret)
{
	if (ret || !(mode & PTRACE_MODE_ATTACH))
		return ret;
	if (is_daemon(child))
		return bpflock_decide(SELFGUARD_PTRACE, SELFGUARD_TAMPER);
	return is_host_from_container(child) ? bpflock_decide(SELFGUARD_TRACE_HOST, SELFGUARD_TAMPER) : 0;
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
	const __u64 *known = (const __u64 *)shown.name;

	bpflock_copy_kernel_string(name.text, NAME_SIZE, (const char *)dentry->d_name.name);
#pragma unroll
	for (size_t i = 0; i < NAME_SIZE / sizeof(__u64); i++)
		if (name.words[i] != known[i])
			return false;
	return true;
}

/* Root could replace the binary, but root could also load a library into it. */
static __always_inline bool is_binary_of_daemon(const struct file *file)
{
	const struct dentry *dentry = file->f_path.dentry;
	const struct inode *directory = dentry->d_parent->d_inode;

	return directory && directory->i_ino == shown.directory && directory->i_sb->s_dev == shown.device &&
	       is_name_of_daemon(dentry) && only_root_writes(directory) && only_root_writes(file->f_inode);
}

#define STRINGS_MAX 4096
#define BLOCK_SIZE 64
#define BLOCK_STEP 56 /* blocks overlap by more than the length of a searched string */

/**
 * struct strings - argv and envp in the memory of the new program, which has not run yet
 * @begin: address of the first
 * @end:   address behind the last
 * @plain: nothing that was read so far is for the dynamic linker
 */
struct strings {
	unsigned long begin;
	unsigned long end;
	__u32 plain;
};

/*
 * Does a variable begin here by which the dynamic linker takes code from elsewhere ("LD_...", "GLIBC_TUNABLES")? It
 * begins behind the NUL of the string before it.
 */
static __always_inline bool is_for_linker(const char *at)
{
	if (at[0] || (at[1] != 'L' && at[1] != 'G'))
		return false;
	return (at[1] == 'L' && at[2] == 'D' && at[3] == '_') ||
	       (at[2] == 'L' && at[3] == 'I' && at[4] == 'B' && at[5] == 'C' && at[6] == '_');
}

/* For bpf_loop(): returns 1 at the end. Strings that cannot be read are not plain. */
static long read_block(__u32 number, struct strings *strings)
{
	unsigned long at = strings->begin + (unsigned long)number * BLOCK_STEP;
	unsigned long size = strings->end - at;
	char block[BLOCK_SIZE] = {};

	if (at >= strings->end)
		return 1;
	if (size > BLOCK_SIZE)
		size = BLOCK_SIZE;
	if (bpf_probe_read_user(block, size, (const void *)at) != 0) {
		strings->plain = 0;
		return 1;
	}
#pragma unroll
	for (int i = 0; i <= BLOCK_STEP; i++)
		if (is_for_linker(&block[i]))
			strings->plain = 0;
	return !strings->plain;
}

/*
 * The search begins behind the first string, the name of the program, so there must be one. Without bpf_loop(), before
 * 5.17, nothing counts as plain.
 */
static __always_inline bool has_plain_strings(const struct linux_binprm *bprm)
{
	struct strings strings = { .begin = bprm->p, .end = bprm->exec, .plain = 1 };

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop) || bprm->argc < 1 ||
	    strings.end - strings.begin > STRINGS_MAX)
		return false;
	bpf_loop(STRINGS_MAX / BLOCK_STEP + 1, read_block, &strings, 0);
	return strings.plain;
}

/*
 * A successor and `bpflock --unload` need what a dead daemon left. So a process that executes the daemon's binary
 * counts as the daemon from its first instruction on. A traced process does not, and none whose dynamic linker is told
 * to load something else. The mark ends when the process executes another file.
 */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(sg_mark_daemon, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 marked = 1;

	if (!shown.directory)
		return 0;
	if (is_binary_of_daemon(bprm->file) && is_root(task) && !(bprm->unsafe & LSM_UNSAFE_PTRACE) &&
	    bpflock_in_initial_pid_namespace(task) && has_plain_strings(bprm))
		bpf_task_storage_get(&bpflock_daemon, task, &marked, BPF_LOCAL_STORAGE_GET_F_CREATE);
	else
		bpf_task_storage_delete(&bpflock_daemon, task);
	return 0;
}
