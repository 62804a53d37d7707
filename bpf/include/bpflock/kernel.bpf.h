/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types, as far as BPF programs of bpflock read them.
 *
 * Each structure holds only the members in use. libbpf finds their real offsets in the running
 * kernel's BTF (CO-RE), so a build needs no BTF of a kernel. A plugin that needs more may include its
 * own vmlinux.h before any header of bpflock; then this header declares nothing.
 *
 * Every other header for BPF programs includes this one first.
 */
#ifndef BPFLOCK_KERNEL_BPF_H
#define BPFLOCK_KERNEL_BPF_H

#ifndef __bpf__
#error "this header is for BPF programs: compile with clang -target bpf"
#endif
#if !defined(__TARGET_ARCH_x86) && !defined(__TARGET_ARCH_arm64)
#error "say what the program runs on: -D__TARGET_ARCH_x86 or -D__TARGET_ARCH_arm64"
#endif

#ifdef __VMLINUX_H__

/* That of <bpf/bpf_helpers.h> is no constant expression. */
#undef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)

#else

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef int pid_t;

typedef struct {
	__u32 val;
} kuid_t;

struct net;
struct mnt_namespace;

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

struct pid_namespace {
	struct task_struct *child_reaper;
};

struct upid {
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	struct dentry *s_root;
};

struct inode {
	unsigned short i_mode;
	kuid_t i_uid;
	unsigned int i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
};

struct qstr {
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

/* @mnt_t_flags: since 6.17 */
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_group_id;
	int mnt_t_flags;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	struct path f_path;
	struct inode *f_inode;
};

struct fs_struct {
	struct path pwd;
};

struct fs_parameter {
	const char *key;
};

struct vm_area_struct {
	unsigned long vm_flags;
	struct file *vm_file;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	struct file *exe_file;
};

struct user_namespace {
	int level;
};

struct cred {
	kuid_t uid;
	kuid_t euid;
	struct user_namespace *user_ns;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct thread_info {
	unsigned long flags;
#if defined(__TARGET_ARCH_x86)
	__u32 status;
#endif
};

struct task_struct {
	struct thread_info thread_info;
	struct mm_struct *mm;
	struct task_struct *group_leader;
	__u64 start_time;
	pid_t pid;
	pid_t tgid;
	unsigned int in_execve : 1;
	struct task_struct *real_parent;
	struct pid *thread_pid;
	const struct cred *cred;
	kuid_t loginuid; /* with CONFIG_AUDIT */
	char comm[16];
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
};

/*
 * @p:      lowest byte of the new stack, which holds the strings of argv, then those of envp up to @exec
 * @interp: the same pointer as @filename, unless that is a script (or of binfmt_misc), which @file then is not
 */
struct linux_binprm {
	unsigned long p;
	struct file *executable;
	struct file *file;
	int unsafe;
	int argc;
	const char *filename;
	const char *interp;
	unsigned long exec;
	char buf[256]; /* BINPRM_BUF_SIZE */
};

struct bpf_map {
	__u32 id;
};

struct bpf_prog_aux {
	__u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bx;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 pc;
};
struct pt_regs {
	struct user_pt_regs user_regs;
	__s32 syscallno;
};
#endif

#pragma clang attribute pop

#endif
#endif
