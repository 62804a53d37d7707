/* SPDX-License-Identifier: Apache-2.0 */
/* Maps that a plugin's table of kept maps names. Private to the loader module. */
#ifndef BPFLOCK_LOADER_KEPT_MAPS_H
#define BPFLOCK_LOADER_KEPT_MAPS_H

#include "loader/loader.h"

/**
 * struct kept_map - one of them; a part of struct plugin_state
 * @pin: its file in the plugin's directory: its name and version
 */
struct kept_map {
	char *pin;
	int fd;
};

/*
 * Lets an object that is not loaded use the kept maps: those of the generation before, or pinned ones, or new ones.
 * Returns 0 or a negative errno, reported.
 */
int kept_maps_share(const struct instance *instance, struct report *report);
/* Each returns as its counterpart for the maps of the core: see plugin_state.c. */
int kept_maps_pin(const struct plugin_state *state, const char *directory);
char *kept_maps_lost_pin(const struct plugin_state *state, const char *directory);
void kept_maps_close(struct plugin_state *state);
bool kept_maps_have(const struct plugin_state *state, int fd);

#endif
