/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/bus.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>

#include "bus/invalid.h"
#include "bus/repeats.h"
#include "bus/ring.h"
#include "plugin/host.h"
#include "util/clock.h"
#include "util/memory.h"

/* How long a record is waited for that a program has not submitted yet. */
#define WAIT_MILLISECONDS 1000
/* Records that are read before the daemon handles signals again. */
#define DRAIN_MAX 4096
/* The largest record of user space. */
#define RECORD_SIZE_MAX 65536

/**
 * struct bus - the state of the bus
 * @rings:   read in this order
 * @looked:  of the last of them: up to here records were looked at for one that is urgent
 * @flush_interval: nanoseconds between the first record that arrives and the lines
 * @flush_at: when that is over, CLOCK_BOOTTIME; 0 where no record waits
 * @repeats_at: the end of the first window in @repeats; 0 where none is open
 * @timer:   of the event loop, set to the first of the two times; -1 before bus_watch()
 * @timer_at: what it is set to
 * @observed: a plugin observes
 * @reading: a batch is being read
 * @loop_log: points to the current log
 * @last_source: of the last record
 * @cpus:    number of possible CPUs
 * @invalid: since bus_take_invalid()
 */
struct bus {
	struct ring rings[BUS_RINGS_MAX];
	size_t ring_count;
	__u64 looked;
	__u64 flush_interval;
	__u64 flush_at;
	__u64 repeats_at;
	struct repeats repeats;
	struct invalid invalid;
	struct recent recent;
	struct bus_annotator annotator;
	int timer;
	__u64 timer_at;
	struct log *const *loop_log;
	struct bus_source **sources;
	struct bus_source *last_source;
	size_t source_count;
	size_t cpus;
	struct log *log; /* from here to `taken`: of the current drain or flush */
	__s64 boot_time;
	size_t taken;
	bool observed;
	bool reading;
	__u64 total;
};

/* Records of one source often come in a row. */
static struct bus_source *find_source(struct bus *bus, __u64 source)
{
	if (bus->last_source && bus->last_source->plugin->source == source)
		return bus->last_source;
	for (size_t i = 0; i < bus->source_count; i++)
		if (bus->sources[i]->plugin->source == source)
			return bus->last_source = bus->sources[i];
	return NULL;
}

static void show_observer(const struct bus *bus, const struct bus_source *observer, const struct bus_source *from,
			  const struct bpflock_event *event, size_t size)
{
	struct report report = { 0 };
	struct host host = { .plugin = observer->plugin, .report = &report, .services = observer->services };

	host_observe(&host, from->plugin->name, event, size);
	log_report(bus->log, &report);
	report_clear(&report);
}

static void show_observers(const struct bus *bus, const struct bus_source *from, const struct bpflock_event *event,
			   size_t size)
{
	for (size_t i = 0; i < bus->source_count; i++)
		if (bus->sources[i]->observes)
			show_observer(bus, bus->sources[i], from, event, size);
}

/* `earlier`: the line is about records that were read before this batch. */
static void write_line(struct bus *bus, struct bus_source *source, const struct bpflock_event *event, bool earlier,
		       struct log_record *record)
{
	if (bus->annotator.annotate)
		bus->annotator.annotate(bus->annotator.context, source, event, record);
	delivery_tell(&source->delivery, record->events, earlier);
	log_write(bus->log, record);
}

/* Does it become a line? See record_decode(). */
static bool is_decision(const struct bpflock_event_type *type, const struct bpflock_event *event, size_t size)
{
	const struct bpflock_decision *decision = (const struct bpflock_decision *)event;

	return type && type->flags & BPFLOCK_EVENT_DECISION && size >= sizeof(*decision) &&
	       policy_reason(decision->rule, decision->verdict);
}

/* `again`: the log may have the record already. */
static int write_record(struct bus *bus, struct bus_source *source, const struct bpflock_event *event, size_t size,
			bool again)
{
	struct decoded_record decoded;

	if (record_decode(source, event, size, bus->boot_time, &decoded) < 0)
		return -EINVAL;
	if (again)
		record_mark_again(&decoded.record);
	write_line(bus, source, event, false, &decoded.record);
	return 0;
}

