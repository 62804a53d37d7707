/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the kernel module share. Private to it. */
#ifndef BPFLOCK_KERNEL_CHECKS_H
#define BPFLOCK_KERNEL_CHECKS_H

#include "kernel/kernel.h"

#define NO_TRAMPOLINES_REMEDY "on arm64, boot Linux 6.4 or newer"

/* What every plugin needs, one by one. What is missing is reported. Those with a result return 0 or a negative errno. */
int check_capabilities(struct report *report);
int check_bpf(struct report *report);
void check_release(struct report *report);
void check_btf(const struct kernel *kernel, struct report *report);
void check_bpffs(struct report *report);

/* Does a seccomp filter decide about system calls of this process? */
bool check_seccomp_filter(void);

/*
 * "boot with PARAMETER", with the file of this machine's boot loader, and the command that puts it into effect, where
 * they are known. To be freed.
 */
char *boot_remedy(const char *parameter);
/* The same for the machine whose root directory this is; "" for this one. NULL where its boot loader is not known. */
char *boot_loader_advice(const char *root, const char *parameter);

#endif
