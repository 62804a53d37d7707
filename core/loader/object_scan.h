/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_LOADER_OBJECT_SCAN_H
#define BPFLOCK_LOADER_OBJECT_SCAN_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether any program of a BPF object file calls the helper of that number (BPF_FUNC_*). */
bool object_uses_helper(const void *object, size_t size, __s32 helper);

/* The contents of a section, which are a part of `object`; NULL where it has no such section. */
const void *object_section(const void *object, size_t size, const char *name, size_t *ret_size);

#endif
