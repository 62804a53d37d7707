// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/directory.bpf.h>
#include <bpflock/event.bpf.h>
#include <bpflock/scratch.bpf.h>
#include <bpflock/string.bpf.h>
#include <bpflock/syscall.bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "helperwatch.h"

char LICENSE[] SEC("license") = "GPL";

#define AF_INET 2

/* Flavours: CO-RE leaves out what follows the three underscores. So these are no second declarations beside a vmlinux.h. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct in6_addr___helperwatch {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};
struct sock_common___helperwatch {
	__u32 skc_rcv_saddr;
	__u16 skc_num;
	unsigned short skc_family;
	struct in6_addr___helperwatch skc_v6_rcv_saddr;
};
struct sock___helperwatch {
	struct sock_common___helperwatch __sk_common;
};
#pragma clang attribute pop

/* Larger than the stack. */
struct large {
	__u64 first;
	char rest[4096];
};

BPFLOCK_SCRATCH(struct large) large SEC(".maps");

BPFLOCK_FILES(4) directories SEC(".maps");

static __always_inline void try_scratch(struct helperwatch_chroot *event)
{
	struct large *first = bpflock_scratch_begin(&large), *second;

	if (!first)
		return;
	event->scratch = 1;
	second = bpflock_scratch_begin(&large);
	if (second) {
		event->nested = 1;
		bpflock_scratch_end(second);
	}
	first->first = event->event.time;
	bpflock_scratch_end(first);
	second = bpflock_scratch_begin(&large);
	if (!second)
		return;
	event->kept = second->first == event->event.time;
	bpflock_scratch_end(second);
}

static __always_inline void compare_name(struct helperwatch_chroot *event, struct task_struct *task)
{
	char name[BPFLOCK_COMM_LEN] __attribute__((aligned(8)));

	bpflock_copy_comm(name, task);
	event->is_abc = bpflock_string_is(name, "abc");
	event->has_abc = bpflock_string_starts_with(name, "abc");
}

static __always_inline void describe(struct helperwatch_chroot *event, const struct dentry *dentry)
{
	struct task_struct *task = bpf_get_current_task_btf();

	event->number = bpflock_syscall_number();
	event->below = bpflock_in_directories(&directories, dentry);
	event->mounts = bpflock_in_initial_mount_namespace(task);
	event->mode = dentry->d_inode->i_mode;
	event->owner = dentry->d_inode->i_uid.val;
	event->since = event->event.time;
	try_scratch(event);
	compare_name(event, task);
}

SEC("lsm/path_chroot")
int BPF_PROG(watch_root, const struct path *path, int ret)
{
	struct helperwatch_chroot *event = bpflock_event_begin(HELPERWATCH_CHROOT, sizeof(*event));

	if (!event)
		return ret;
	describe(event, path->dentry);
	bpflock_event_submit(event);
	return ret;
}

static __always_inline void record_exec(__u32 tracing)
{
	struct helperwatch_exec *event = bpflock_event_begin(HELPERWATCH_EXEC, sizeof(*event));

	if (!event)
		return;
	event->number = bpflock_syscall_number();
	event->tracing = tracing;
	bpflock_event_submit(event);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(watch_exec, struct linux_binprm *program, int ret)
{
	record_exec(0);
	return ret;
}

SEC("fentry/security_bprm_check")
int BPF_PROG(trace_exec)
{
	record_exec(1);
	return 0;
}

static __always_inline void copy_address(struct helperwatch_packet *event,
					 const struct sock_common___helperwatch *socket)
{
	if (socket->skc_family != AF_INET) {
		for (int i = 0; i < 4; i++)
			event->ip6[i] = socket->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
		return;
	}
	event->ip4 = socket->skc_rcv_saddr;
	event->ip6[2] = bpf_htonl(0xffff);
	event->ip6[3] = event->ip4;
}

/* In a softirq: whose task that interrupts means nothing. */
SEC("lsm/socket_sock_rcv_skb")
int BPF_PROG(watch_packet, const struct sock___helperwatch *socket)
{
	struct helperwatch_packet *event;

	if (socket->__sk_common.skc_num != HELPERWATCH_PORT)
		return 0;
	event = bpflock_event_begin_no_task(HELPERWATCH_PACKET, sizeof(*event));
	if (!event)
		return 0;
	copy_address(event, &socket->__sk_common);
	bpflock_event_submit(event);
	return 0;
}
