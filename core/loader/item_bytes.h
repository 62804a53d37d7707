/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_LOADER_ITEM_BYTES_H
#define BPFLOCK_LOADER_ITEM_BYTES_H

#include "config/config.h"

/* The size that an item of this type has in the BPF object; 0 where it may have several. */
size_t item_size(const struct bpflock_option *option);

/*
 * Writes an item of a list, or the only one, as the BPF object has it. Returns 0; -E2BIG where it does not fit in `size`
 * bytes; for a path the negative errno with which it cannot be looked up.
 */
int item_bytes(const struct config_value *value, size_t item, void *bytes, size_t size);

#endif
