/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types, as far as BPF programs of bpflock read them.
 *
 * Each structure holds only the members in use; libbpf finds their real offsets in the running
 * kernel's BTF (CO-RE). So a build needs no kernel's BTF. A plugin that wants more may include its
 * own vmlinux.h before any header of bpflock; then this one is empty.
 */
#ifndef BPFLOCK_KERNEL_BPF_H
#define BPFLOCK_KERNEL_BPF_H

#ifndef __VMLINUX_H__

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef int pid_t;

struct net;

struct nsproxy {
	struct net *net_ns;
};

struct pid {
	unsigned int level;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
};

struct task_struct {
	struct mm_struct *mm;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct pid *thread_pid;
	char comm[16];
	struct nsproxy *nsproxy;
};

struct linux_binprm {
	const char *filename;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bx;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
};
struct pt_regs {
	struct user_pt_regs user_regs;
};
#endif

#pragma clang attribute pop

#endif
#endif
