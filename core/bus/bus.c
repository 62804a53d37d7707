/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/bus.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

#include "bus/repeats.h"
#include "plugin/host.h"
#include "util/memory.h"

/* Records that are taken before the daemon looks after its signals again. */
#define DRAIN_MAX 4096

/**
 * struct bus - records on their way
 * @timer:   set to the end of the first window in @repeats
 * @invalid: records that no plugin's tables describe, since bus_take_invalid()
 */
struct bus {
	struct ring_buffer *ring;
	struct repeats repeats;
	int timer;
	const struct bus_source *sources;
	size_t source_count;
	struct log *log; /* of the bus_drain() or bus_flush() in progress */
	__s64 boot_time; /* the same */
	size_t taken;	 /* the same */
	__u64 invalid;
};

static const struct bus_source *find_source(const struct bus *bus, __u64 source)
{
	for (size_t i = 0; i < bus->source_count; i++)
		if (bus->sources[i].plugin->source == source)
			return &bus->sources[i];
	return NULL;
}

static void show_observers(const struct bus *bus, const struct bus_source *from,
			   const struct bpflock_event *event, size_t size)
{
	for (size_t i = 0; i < bus->source_count; i++) {
		struct report report = { 0 };
		struct host host = { .plugin = bus->sources[i].plugin, .report = &report };

		if (bus->sources[i].observes)
			host_observe(&host, from->plugin->name, event, size);
		report_clear(&report);
	}
}

static bool is_decision(const struct bus_source *source, const struct bpflock_event *event)
{
	const struct bpflock_event_type *type = plugin_event_type(source->plugin, event->type);

	return type && type->flags & BPFLOCK_EVENT_DECISION;
}

static int write_record(struct bus *bus, const struct bus_source *source,
			const struct bpflock_event *event, size_t size)
{
	struct decoded_record decoded;

	if (record_decode(source, event, size, bus->boot_time, &decoded) < 0)
		return -EINVAL;
	if (!is_decision(source, event) ||
	    repeats_take(&bus->repeats, source, (const struct bpflock_decision *)event))
		log_write(bus->log, &decoded.record);
	return 0;
}

/* libbpf stops at once when this returns non-zero; the record itself counts as taken. */
static int take_record(void *context, void *bytes, size_t size)
{
	const struct bpflock_event *event = bytes;
	struct bus *bus = context;
	const struct bus_source *source = NULL;

	if (size >= sizeof(*event))
		source = find_source(bus, event->source);
	if (!source || write_record(bus, source, event, size) < 0)
		bus->invalid++;
	else
		show_observers(bus, source, event, size);
	return ++bus->taken < DRAIN_MAX ? 0 : -EAGAIN;
}

/* One line for all that a window has held back. */
static void write_repeat(void *context, const struct repeat *repeat)
{
	struct bus *bus = context;
	struct decoded_record decoded;

	if (record_decode(repeat->source, &repeat->last, sizeof(repeat->last), bus->boot_time,
			  &decoded) < 0)
		return;
	record_add_count(&decoded.record, repeat->count);
	log_write(bus->log, &decoded.record);
}

int bus_open(int ring, const struct bus_source *sources, size_t count, struct bus **ret)
{
	struct bus *bus = xcalloc(1, sizeof(*bus));

	bus->sources = sources;
	bus->source_count = count;
	bus->ring = ring_buffer__new(ring, take_record, bus, NULL);
	bus->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (!bus->ring || bus->timer < 0) {
		int error = -errno;

		bus_close(bus);
		return error;
	}
	*ret = bus;
	return 0;
}

struct bus *bus_close(struct bus *bus)
{
	if (!bus)
		return NULL;
	ring_buffer__free(bus->ring);
	if (bus->timer >= 0)
		close(bus->timer);
	free(bus);
	return NULL;
}

int bus_fd(const struct bus *bus)
{
	return ring_buffer__epoll_fd(bus->ring);
}

static __s64 nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void begin(struct bus *bus, struct log *log)
{
	bus->log = log;
	bus->boot_time = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME);
	bus->taken = 0;
}

/* Writes what is due at `now`, and sets the timer to what is due next. */
static void expire_repeats(struct bus *bus, __u64 now)
{
	__u64 next = repeats_expire(&bus->repeats, now, write_repeat, bus);
	const struct itimerspec when = {
		.it_value = { .tv_sec = (time_t)(next / 1000000000),
			      .tv_nsec = (long)(next % 1000000000) },
	};

	timerfd_settime(bus->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

int bus_drain(struct bus *bus, struct log *log)
{
	int taken;

	begin(bus, log);
	taken = ring_buffer__consume(bus->ring);
	expire_repeats(bus, (__u64)nanoseconds(CLOCK_BOOTTIME));
	if (taken < 0 && taken != -EAGAIN)
		return taken;
	return taken == -EAGAIN;
}

int bus_timer_fd(const struct bus *bus)
{
	return bus->timer;
}

void bus_flush(struct bus *bus, struct log *log)
{
	begin(bus, log);
	expire_repeats(bus, (__u64)nanoseconds(CLOCK_BOOTTIME));
}

void bus_flush_all(struct bus *bus, struct log *log)
{
	begin(bus, log);
	expire_repeats(bus, UINT64_MAX);
}

__u64 bus_take_invalid(struct bus *bus)
{
	__u64 invalid = bus->invalid;

	bus->invalid = 0;
	return invalid;
}
