/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: reserve, fill, submit.
 *
 *	struct tty_open *event = bpflock_event_begin(TTY_OPEN, sizeof(*event));
 *
 *	if (!event)
 *		return 0;
 *	event->retval = ret;
 *	bpflock_event_submit(event);
 *
 * NULL means that there is nothing to fill: the ring had no room, which has been counted, or another
 * generation of this program is the one that records.
 */
#ifndef BPFLOCK_EVENT_BPF_H
#define BPFLOCK_EVENT_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpflock/event.h>
#include <bpflock/task.bpf.h>

/* One ring for all plugins. The daemon owns it and puts it in the place of this declaration. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} bpflock_ring SEC(".maps");

/* Records that found no room, per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} bpflock_lost SEC(".maps");

/*
 * The generation of this plugin that records. While a successor replaces its predecessor both run:
 * both decide, but only one of them records what is allowed or observed. The daemon moves the number
 * on once the successor is attached. Shared by the generations of one plugin, and pinned.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} bpflock_generation SEC(".maps");

/* Set by the daemon before load. */
const volatile __u64 bpflock_source = 0;
const volatile __u64 bpflock_own_generation = 0;

static __always_inline bool bpflock_is_recording(void)
{
	__u32 first = 0;
	__u64 *generation = bpf_map_lookup_elem(&bpflock_generation, &first);

	return generation && *generation == bpflock_own_generation;
}

/* Programs nest (an LSM program may run in a softirq that interrupts another), hence atomic. */
static __always_inline void bpflock_count_lost(void)
{
	__u32 first = 0;
	__u64 *lost = bpf_map_lookup_elem(&bpflock_lost, &first);

	if (lost)
		__sync_fetch_and_add(lost, 1);
}

/* The last quarter of the ring is kept for denials: telemetry never pushes them out. */
static __always_inline bool bpflock_ring_has_headroom(void)
{
	__u64 size = bpf_ringbuf_query(&bpflock_ring, BPF_RB_RING_SIZE);

	return bpf_ringbuf_query(&bpflock_ring, BPF_RB_AVAIL_DATA) <= size - size / 4;
}

static __always_inline void *bpflock_event_reserve(__u32 type, __u64 size)
{
	struct bpflock_event *event = bpf_ringbuf_reserve(&bpflock_ring, size, 0);

	if (!event) {
		bpflock_count_lost();
		return NULL;
	}
	event->time = bpf_ktime_get_boot_ns();
	event->source = bpflock_source;
	event->type = type;
	event->flags = 0;
	bpflock_fill_task(event);
	return event;
}

/* For denials: takes the last of the ring, and records whichever generation has denied. */
static __always_inline void *bpflock_event_begin_denial(__u32 type, __u64 size)
{
	return bpflock_event_reserve(type, size);
}

/* For everything else. `size` must be a constant: of the whole record, or up to an optional tail. */
static __always_inline void *bpflock_event_begin(__u32 type, __u64 size)
{
	if (!bpflock_is_recording())
		return NULL;
	if (!bpflock_ring_has_headroom()) {
		bpflock_count_lost();
		return NULL;
	}
	return bpflock_event_reserve(type, size);
}

static __always_inline void bpflock_event_submit(void *event)
{
	bpf_ringbuf_submit(event, 0);
}

#endif
