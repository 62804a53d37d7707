/* SPDX-License-Identifier: Apache-2.0 */
/* What a program attaches to, from the kernel's BTF, as a program declares it. */
#ifndef BPFLOCK_KIT_HOOK_H
#define BPFLOCK_KIT_HOOK_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "kernel/kernel.h"

#define HOOK_PARAMETERS_MAX 12 /* BPF_PROG() of libbpf takes no more */

/**
 * struct hook_parameter - an argument, or the result
 * @type: with what stands before the name: "unsigned int ", "const struct path *"
 * @size: of an integer; 0 for a pointer
 */
struct hook_parameter {
	char *name;
	char *type;
	__u32 size;
	bool is_signed;
};

/**
 * struct hook - a target, and the parameters of its program
 * @section:      as in SEC(): "lsm/path_chroot"
 * @name:         the target's, as a part of identifiers: "path_chroot"
 * @parameters:   with @has_result, the last of them is `ret`
 * @declarations: of the structures that are pointed to, a line for each
 */
struct hook {
	char *section;
	char *name;
	struct hook_parameter parameters[HOOK_PARAMETERS_MAX];
	size_t count;
	char *declarations;
	bool has_result;
};

/*
 * `text` is a section, or the name of an LSM hook. Returns 0, or -EINVAL, reported: there is no such target, or no
 * program can get its arguments. The caller clears the result in either case.
 */
int hook_find(const char *text, const struct kernel *kernel, struct hook *ret, struct report *report);
void hook_clear(struct hook *hook);

bool hook_is_lsm(const struct hook *hook);

#endif
