/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/bus.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bus/invalid.h"
#include "bus/repeats.h"
#include "plugin/host.h"
#include "util/clock.h"
#include "util/memory.h"

/* Records that are read before the daemon handles signals again. */
#define DRAIN_MAX 4096
/* The largest record of user space. */
#define RECORD_SIZE_MAX 65536

/**
 * struct bus - the state of the bus
 * @timer:   of the event loop, set to the end of the first window in @repeats; -1 before bus_watch()
 * @loop_log: points to the current log
 * @cpus:    number of possible CPUs
 * @invalid: since bus_take_invalid()
 */
struct bus {
	struct ring_buffer *ring;
	struct repeats repeats;
	struct invalid invalid;
	struct recent recent;
	struct bus_annotator annotator;
	int timer;
	struct log *const *loop_log;
	struct bus_source **sources;
	size_t source_count;
	size_t cpus;
	struct log *log; /* from here to `taken`: of the current drain or flush */
	__s64 boot_time;
	size_t taken;
	__u64 total;
};

static struct bus_source *find_source(const struct bus *bus, __u64 source)
{
	for (size_t i = 0; i < bus->source_count; i++)
		if (bus->sources[i]->plugin->source == source)
			return bus->sources[i];
	return NULL;
}

static void show_observers(const struct bus *bus, const struct bus_source *from, const struct bpflock_event *event,
			   size_t size)
{
	for (size_t i = 0; i < bus->source_count; i++) {
		struct report report = { 0 };
		struct host host = {
			.plugin = bus->sources[i]->plugin,
			.report = &report,
			.services = bus->sources[i]->services,
		};

		if (bus->sources[i]->observes)
			host_observe(&host, from->plugin->name, event, size);
		log_report(bus->log, &report);
		report_clear(&report);
	}
}

/*
 * Writes the line of the record which was just read, or one that stands for `count` earlier records, of which `event`
 * was the last.
 */
static void write_line(struct bus *bus, struct bus_source *source, const struct bpflock_event *event, bool just_read,
		       __u64 count, struct log_record *record)
{
	struct delivery *delivery = &source->delivery;

	if (bus->annotator.annotate)
		bus->annotator.annotate(bus->annotator.context, source, event, record);
	delivery_write_begins(delivery, just_read ? event : NULL, count);
	log_write(bus->log, record);
	delivery_write_ends(delivery);
	log_settle(bus->log);
}

static int write_record(struct bus *bus, struct bus_source *source, const struct bpflock_event *event, size_t size)
{
	enum delivered delivered = delivery_take(&source->delivery, event);
	const struct bpflock_event_type *type;
	struct decoded_record decoded;

	if (delivered == DELIVERED)
		return 0;
	if (record_decode(source, event, size, bus->boot_time, &decoded) < 0)
		return -EINVAL;
	type = plugin_event_type(source->plugin, event->type);
	if (type->flags & BPFLOCK_EVENT_DECISION) {
		if (!repeats_take(&bus->repeats, source, type, (const struct bpflock_decision *)event, size))
			return 0;
		recent_add(&bus->recent, source, (const struct bpflock_decision *)event, 1);
	}
	if (delivered == DELIVERED_MAYBE)
		record_mark_again(&decoded.record);
	write_line(bus, source, event, true, 1, &decoded.record);
	return 0;
}

/* Counted until the log reports it. */
static void refuse_record(struct bus *bus, struct bus_source *source, const struct bpflock_event *event)
{
	invalid_count(&bus->invalid, source ? source->plugin : NULL, event, clock_since_boot());
	if (source)
		source->invalid++;
}

/* When this returns non-zero, libbpf consumes this record and stops. */
static int take_record(void *context, void *bytes, size_t size)
{
	const struct bpflock_event *event = size >= sizeof(*event) ? bytes : NULL;
	struct bus *bus = context;
	struct bus_source *source = event ? find_source(bus, event->source) : NULL;

	if (source)
		sequences_take(&source->sequences, event);
	if (!source || write_record(bus, source, event, size) < 0)
		refuse_record(bus, source, event);
	else
		show_observers(bus, source, event, size);
	bus->total++;
	return ++bus->taken < DRAIN_MAX ? 0 : -EAGAIN;
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
	recent_add(&bus->recent, repeat->source, repeat->last, repeat->count);
	write_line(bus, repeat->source, &repeat->last->event, false, repeat->count, &decoded.record);
}

static int open_rings(struct bus *bus, const int *rings, size_t count)
{
	bus->ring = ring_buffer__new(rings[0], take_record, bus, NULL);
	if (!bus->ring)
		return -errno;
	for (size_t i = 1; i < count; i++) {
		int error = ring_buffer__add(bus->ring, rings[i], take_record, bus);

		if (error)
			return error;
	}
	return 0;
}

int bus_open(const int *rings, size_t ring_count, struct bus **ret)
{
	int cpus = libbpf_num_possible_cpus();
	struct bus *bus;
	int error;

	if (cpus < 0)
		return cpus;
	bus = xcalloc(1, sizeof(*bus));
	bus->cpus = (size_t)cpus;
	bus->timer = -1;
	error = open_rings(bus, rings, ring_count);
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
	ring_buffer__free(bus->ring);
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
}

void bus_attach(struct bus_source *source, struct delivery_state *state, const struct bpflock_stats *stats)
{
	struct delivery *delivery = &source->delivery;

	if (delivery->state == state)
		return;
	delivery_end(delivery);
	if (!state)
		return;
	sequences_restart(&source->sequences, stats);
	delivery_begin(delivery, state, stats, source->sequences.count);
}

/* Writes the lines that are due at `now`, and sets the timer to the next ones. */
static void expire_repeats(struct bus *bus, __u64 now)
{
	__u64 next = repeats_expire(&bus->repeats, now, write_repeat, bus);

	loop_set_deadline(bus->timer, next);
}

int bus_drain(struct bus *bus, struct log *log)
{
	int taken;

	begin(bus, log);
	taken = ring_buffer__consume(bus->ring);
	expire_repeats(bus, clock_since_boot());
	if (taken < 0 && taken != -EAGAIN)
		return taken;
	return taken == -EAGAIN;
}

static int handle_records(void *context)
{
	struct bus *bus = context;

	return bus_drain(bus, *bus->loop_log) < 0 ? -EIO : 0;
}

static int handle_timer(void *context)
{
	struct bus *bus = context;

	begin(bus, *bus->loop_log);
	expire_repeats(bus, clock_since_boot());
	return 0;
}

int bus_watch(struct bus *bus, struct loop *loop, struct log *const *log)
{
	bus->loop_log = log;
	bus->timer = loop_add_timer(loop, CLOCK_BOOTTIME, handle_timer, bus);
	if (bus->timer < 0)
		return bus->timer;
	return loop_add(loop, ring_buffer__epoll_fd(bus->ring), handle_records, bus);
}

void bus_flush_all(struct bus *bus, struct log *log)
{
	begin(bus, log);
	expire_repeats(bus, UINT64_MAX);
}

int bus_submit(struct bus *bus, struct log *log, const struct bus_source *source, const struct bpflock_event *record,
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
	log_settle(log);
	return 0;
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
