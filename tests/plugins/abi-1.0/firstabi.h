/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef FIRSTABI_H
#define FIRSTABI_H

#include <bpflock/policy.h>

#define FIRSTABI_DECISION 1
#define FIRSTABI_MOUNT 2

/* Operations: places in the table. */
#define FIRSTABI_CHROOT 0
#define FIRSTABI_SET_TIME 1

struct firstabi_decision {
	struct bpflock_decision decision;
	__u32 limit;
};

struct firstabi_mount {
	struct bpflock_event event;
	__u64 flags;
	char type[16];
};

#endif
