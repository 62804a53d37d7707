/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef CLOCKWORK_H
#define CLOCKWORK_H

#include <bpflock/event.h>

#define CLOCKWORK_TICK 1

struct clockwork_tick {
	struct bpflock_event event;
	__u64 ticks;
};

#endif
