/* SPDX-License-Identifier: Apache-2.0 */
/* The last decisions that the log was given, for clients that ask why. */
#ifndef BPFLOCK_BUS_RECENT_H
#define BPFLOCK_BUS_RECENT_H

#include <bpflock/policy.h>

struct bus_source;

#define RECENT_MAX 64

/**
 * struct recent_decision - a decision, or several that became one line
 * @last:  the only one, or the last one
 * @count: how many the line stands for
 */
struct recent_decision {
	const struct bus_source *source;
	struct bpflock_decision last;
	__u64 count;
};

/**
 * struct recent - a ring
 * @added: how many were added; the newest is at this number minus one
 */
struct recent {
	struct recent_decision items[RECENT_MAX];
	__u64 added;
};

void recent_add(struct recent *recent, const struct bus_source *source, const struct bpflock_decision *decision,
		__u64 count);

/* The `number`-th last one, from 1 on; NULL where there is none. */
const struct recent_decision *recent_at(const struct recent *recent, __u64 number);

#endif
