/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The number of the system call that the current task is in, and the arguments of a system call, from the registers
 * that its entry function is given.
 */
#ifndef BPFLOCK_SYSCALL_BPF_H
#define BPFLOCK_SYSCALL_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#if defined(__TARGET_ARCH_x86)
#define BPFLOCK_SYSCALL_ARG1(regs) ((regs)->di)
#define BPFLOCK_SYSCALL_ARG2(regs) ((regs)->si)
/* 32-bit callers: the upper halves of the registers mean nothing. */
#define BPFLOCK_COMPAT_SYSCALL_ARG1(regs) ((__u32)(regs)->bx)
#define BPFLOCK_COMPAT_SYSCALL_ARG2(regs) ((__u32)(regs)->cx)
#elif defined(__TARGET_ARCH_arm64)
#define BPFLOCK_SYSCALL_ARG1(regs) ((regs)->user_regs.regs[0])
#define BPFLOCK_SYSCALL_ARG2(regs) ((regs)->user_regs.regs[1])
#define BPFLOCK_COMPAT_SYSCALL_ARG1(regs) ((__u32)(regs)->user_regs.regs[0])
#define BPFLOCK_COMPAT_SYSCALL_ARG2(regs) ((__u32)(regs)->user_regs.regs[1])
#endif

/* The kernel's names of its entry functions: a program's section is "fexit/" BPFLOCK_SYSCALL(execve). */
#if defined(__TARGET_ARCH_x86)
#define BPFLOCK_SYSCALL(name) "__x64_sys_" #name
#define BPFLOCK_COMPAT_SYSCALL(name) "__ia32_compat_sys_" #name
#elif defined(__TARGET_ARCH_arm64)
#define BPFLOCK_SYSCALL(name) "__arm64_sys_" #name
#define BPFLOCK_COMPAT_SYSCALL(name) "__arm64_compat_sys_" #name
#endif

/* The task is in no system call: a kernel thread, or a task that a fault or an interrupt has brought into the kernel. */
#define BPFLOCK_SYSCALL_NONE 0xffffffffu
/* The number is one of the kernel's table for 32-bit callers, where numbers mean other system calls. */
#define BPFLOCK_SYSCALL_32BIT 0x80000000u

/* TS_COMPAT of arch/x86/include/asm/thread_info.h; TIF_32BIT of arch/arm64/include/asm/thread_info.h. */
static __always_inline bool bpflock_is_32bit_syscall(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & 0x2;
#else
	return task->thread_info.flags & 1ul << 22;
#endif
}

/*
 * As in the __NR_ constants of <asm/unistd.h>; or'ed with BPFLOCK_SYSCALL_32BIT; or BPFLOCK_SYSCALL_NONE. A thread that
 * the kernel has made has no address in user space, and remains of others in its registers. Threads of io_uring are
 * such ones.
 *
 * Linux before 5.15 does not tell: there it is always BPFLOCK_SYSCALL_NONE. On x86 a program of the x32 ABI has bit 30
 * (__X32_SYSCALL_BIT) in its numbers.
 */
static __always_inline __u32 bpflock_syscall_number(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 address, number;
	struct pt_regs *regs;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return BPFLOCK_SYSCALL_NONE;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
	address = regs->ip;
	number = regs->orig_ax;
#else
	address = regs->user_regs.pc;
	number = regs->syscallno;
#endif
	if (!address)
		return BPFLOCK_SYSCALL_NONE;
	return (__u32)number | (bpflock_is_32bit_syscall(task) ? BPFLOCK_SYSCALL_32BIT : 0);
}

#endif
