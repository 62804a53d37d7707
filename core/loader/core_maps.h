/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maps that the core pins in PINS_PATH: the daemon's mark, the ring, the set of protected objects, and the last
 * state. Private to the loader module. Functions with a report also report the error that they return.
 */
#ifndef BPFLOCK_LOADER_CORE_MAPS_H
#define BPFLOCK_LOADER_CORE_MAPS_H

#include "loader/loader.h"

/* Checks existing pins before anything new is made. Returns 0 or a negative errno. */
int core_maps_check(struct report *report);
/* For --unload: may this process open the pins? Then it may also remove them. Returns 0 or -EACCES. */
int core_maps_check_access(struct report *report);

/*
 * Marks this process as the daemon, and opens or makes the maps. Returns 0 or a negative errno. After a failure
 * core_maps_close() closes what was opened.
 */
int core_maps_open(__u64 ring_size, struct pins *pins, struct report *report);
/* Pins the maps that are not pinned yet. Returns 0 or a negative errno. */
int core_maps_pin(const struct pins *pins, struct report *report);
/* The path (to be freed) of a pin that somebody has removed or replaced, or NULL. */
char *core_maps_lost_pin(const struct pins *pins);
/* Is this process marked as the daemon? */
bool core_maps_is_daemon(const struct pins *pins);
/* Marks it. Returns 0 or a negative errno. */
int core_maps_mark_daemon(int map, struct report *report);
/* Closes the maps. Pins stay. */
void core_maps_close(struct pins *pins);

#endif