/* Most decisions of a storm are only counted. */
static int write_or_count(struct bus *bus, struct bus_source *source, const struct bpflock_event *event, size_t size,
			  bool again)
{
	const struct bpflock_decision *decision = (const struct bpflock_decision *)event;
	const struct bpflock_event_type *type;

	if (repeats_count_another(&bus->repeats, source, event, size, again))
		return 0;
	type = plugin_event_type(source->plugin, event->type);
	if (is_decision(type, event, size)) {
		if (!repeats_take(&bus->repeats, source, type, decision, size, again))
			return 0;
		recent_add(&bus->recent, source, decision, 1);
	}
	return write_record(bus, source, event, size, again);
}

/* Counted until the log reports it. */
static void refuse_record(struct bus *bus, struct bus_source *source, const struct bpflock_event *event)
{
	invalid_count(&bus->invalid, source ? source->plugin : NULL, event, clock_since_boot());
	if (source)
		source->invalid++;
}

static void take_record(struct bus *bus, const struct ring *ring, __u64 position, const void *bytes, size_t size)
{
	const struct bpflock_event *event = size >= sizeof(*event) ? bytes : NULL;
	struct bus_source *source = event ? find_source(bus, event->source) : NULL;
	bool again = false;

	if (source) {
		sequences_take(&source->sequences, event);
		again = delivery_take(&source->delivery, event, ring, position);
	}
	if (!source || write_or_count(bus, source, event, size, again) < 0)
		refuse_record(bus, source, event);
	else if (bus->observed)
		show_observers(bus, source, event, size);
	bus->total++;
	bus->taken++;
}

/* Writes one line for all decisions that were held back in a window. */
static void write_repeat(void *context, const struct repeat *repeat)
{
	struct bus *bus = context;
	struct decoded_record decoded;

	if (record_decode(repeat->source, repeat->last, repeat->size, bus->boot_time, &decoded) < 0)
		return;
	record_add_count(&decoded.record, repeat->count);
	if (repeat->several)
		record_mark_several(&decoded.record);
	if (repeat->again)
		record_mark_again(&decoded.record);
	recent_add(&bus->recent, repeat->source, repeat->last, repeat->count);
	write_line(bus, repeat->source, &repeat->last->event, true, &decoded.record);
}

int bus_open(const int *rings, size_t ring_count, struct bus **ret)
{
	int cpus = libbpf_num_possible_cpus();
	struct bus *bus;
	int error = 0;

	if (cpus < 0)
		return cpus;
	bus = xcalloc(1, sizeof(*bus));
	bus->cpus = (size_t)cpus;
	bus->timer = -1;
	for (size_t i = 0; !error && i < ring_count; i++) {
		error = ring_open(rings[i], &bus->rings[i]);
		bus->ring_count += !error;
	}
	if (error)
		bus_close(bus);
	else
		*ret = bus;
	return error;
}

void bus_annotate(struct bus *bus, const struct bus_annotator *annotator)
{
	bus->annotator = *annotator;
}

void bus_add_source(struct bus *bus, struct bus_source *source)
{
	bus->sources = xreallocarray(bus->sources, bus->source_count + 1, sizeof(*bus->sources));
	bus->sources[bus->source_count++] = source;
	sequences_begin(&source->sequences, bus->cpus);
}

struct bus *bus_close(struct bus *bus)
{
	if (!bus)
		return NULL;
	for (size_t i = 0; i < bus->ring_count; i++)
		ring_close(&bus->rings[i]);
	repeats_clear(&bus->repeats);
	for (size_t i = 0; i < bus->source_count; i++) {
		sequences_end(&bus->sources[i]->sequences);
		delivery_end(&bus->sources[i]->delivery);
	}
	free(bus->sources);
	free(bus);
	return NULL;
}

static void begin(struct bus *bus, struct log *log)
{
	bus->log = log;
	bus->boot_time = clock_boot_time();
	bus->taken = 0;
	bus->observed = false;
	for (size_t i = 0; i < bus->source_count; i++)
		bus->observed |= bus->sources[i]->observes;
}

void bus_attach(struct bus *bus, struct bus_source *source, struct delivery_state *state,
		const struct bpflock_stats *stats)
{
	struct delivery *delivery = &source->delivery;

	if (delivery->state == state)
		return;
	delivery_end(delivery);
	if (!state)
		return;
	sequences_restart(&source->sequences, stats);
	delivery_begin(delivery, state, stats, source->sequences.count, &bus->rings[0]);
}

