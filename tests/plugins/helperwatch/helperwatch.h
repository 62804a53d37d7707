/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What helperwatch's BPF programs and its descriptor share. */
#ifndef HELPERWATCH_H
#define HELPERWATCH_H

#include <bpflock/event.h>

#define HELPERWATCH_CHROOT 1
#define HELPERWATCH_EXEC 2
#define HELPERWATCH_PACKET 3
#define HELPERWATCH_PORT 4711

/**
 * struct helperwatch_chroot - what the helpers return for a task that changes its root directory
 * @nested:  scratch space that is in use was given again
 * @kept:    the scratch space has what the program has left there
 * @is_abc:  the name of the task is abc
 * @has_abc: it begins with abc
 */
struct helperwatch_chroot {
	struct bpflock_event event;
	__u32 number;
	__u8 below;
	__u8 mounts;
	__u8 scratch;
	__u8 nested;
	__u8 kept;
	__u8 is_abc;
	__u8 has_abc;
	__u16 mode;
	__u32 owner;
	__u64 since;
};

struct helperwatch_exec {
	struct bpflock_event event;
	__u32 number;
	__u32 tracing;
};

/**
 * struct helperwatch_packet - a packet that a socket with the port HELPERWATCH_PORT has received
 * @ip4: of an IPv4 socket; 0 otherwise
 * @ip6: of either
 */
struct helperwatch_packet {
	struct bpflock_event event;
	__u32 ip4;
	__u32 ip6[4];
};

#endif
