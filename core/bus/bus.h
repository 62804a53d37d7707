/* SPDX-License-Identifier: Apache-2.0 */
/* The bus reads records from the ring, and passes them to the log and to the plugins that observe. */
#ifndef BPFLOCK_BUS_BUS_H
#define BPFLOCK_BUS_BUS_H

#include <bpflock/event.h>

#include "bus/delivery.h"
#include "bus/recent.h"
#include "bus/sequences.h"
#include "log/log.h"
#include "plugin/plugin.h"
#include "policy/policy.h"
#include "util/loop.h"

/**
 * struct bus_source - one plugin whose records may arrive
 * @plugin:   has the layout of its records, and the names of the operations of its decisions
 * @services: what its callback `observe` may use; or NULL
 * @observes: its callback `observe` gets every record of every plugin
 * @window:   identical decisions within this many nanoseconds become one line; 0: one line each
 * @sequences: the numbers of its records
 * @delivery: which of its records the log has accounted for
 * @submitted: counts its records of user space whose lines are written; pinned, or NULL while it submits none
 * @submitting: those whose lines are collected
 * @invalid:  those of its records that its tables do not describe, until the log reports them; only for the bus
 */
struct bus_source {
	const struct plugin *plugin;
	const struct host_services *services;
	bool observes;
	__u64 window;
	struct sequences sequences;
	struct delivery delivery;
	__u64 *submitted;
	__u64 submitting;
	__u64 invalid;
};

struct bus;

#define BUS_RINGS_MAX 2

/* Reads the rings in this order; their descriptors stay the caller's. Returns 0 or a negative errno. */
int bus_open(const int *rings, size_t ring_count, struct bus **ret);
/* Adds a source, before anything is read. It must outlive the bus. */
void bus_add_source(struct bus *bus, struct bus_source *source);
struct bus *bus_close(struct bus *bus);

/*
 * From now on `state` of this source is kept up to date for a successor. NULL: the source does not run any more.
 * `stats` are those of each CPU, taken before any record of the source is read.
 */
void bus_attach(struct bus *bus, struct bus_source *source, struct delivery_state *state,
		const struct bpflock_stats *stats);

/*
 * Lets the loop read the ring, and write lines that stand for several decisions when they are due. *log is read each
 * time, because a reload replaces the log. Call this before anything is read. Returns 0 or a negative errno.
 */
int bus_watch(struct bus *bus, struct loop *loop, struct log *const *log);

/*
 * A record waits at most so many nanoseconds for others, whose lines are then written together. A denial does not wait,
 * nor do records when half of the ring is full.
 */
void bus_set_flush_interval(struct bus *bus, __u64 interval);

/*
 * Reads what waits in the ring, up to a limit, so that the daemon can handle signals in between. Returns whether more
 * records wait.
 */
bool bus_drain(struct bus *bus, struct log *log);
/* Reads all that is in the ring now. What a program is still writing is waited for, up to a second. */
void bus_drain_all(struct bus *bus, struct log *log);

/* Writes all lines that stand for several decisions now, whether they are due or not. */
void bus_flush_all(struct bus *bus, struct log *log);

/**
 * struct bus_annotator - adds fields that are not in the bytes of a record to its line
 */
struct bus_annotator {
	void (*annotate)(void *context, const struct bus_source *source, const struct bpflock_event *event,
			 struct log_record *record);
	void *context;
};

/* From now on this annotator sees each record before its line is written. */
void bus_annotate(struct bus *bus, const struct bus_annotator *annotator);

/*
 * Writes a record that a plugin has made in user space. It is in no ring and has no number. Returns 0, or -EINVAL where
 * the plugin's table has no such record.
 */
int bus_submit(struct bus *bus, struct log *log, struct bus_source *source, const struct bpflock_event *record,
	       size_t size);

/* How much of the ring is occupied now, and how large it is, in bytes. */
void bus_ring_usage(const struct bus *bus, __u64 *ret_used, __u64 *ret_size);

/* Records that have been read since the bus was opened. */
__u64 bus_total(const struct bus *bus);

/* The `number`-th last decision that the log was given, from 1 on; NULL where it is not known. */
const struct recent_decision *bus_recent(const struct bus *bus, __u64 number);

/**
 * struct invalid_records - records of one kind that no plugin's tables describe
 * @plugin:   the plugin that wrote them; NULL where it is not known
 * @has_type: whether @type is known
 * @type:     the plugin's number of the event
 * @since:    time of the first record, as bpflock_event.time
 * @until:    time of the last record
 */
struct invalid_records {
	const struct plugin *plugin;
	bool has_type;
	__u32 type;
	__u64 count;
	__u64 since;
	__u64 until;
};

typedef void visit_invalid(void *context, const struct invalid_records *records);

/* Visits such records since the last call, by their kinds. The visits write the lines that report them as lost. */
void bus_take_invalid(struct bus *bus, visit_invalid *visit, void *context);

/* What the kernel's d_path() appends to the path of a file that has been deleted. */
#define DELETED_SUFFIX " (deleted)"

/* The longest text that a field has and that is not in its bytes: an address (INET6_ADDRSTRLEN), or DELETED_SUFFIX. */
#define TEXT_ADDED_MAX 46

/**
 * struct decoded_record - a record of the ring, as the log takes it
 * @record:    points into the bytes of the ring, and to the other members
 * @truncated: names of the fields that were cut, separated by commas
 * @truncated_in_logfmt: one of them is no detail, so logfmt has these names too
 * @operation: of a decision whose operation is in no table
 * @boot_time: CLOCK_REALTIME at CLOCK_BOOTTIME 0, in nanoseconds
 * @texts:     of paths and addresses, each at most TEXT_ADDED_MAX longer than its field
 */
struct decoded_record {
	struct log_record record;
	char operation[OPERATION_TEXT_SIZE];
	char truncated[256];
	bool truncated_in_logfmt;
	__s64 boot_time;
	char texts[LOG_STRING_MAX + LOG_FIELDS_MAX * TEXT_ADDED_MAX];
	size_t texts_length;
};

/*
 * Makes a log record of the bytes that a plugin's program wrote. `boot_time` is CLOCK_REALTIME at
 * CLOCK_BOOTTIME 0, in nanoseconds. Returns 0 or -EINVAL when the plugin's tables do not describe it.
 */
int record_decode(const struct bus_source *source, const void *bytes, size_t size, __s64 boot_time,
		  struct decoded_record *ret);

/*
 * How many bytes of a record of this size are the field's: all; or of a text with which the record ends early, fewer;
 * or 0, where it lies beyond the end and is left out.
 */
size_t field_size(const struct bpflock_field *field, size_t record_size);

/* Moves the field that was appended last in front of retval and reason, which come last. */
void record_move_forward(struct log_record *record);
/* Adds `count=` to a decoded decision: the number of decisions that the line stands for. */
void record_add_count(struct log_record *record, __u64 count);
/* Adds `comms=several`: the decisions that the line stands for differ in `comm`, and it has that of the last one. */
void record_mark_several(struct log_record *record);
/* Adds `again=yes` to a decoded record: it may be in the log twice. */
void record_mark_again(struct log_record *record);

#endif