/* After the line: a daemon that is killed before this has written a line that nobody counts. */
static void count_submitted(struct bus_source *source)
{
	if (!source->submitting)
		return;
	*source->submitted += source->submitting;
	source->submitting = 0;
}

/*
 * Writes the lines that are collected, and then tells the kernel and a successor that their records are read. `ring` is
 * that of the records; NULL where none was read.
 */
static void settle(struct bus *bus, struct ring *ring)
{
	for (size_t i = 0; i < bus->source_count; i++)
		delivery_settle_begins(&bus->sources[i]->delivery, ring, ring ? ring->position : 0);
	log_flush(bus->log);
	if (ring)
		ring_consume(ring);
	for (size_t i = 0; i < bus->source_count; i++) {
		delivery_settle_ends(&bus->sources[i]->delivery);
		count_submitted(bus->sources[i]);
	}
	log_settle(bus->log);
}

/* Returns whether all records were read. */
static bool read_ring(struct bus *bus, struct ring *ring)
{
	const void *record;
	size_t size;
	__u64 position;

	ring_rewind(ring);
	position = ring->position;
	while (bus->taken < DRAIN_MAX && (record = ring_next(ring, &position, &size))) {
		take_record(bus, ring, ring->position, record, size);
		ring->position = position;
		if (log_is_full(bus->log))
			settle(bus, ring);
	}
	ring->position = position;
	settle(bus, ring);
	return !ring_next(ring, &position, &size);
}

static void set_timer(struct bus *bus)
{
	__u64 next = bus->repeats_at;

	if (bus->timer < 0)
		return;
	if (bus->flush_at && (!next || bus->flush_at < next))
		next = bus->flush_at;
	if (next == bus->timer_at)
		return;
	bus->timer_at = next;
	loop_set_deadline(bus->timer, next);
}

/* Writes the lines that are due at `now`. */
static void expire_repeats(struct bus *bus, __u64 now)
{
	bus->repeats_at = repeats_expire(&bus->repeats, now, write_repeat, bus);
	settle(bus, NULL);
}

/* The old ring of two is read to its end first. */
static bool read_rings(struct bus *bus)
{
	bool done = true;

	for (size_t i = 0; done && i < bus->ring_count; i++)
		done = read_ring(bus, &bus->rings[i]);
	return done;
}

bool bus_drain(struct bus *bus, struct log *log)
{
	bool done;

	begin(bus, log);
	bus->reading = true;
	log_collect_begins(log);
	do {
		done = read_rings(bus);
	} while (!done && bus->taken < DRAIN_MAX);
	expire_repeats(bus, clock_since_boot());
	log_collect_ends(log);
	bus->reading = false;
	bus->looked = bus->rings[bus->ring_count - 1].position;
	bus->flush_at = done ? 0 : 1; /* what is left does not wait: that time is long over */
	set_timer(bus);
	return !done;
}

static bool is_read_to(const struct bus *bus, const __u64 *ends)
{
	for (size_t i = 0; i < bus->ring_count; i++)
		if (bus->rings[i].position < ends[i])
			return false;
	return true;
}

void bus_drain_all(struct bus *bus, struct log *log)
{
	__u64 ends[BUS_RINGS_MAX] = { 0 };

	for (size_t i = 0; i < bus->ring_count; i++)
		ends[i] = ring_end(&bus->rings[i]);
	for (int i = 0; i < WAIT_MILLISECONDS; i++) {
		while (bus_drain(bus, log) && !is_read_to(bus, ends))
			;
		if (is_read_to(bus, ends))
			return;
		(void)poll(NULL, 0, 1);
	}
}

static bool is_denial(struct bus *bus, const struct bpflock_decision *decision, size_t size)
{
	const struct bus_source *source = size >= sizeof(*decision) ? find_source(bus, decision->event.source) : NULL;

	return source && is_decision(plugin_event_type(source->plugin, decision->event.type), &decision->event, size) &&
	       decision->verdict == BPFLOCK_VERDICT_DENIED;
}

