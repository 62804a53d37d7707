/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_LOADER_ITEM_BYTES_H
#define BPFLOCK_LOADER_ITEM_BYTES_H

#include "config/config.h"

/* The size that an item of this type has in the BPF object; 0 where it may have several. */
size_t item_size(const struct bpflock_option *option);

/* Can items of this type have this size in the BPF object? */
bool item_has_size(const struct bpflock_option *option, size_t size);

/*
 * Writes an item of a list, or the only one, as the BPF object has it. The type has items of this size. Returns 0;
 * -E2BIG where this item does not fit in `size` bytes; for a path the negative errno with which it cannot be looked up.
 */
int item_bytes(const struct config_value *value, size_t item, void *bytes, size_t size);

/* Why it does not fit (to be freed). */
char *item_misfit(const struct config_value *value, size_t item, size_t size);

/* Is there room for the whole list? Returns 0, or -E2BIG with *ret_reason (to be freed). */
int item_check_count(const struct config_value *value, size_t capacity, char **ret_reason);

#endif
