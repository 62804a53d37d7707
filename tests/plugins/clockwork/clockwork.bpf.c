// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/event.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "clockwork.h"

char LICENSE[] SEC("license") = "GPL";

#ifdef PINNER
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pinned SEC(".maps");
#endif

/* Ticks, over all restarts; the daemon's process writes them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} kept SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} executed SEC(".maps");

SEC("tp_btf/sched_process_exec")
int BPF_PROG(count_exec)
{
	__u32 first = 0;
	__u64 *count = bpf_map_lookup_elem(&executed, &first);

	if (count)
		++*count;
#ifdef PINNER
	bpf_map_lookup_elem(&pinned, &first);
#endif
	return bpf_map_lookup_elem(&kept, &first) != NULL;
}
