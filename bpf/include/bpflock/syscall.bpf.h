/* SPDX-License-Identifier: GPL-2.0-only */
/* The arguments of a system call, from the registers that its entry function is given. */
#ifndef BPFLOCK_SYSCALL_BPF_H
#define BPFLOCK_SYSCALL_BPF_H

#include <bpflock/kernel.bpf.h>

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
#else
#error "bpflock does not know the system call registers of this architecture"
#endif

/* The kernel's names of its entry functions: a program's section is "fexit/" BPFLOCK_SYSCALL(execve). */
#if defined(__TARGET_ARCH_x86)
#define BPFLOCK_SYSCALL(name) "__x64_sys_" #name
#define BPFLOCK_COMPAT_SYSCALL(name) "__ia32_compat_sys_" #name
#elif defined(__TARGET_ARCH_arm64)
#define BPFLOCK_SYSCALL(name) "__arm64_sys_" #name
#define BPFLOCK_COMPAT_SYSCALL(name) "__arm64_compat_sys_" #name
#endif

#endif
