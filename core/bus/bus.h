/* SPDX-License-Identifier: Apache-2.0 */
/* The bus: records come in from the ring, and go out to the log and to the plugins that observe. */
#ifndef BPFLOCK_BUS_BUS_H
#define BPFLOCK_BUS_BUS_H

#include <bpflock/event.h>

#include "bus/delivery.h"
#include "bus/sequences.h"
#include "log/log.h"
#include "plugin/plugin.h"
#include "policy/policy.h"
#include "util/loop.h"

/**
 * struct bus_source - one plugin whose records may arrive
 * @plugin:   tells the layout of its records, and names the operations of its decisions
 * @observes: it is shown every record
 * @window:   identical decisions within this many nanoseconds are one line; 0: each is one
 * @sequences: the numbers of its records; for the bus
 * @delivery: what has become of its records; for the bus
 */
struct bus_source {
	const struct plugin *plugin;
	bool observes;
	__u64 window;
	struct sequences sequences;
	struct delivery delivery;
};

struct bus;

/* Reads the rings in this order. Returns 0 or a negative errno. */
int bus_open(const int *rings, size_t ring_count, struct bus **ret);
/* Adds a source, before anything is read. It must outlive the bus. */
void bus_add_source(struct bus *bus, struct bus_source *source);
struct bus *bus_close(struct bus *bus);

/*
 * Keeps the state of one source, for a successor; NULL when it does not run any more. `stats` are
 * those of each CPU, from before anything of it is read.
 */
void bus_attach(struct bus_source *source, struct delivery_state *state,
		const struct bpflock_stats *stats);
/* What a dead predecessor took with it: once all is read that was in the ring when the source was followed. */
struct delivery_loss bus_inherited_loss(struct bus_source *source);

/*
 * Reads the ring from the loop, and writes a line that stands for several decisions when it is due. *log is the log
 * at that time: a reload replaces it. Call this before anything is read. Returns 0 or a negative errno.
 */
int bus_watch(struct bus *bus, struct loop *loop, struct log *const *log);

/*
 * Takes what waits in the ring, up to a limit that lets the daemon look after signals in between.
 * Returns whether the limit was reached, so that more may wait, or a negative errno.
 */
int bus_drain(struct bus *bus, struct log *log);

/* Writes all lines that stand for several decisions at once, at the end. */
void bus_flush_all(struct bus *bus, struct log *log);

/* Records that have been read since the bus was opened. */
__u64 bus_total(const struct bus *bus);

/* Records since the last call that no plugin's tables describe. */
__u64 bus_take_invalid(struct bus *bus);

/*
 * Numbers that are missing between the records of one source that have been read: records that were lost, or
 * that somebody else has taken from the ring.
 */
__u64 bus_missing(const struct bus_source *source);
/*
 * How many of `stolen` are new since the last call. While programs run, a record counts as stolen only when it is
 * missing at two calls: a program that was interrupted between taking its number and writing its record is only late.
 */
__u64 bus_take_stolen(struct bus_source *source, __u64 stolen, bool ended);

/**
 * struct decoded_record - a record of the ring, ready for the log
 * @record:    points into the bytes of the ring, and into @truncated
 * @truncated: names of the fields that were cut, separated by commas
 */
struct decoded_record {
	struct log_record record;
	char truncated[256];
};

/*
 * Makes a log record of the bytes that a plugin's program wrote. `boot_time` is CLOCK_REALTIME at
 * CLOCK_BOOTTIME 0, in nanoseconds. Returns 0 or -EINVAL when the plugin's tables do not describe it.
 */
int record_decode(const struct bus_source *source, const void *bytes, size_t size, __s64 boot_time,
		  struct decoded_record *ret);

/* Says in a decoded decision how many it stands for. */
void record_add_count(struct log_record *record, __u64 count);
/* Says in a decoded record that it may stand in the log twice. */
void record_mark_again(struct log_record *record);

#endif
