/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/bus.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <time.h>

#include "plugin/host.h"
#include "util/memory.h"

/* Records that are taken before the daemon looks after its signals again. */
#define DRAIN_MAX 4096

struct bus {
	struct ring_buffer *ring;
	const struct bus_source *sources;
	size_t source_count;
	struct log *log;  /* of the bus_drain() in progress */
	__s64 boot_time;  /* the same */
	size_t taken;	  /* the same */
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

/* libbpf stops at once when this returns non-zero; the record itself counts as taken. */
static int take_record(void *context, void *bytes, size_t size)
{
	const struct bpflock_event *event = bytes;
	struct bus *bus = context;
	const struct bus_source *source;
	struct decoded_record decoded;

	source = size < sizeof(*event) ? NULL : find_source(bus, event->source);
	if (!source || record_decode(source, bytes, size, bus->boot_time, &decoded) < 0) {
		bus->invalid++;
	} else {
		log_write(bus->log, &decoded.record);
		show_observers(bus, source, event, size);
	}
	return ++bus->taken < DRAIN_MAX ? 0 : -EAGAIN;
}

int bus_open(int ring, const struct bus_source *sources, size_t count, struct bus **ret)
{
	struct bus *bus = xcalloc(1, sizeof(*bus));

	bus->sources = sources;
	bus->source_count = count;
	bus->ring = ring_buffer__new(ring, take_record, bus, NULL);
	if (!bus->ring) {
		free(bus);
		return -errno;
	}
	*ret = bus;
	return 0;
}

struct bus *bus_close(struct bus *bus)
{
	if (bus)
		ring_buffer__free(bus->ring);
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

int bus_drain(struct bus *bus, struct log *log)
{
	int taken;

	bus->log = log;
	bus->boot_time = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME);
	bus->taken = 0;
	taken = ring_buffer__consume(bus->ring);
	if (taken < 0 && taken != -EAGAIN)
		return taken;
	return taken == -EAGAIN;
}

__u64 bus_take_invalid(struct bus *bus)
{
	__u64 invalid = bus->invalid;

	bus->invalid = 0;
	return invalid;
}
