/* SPDX-License-Identifier: Apache-2.0 */
/* Maps that the core owns and pins. Private to the loader module. */
#ifndef BPFLOCK_LOADER_PINNED_MAP_H
#define BPFLOCK_LOADER_PINNED_MAP_H

#include <linux/bpf.h>

/**
 * struct pinned_map - what a map of ours looks like
 * @name: of the file in its directory; the map itself is named bpflock_NAME
 * @entries: how many it may have; 0: any number
 */
struct pinned_map {
	const char *name;
	enum bpf_map_type type;
	__u32 key_size;
	__u32 value_size;
	__u32 entries;
	__u32 flags;
};

/*
 * The map that is pinned in the directory, or a new one that is not pinned. Returns its fd; or a negative
 * errno: -EPERM when something else is pinned there, which is refused, never used and never removed; -EACCES
 * when the kernel lets nobody but a daemon that it knows get at it.
 */
int pinned_map_open(const char *directory, const struct pinned_map *kind);

/* Pins it there, if it is not. Returns 0 or a negative errno. */
int pinned_map_pin(int fd, const char *directory, const struct pinned_map *kind);

/* The kernel's number of a map; 0 and errno where the descriptor is none. */
__u32 pinned_map_id(int fd);

/* Opens what is pinned at a path, if it is a map of this shape. Returns as pinned_map_open(), or -ENOENT. */
int pinned_map_check(const char *path, const struct pinned_map *kind);

#endif
