/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of options in maps of a BPF object: see the member `map` of struct bpflock_option. Private to the loader. */
#ifndef BPFLOCK_LOADER_OPTION_MAP_H
#define BPFLOCK_LOADER_OPTION_MAP_H

#include <bpf/libbpf.h>

#include "config/config.h"

/* NULL where the map of the option is there, and takes its items; otherwise how to declare such a map. */
const char *option_map_needed(const struct bpf_object *object, const struct bpflock_option *option);

/* Has the map room for the list? Returns 0, or -E2BIG with *ret_reason (to be freed). */
int option_map_check(const struct bpf_object *object, const struct config_value *value, char **ret_reason);

/*
 * Gives the map of a loaded object the items of the list. New items come in before old ones go. Files that do not exist
 * are left out. *ret_changed: how many entries were added or removed. Returns 0 or a negative errno.
 */
int option_map_fill(const struct bpf_object *object, const struct config_value *value, size_t *ret_changed);

#endif
