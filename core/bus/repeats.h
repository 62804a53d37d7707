/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repeated decisions. The first of a kind is written at once. Further ones within the window are counted,
 * and written as one line when the window ends.
 */
#ifndef BPFLOCK_BUS_REPEATS_H
#define BPFLOCK_BUS_REPEATS_H

#include "bus/bus.h"

/* Maximum number of open windows. Decisions of further kinds are written one by one. */
#define REPEATS_MAX 256
/*
 * Maximum number of names of processes, and values of key fields, with a window of their own, for one operation in one
 * cgroup. A process that takes another name for each request would get a line for each otherwise.
 */
#define REPEATS_NAMES_MAX 16

/**
 * struct repeat - one kind of decision in its window
 * @source: NULL where the entry is unused
 * @last:   the newest record; all of a kind have the same operation, rule, verdict, cgroup, comm and key fields
 * @size:   of that record
 * @again:  one of the decisions that wait may be in the log already
 * @several: it is the window of all further names: their decisions differ in comm or key fields
 * @end:    when its window ends, CLOCK_BOOTTIME
 * @count:  decisions that wait to be written
 */
struct repeat {
	struct bus_source *source;
	struct bpflock_decision *last;
	size_t size;
	bool again;
	bool several;
	__u64 end;
	__u64 count;
};

/**
 * struct repeats - all windows
 * @used: no item from this one on is in use
 * @last: where a decision was counted last; further ones are often of the same kind
 */
struct repeats {
	struct repeat items[REPEATS_MAX];
	size_t used;
	struct repeat *last;
};

/*
 * Counts a record that differs from the one that was counted last in nothing but time, numbers and parent, and returns
 * whether it does. In a storm nearly all are like that, and need no look at the plugin's tables.
 */
bool repeats_count_another(struct repeats *repeats, const struct bus_source *source, const struct bpflock_event *event,
			   size_t size, bool again);

/*
 * Returns whether this decision, a record of `size` bytes, is to be written now. If not, it has been counted.
 * `again`: the log may have it already.
 */
bool repeats_take(struct repeats *repeats, struct bus_source *source, const struct bpflock_event_type *type,
		  const struct bpflock_decision *decision, size_t size, bool again);

/*
 * Closes the windows that end at `now` or before, and visits those in which decisions wait. Returns the end of the
 * next window, or 0 where none is open.
 */
__u64 repeats_expire(struct repeats *repeats, __u64 now, void (*visit)(void *context, const struct repeat *repeat),
		     void *context);

void repeats_clear(struct repeats *repeats);

#endif