/* Is there a denial that was not looked at, or little room? Then programs have woken the daemon at once. */
static bool is_urgent(struct bus *bus)
{
	const struct ring *ring = &bus->rings[bus->ring_count - 1];
	const void *record;
	size_t size;

	if (ring_used(ring) > ring->size / 2)
		return true;
	while ((record = ring_next(ring, &bus->looked, &size)))
		if (is_denial(bus, record, size))
			return true;
	return false;
}

/* The kernel wakes the daemon for the first record behind those that are consumed, and for one that is urgent. */
static int handle_wakeup(void *context)
{
	struct bus *bus = context;

	if (!bus->flush_interval || is_urgent(bus)) {
		(void)bus_drain(bus, *bus->loop_log);
	} else if (!bus->flush_at) {
		bus->flush_at = clock_since_boot() + bus->flush_interval;
		set_timer(bus);
	}
	return 0;
}

static int handle_timer(void *context)
{
	struct bus *bus = context;

	bus->timer_at = 0;
	(void)bus_drain(bus, *bus->loop_log);
	return 0;
}

void bus_set_flush_interval(struct bus *bus, __u64 interval)
{
	bus->flush_interval = interval;
}

int bus_watch(struct bus *bus, struct loop *loop, struct log *const *log)
{
	int error = 0;

	bus->loop_log = log;
	bus->timer = loop_add_timer(loop, CLOCK_BOOTTIME, handle_timer, bus);
	if (bus->timer < 0)
		return bus->timer;
	for (size_t i = 0; !error && i < bus->ring_count; i++)
		error = loop_add_edge(loop, bus->rings[i].fd, handle_wakeup, bus);
	return error;
}

void bus_flush_all(struct bus *bus, struct log *log)
{
	begin(bus, log);
	log_collect_begins(log);
	expire_repeats(bus, UINT64_MAX);
	log_collect_ends(log);
}

int bus_submit(struct bus *bus, struct log *log, struct bus_source *source, const struct bpflock_event *record,
	       size_t size)
{
	CLEANUP(cleanup_free) struct bpflock_event *copy = NULL;
	const struct bpflock_event_type *type;
	struct decoded_record decoded;

	if (size < sizeof(*record) || size > RECORD_SIZE_MAX)
		return -EINVAL;
	type = plugin_event_type(source->plugin, record->type);
	if (!type || !(type->flags & BPFLOCK_EVENT_NO_TASK) || type->flags & BPFLOCK_EVENT_DECISION)
		return -EINVAL;
	copy = xcalloc(1, size);
	memcpy(copy, record, size);
	*copy = (struct bpflock_event){ .time = clock_since_boot(),
					.source = source->plugin->source,
					.type = record->type };
	if (record_decode(source, copy, size, clock_boot_time(), &decoded) < 0)
		return -EINVAL;
	if (bus->annotator.annotate)
		bus->annotator.annotate(bus->annotator.context, source, copy, &decoded.record);
	log_write(log, &decoded.record);
	source->submitting++;
	if (bus->reading) /* an observer submits: the line belongs to the batch */
		return 0;
	count_submitted(source);
	log_settle(log);
	return 0;
}

void bus_ring_usage(const struct bus *bus, __u64 *ret_used, __u64 *ret_size)
{
	const struct ring *ring = &bus->rings[bus->ring_count - 1];

	*ret_used = ring_used(ring);
	*ret_size = ring->size;
}

__u64 bus_total(const struct bus *bus)
{
	return bus->total;
}

const struct recent_decision *bus_recent(const struct bus *bus, __u64 number)
{
	return recent_at(&bus->recent, number);
}

/* Of the last kind nobody knows the plugins, so the lines of all kinds are one report. */
void bus_take_invalid(struct bus *bus, visit_invalid *visit, void *context)
{
	for (size_t i = 0; i < bus->source_count; i++)
		if (bus->sources[i]->invalid)
			delivery_loss_begins(&bus->sources[i]->delivery, bus->sources[i]->invalid);
	invalid_take(&bus->invalid, visit, context);
	for (size_t i = 0; i < bus->source_count; i++) {
		if (bus->sources[i]->invalid)
			delivery_loss_ends(&bus->sources[i]->delivery);
		bus->sources[i]->invalid = 0;
	}
}
