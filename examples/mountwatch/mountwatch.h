/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What mountwatch's BPF program and its descriptor share. */
#ifndef MOUNTWATCH_H
#define MOUNTWATCH_H

#include <bpflock/event.h>

#define MOUNTWATCH_MOUNT 1

struct mountwatch_mount {
	struct bpflock_event event;
	__u64 flags;
	char source[128];
	char fstype[32];
};

#endif
