/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repeated decisions: the first of its kind is written at once, what follows within the window is
 * counted and written as one line when the window ends.
 */
#ifndef BPFLOCK_BUS_REPEATS_H
#define BPFLOCK_BUS_REPEATS_H

#include "bus/bus.h"

/* Kinds of decisions that are followed at a time; more are written one by one. */
#define REPEATS_MAX 256

/**
 * struct repeat - one kind of decision in its window
 * @source: NULL where the place is free
 * @last:   the newest of them; all of a kind have operation, rule, verdict, comm and cgroup in common
 * @end:    when its window ends, CLOCK_BOOTTIME
 * @count:  decisions that wait to be written
 */
struct repeat {
	struct bus_source *source;
	struct bpflock_decision last;
	__u64 end;
	__u64 count;
};

struct repeats {
	struct repeat items[REPEATS_MAX];
};

/* Whether this decision is to be written now; if not it has been counted. */
bool repeats_take(struct repeats *repeats, struct bus_source *source,
		  const struct bpflock_decision *decision);

/*
 * Ends the windows that are over at `now` and visits those in which decisions wait. Returns when the
 * next one ends, or 0 where none is open.
 */
__u64 repeats_expire(struct repeats *repeats, __u64 now,
		     void (*visit)(void *context, const struct repeat *repeat), void *context);

#endif
