/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core pins for itself in PINS_PATH, beside the plugins: the daemon's mark, the ring, the set of what is
 * ours, and the last state. Private to the loader module. Each function reports what it returns.
 */
#ifndef BPFLOCK_LOADER_CORE_MAPS_H
#define BPFLOCK_LOADER_CORE_MAPS_H

#include "loader/loader.h"

/* What is refused is refused before anything is made beside it. Returns 0 or a negative errno. */
int core_maps_check(struct report *report);
/* Whoever may not get at one pin may not take any away. Returns 0 or -EACCES. */
int core_maps_check_access(struct report *report);

/*
 * Marks this process as the daemon and opens or makes the rest. Returns 0 or a negative errno; what was
 * opened before the failure is closed by core_maps_close().
 */
int core_maps_open(__u64 ring_size, struct pins *pins, struct report *report);
/* Pins what is not pinned yet. Returns 0 or a negative errno. */
int core_maps_pin(const struct pins *pins, struct report *report);
/* What is pinned stays. */
void core_maps_close(struct pins *pins);

#endif
