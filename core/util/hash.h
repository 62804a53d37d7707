/* SPDX-License-Identifier: Apache-2.0 */
/* FNV-1a, for numbers that identify a layout. Not for hash tables, and not for data that an attacker can choose. */
#ifndef BPFLOCK_UTIL_HASH_H
#define BPFLOCK_UTIL_HASH_H

#include <linux/types.h>
#include <stddef.h>

#define HASH_START 0xcbf29ce484222325ull

static inline __u64 hash_bytes(__u64 hash, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3ull;
	return hash;
}

static inline __u64 hash_number(__u64 hash, __u64 number)
{
	return hash_bytes(hash, &number, sizeof(number));
}

/* With the terminating NUL, so that "a","bc" differs from "ab","c". */
static inline __u64 hash_text(__u64 hash, const char *text)
{
	while (*text)
		hash = hash_bytes(hash, text++, 1);
	return hash_bytes(hash, text, 1);
}

#endif
