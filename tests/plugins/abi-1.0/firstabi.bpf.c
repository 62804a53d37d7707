// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>
#include <bpflock/string.bpf.h>

#include <bpf/bpf_tracing.h>

#include "firstabi.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 limit = 0;
const volatile __u32 numbers[4] = {};
const volatile __u32 numbers_count = 0;

/* How many mounts there were, since the first start. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} mounts SEC(".maps");

SEC("lsm/path_chroot")
int BPF_PROG(change_root, const void *path, int ret)
{
	struct firstabi_decision *record;
	struct bpflock_outcome outcome;

	if (ret)
		return ret;
	outcome = bpflock_judge(FIRSTABI_CHROOT);
	record = bpflock_decision_begin(&outcome, FIRSTABI_DECISION, sizeof(*record));
	if (record) {
		record->limit = limit + numbers[0] + numbers_count;
		bpflock_event_submit(record);
	}
	return outcome.retval;
}

SEC("lsm/settime")
int BPF_PROG(set_time, const void *time, const void *zone, int ret)
{
	return ret ? ret : bpflock_decide(FIRSTABI_SET_TIME, FIRSTABI_DECISION);
}

SEC("lsm/sb_mount")
int BPF_PROG(mount, const char *source, const void *path, const char *type, unsigned long flags, void *data, int ret)
{
	__u32 first = 0;
	__u64 *count = bpf_map_lookup_elem(&mounts, &first);
	struct firstabi_mount *event;

	if (count)
		__sync_fetch_and_add(count, 1);
	event = bpflock_event_begin(FIRSTABI_MOUNT, sizeof(*event));
	if (!event)
		return ret;
	event->flags = flags;
	bpflock_copy_kernel_string(event->type, sizeof(event->type), type);
	bpflock_event_submit(event);
	return ret;
}
