/* SPDX-License-Identifier: Apache-2.0 */
/* Records that no plugin's tables describe, counted by plugin and type until the log reports them. */
#ifndef BPFLOCK_BUS_INVALID_H
#define BPFLOCK_BUS_INVALID_H

#include "bus/bus.h"

/* Maximum number of kinds that are told apart. The last entry is for the records of all further kinds. */
#define INVALID_KINDS_MAX 32

struct invalid {
	struct invalid_records kinds[INVALID_KINDS_MAX];
	size_t count;
};

/*
 * `plugin` is NULL where no plugin is known to write such records. `event` is NULL where the record is too short for a
 * struct bpflock_event. Then `now` is its time.
 */
void invalid_count(struct invalid *invalid, const struct plugin *plugin, const struct bpflock_event *event, __u64 now);

/* Visits each kind, and forgets all. */
void invalid_take(struct invalid *invalid, visit_invalid *visit, void *context);

#endif
