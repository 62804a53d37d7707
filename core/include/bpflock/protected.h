/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The daemon's BPF objects and pins, for enforcers that guard them. */
#ifndef BPFLOCK_PROTECTED_H
#define BPFLOCK_PROTECTED_H

#ifndef __VMLINUX_H__ /* a plugin with its own vmlinux.h has these types already */
#include <linux/types.h>
#endif

/* The directory of all that the daemon pins. Since ABI 1.0. */
#define BPFLOCK_PINS "/sys/fs/bpf/bpflock"

/* Kinds of BPF objects. Ids are unique within a kind only. Since ABI 1.0. */
#define BPFLOCK_PROTECTED_MAP 1u
#define BPFLOCK_PROTECTED_PROGRAM 2u
#define BPFLOCK_PROTECTED_LINK 3u

/* Maximum number of objects of the daemon, of its plugins and of predecessors together. Since ABI 1.0. */
#define BPFLOCK_PROTECTED_MAX 16384

/**
 * struct bpflock_protected_object - a key of the set of protected objects
 * @kind: BPFLOCK_PROTECTED_*
 * @id:   as the kernel numbers the objects of that kind
 *
 * Since ABI 1.0.
 */
struct bpflock_protected_object {
	__u32 kind;
	__u32 id;
};

#endif
