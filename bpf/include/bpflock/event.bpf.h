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
 * NULL means that there is nothing to fill. Either the ring was full (the loss has been counted), or
 * another generation of this program records.
 *
 * Do not let one variable hold the result of either of two bpflock_event_begin(): the verifier of 6.1 assumes after
 * the check that it may still be NULL. Where two sizes are needed, give each its own code path.
 */
#ifndef BPFLOCK_EVENT_BPF_H
#define BPFLOCK_EVENT_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpflock/event.h>
#include <bpflock/task.bpf.h>

/* One ring for all plugins. The daemon owns it, and replaces this declaration by it. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} bpflock_ring SEC(".maps");

/* Shared by the generations of this plugin, and pinned: see struct bpflock_stats. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpflock_stats);
} bpflock_stats SEC(".maps");

/*
 * Shared and pinned as well: see struct bpflock_state. The daemon maps it, and replaces this map by one that all
 * generations share.
 */
struct bpflock_state bpflock_state SEC(".data.state") = {};

/* Set by the daemon before load. */
const volatile __u64 bpflock_source = 0;
const volatile __u64 bpflock_generation = 0;
const volatile __u64 bpflock_ring_size = 0;

static __always_inline bool bpflock_is_recording(void)
{
	const volatile struct bpflock_state *state = &bpflock_state;

	return state->recording == bpflock_generation;
}

static __always_inline __u64 bpflock_ring_used(void)
{
	return bpf_ringbuf_query(&bpflock_ring, BPF_RB_AVAIL_DATA);
}

/* The last quarter of the ring is reserved for denials, so that other records cannot displace them. */
static __always_inline bool bpflock_ring_has_headroom(__u64 used)
{
	return used <= bpflock_ring_size - bpflock_ring_size / 4;
}

/* The daemon is woken when half of the ring is full, by the records of so many bytes: not by each one from there on. */
#define BPFLOCK_WAKEUP_BYTES 16384

static __always_inline bool bpflock_ring_is_half_full(__u64 used)
{
	return used - bpflock_ring_size / 2 < BPFLOCK_WAKEUP_BYTES;
}

/* Programs nest (an LSM program may run in a softirq that interrupts another), hence atomic. */
static __always_inline void bpflock_count_lost(struct bpflock_stats *stats)
{
	__sync_fetch_and_add(&stats->lost, 1);
	stats->lost_at = bpf_ktime_get_boot_ns();
}

/* bpflock_event_reserve() writes every member. */
_Static_assert(offsetof(struct bpflock_event, pcomm) + BPFLOCK_COMM_LEN == sizeof(struct bpflock_event),
	       "struct bpflock_event has no padding");

/*
 * Writes zero to the bytes from `begin` to `end`, which are constants. `begin` is a multiple of 8. The pointers are
 * volatile, because clang turns other loops into memset(), which it can only expand for short records.
 */
static __always_inline void bpflock_zero(void *record, __u64 begin, __u64 end)
{
	for (; begin + sizeof(__u64) <= end; begin += sizeof(__u64))
		*(volatile __u64 *)(record + begin) = 0;
	for (; begin < end; begin++)
		*(volatile __u8 *)(record + begin) = 0;
}

/*
 * Returns the type, and writes type and size, two __u32, to the section BPFLOCK_RECORDS_SECTION of the object file. They
 * are not loaded into the kernel. The daemon and `bpflock-plugin check` compare them with the plugin's table of events.
 *
 * The assembler code has an instruction, which loads the type: the kernel refuses line information of two lines for one
 * instruction.
 */
static __always_inline __u32 bpflock_note_record(__u32 type, __u64 size)
{
	__u64 noted = type;

	if (__builtin_constant_p(type) && __builtin_constant_p(size))
		asm volatile("%0 = %1\n"
			     ".pushsection " BPFLOCK_RECORDS_SECTION ", \"\", @progbits\n"
			     ".long %1, %2\n"
			     ".popsection\n"
			     : "=r"(noted)
			     : "i"(type), "i"(size));
	return (__u32)noted;
}

/*
 * The caller has checked that this generation records. It writes the task, and every byte behind struct bpflock_event,
 * because the ring has remains of earlier records. With `is_denial` the last quarter of the ring is used too. Otherwise
 * *is_half_full says whether the record is one of those that wake the daemon.
 *
 * The number is taken when the space is there. So whoever reads the last number knows how many records are in the ring
 * or were read from it.
 */
static __always_inline struct bpflock_event *bpflock_ring_reserve(__u32 type, __u64 size, bool is_denial,
								  bool *is_half_full)
{
	__u64 used = is_denial ? 0 : bpflock_ring_used();
	__u32 first = 0;
	struct bpflock_stats *stats = bpf_map_lookup_elem(&bpflock_stats, &first);
	struct bpflock_event *event;

	*is_half_full = bpflock_ring_is_half_full(used);
	if (!stats)
		return NULL;
	if (!bpflock_ring_has_headroom(used)) {
		bpflock_count_lost(stats);
		return NULL;
	}
	event = bpf_ringbuf_reserve(&bpflock_ring, size, 0);
	if (!event) {
		bpflock_count_lost(stats);
		return NULL;
	}
	event->time = bpf_ktime_get_boot_ns();
	event->source = bpflock_source;
	event->sequence = __sync_fetch_and_add(&stats->records, 1) + 1;
	event->type = bpflock_note_record(type, size);
	event->cpu = bpf_get_smp_processor_id();
	return event;
}

/* The same, with the task. */
static __always_inline void *bpflock_event_reserve(__u32 type, __u64 size, bool is_denial, bool *is_half_full)
{
	struct bpflock_event *event = bpflock_ring_reserve(type, size, is_denial, is_half_full);

	if (event)
		bpflock_fill_task(event);
	return event;
}

/*
 * For records with long texts, which need not be zero behind their ends. Of the record, only the bytes before `zeroed`
 * are zero. The program must write a text, or its first byte, to each member from there on, and the length of each
 * BPFLOCK_STRV(). Both sizes must be constants.
 */
static __always_inline void *bpflock_event_begin_long(__u32 type, __u64 size, __u64 zeroed)
{
	bool is_half_full;
	void *event = bpflock_is_recording() ? bpflock_event_reserve(type, size, false, &is_half_full) : NULL;

	if (event)
		bpflock_zero(event, sizeof(struct bpflock_event), zeroed);
	return event;
}

/*
 * The record is zero behind struct bpflock_event. `size` must be a constant: that of the whole record, or of the part
 * before an optional tail.
 */
static __always_inline void *bpflock_event_begin(__u32 type, __u64 size)
{
	return bpflock_event_begin_long(type, size, size);
}

/* For events with BPFLOCK_EVENT_NO_TASK, where the current task has nothing to do with what happens. */
static __always_inline void *bpflock_event_begin_no_task(__u32 type, __u64 size)
{
	bool is_half_full;
	struct bpflock_event *event =
		bpflock_is_recording() ? bpflock_ring_reserve(type, size, false, &is_half_full) : NULL;

	if (!event)
		return NULL;
	event->cgroupid = 0;
	event->tgid = event->pid = event->ppid = event->uid = 0;
	event->loginuid = BPFLOCK_NO_LOGINUID;
	bpflock_zero(event, offsetof(struct bpflock_event, comm), size);
	return event;
}

/*
 * The first record that waits wakes the daemon, which then waits for further ones for `flush_interval`. These cost no
 * wake-up until half of the ring is full.
 */
static __always_inline void bpflock_event_submit(void *event)
{
	bpf_ringbuf_submit(event, bpflock_ring_is_half_full(bpflock_ring_used()) ? BPF_RB_FORCE_WAKEUP : 0);
}

#endif
