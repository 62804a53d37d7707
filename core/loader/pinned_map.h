/* SPDX-License-Identifier: Apache-2.0 */
/* Maps that the core owns and pins. Private to the loader module. */
#ifndef BPFLOCK_LOADER_PINNED_MAP_H
#define BPFLOCK_LOADER_PINNED_MAP_H

#include <linux/bpf.h>
#include <stdbool.h>

/**
 * struct pinned_map - the shape of a pinned map
 * @name: of the file in its directory
 * @map_name: the kernel's name of the map; NULL: bpflock_NAME
 * @entries: maximum number of entries; 0: any number
 */
struct pinned_map {
	const char *name;
	const char *map_name;
	enum bpf_map_type type;
	__u32 key_size;
	__u32 value_size;
	__u32 entries;
	__u32 flags;
};

/*
 * Opens the map that is pinned in the directory, or makes a new one that is not pinned. Returns its fd or a negative
 * errno. -EPERM: something else is pinned there, and it is neither used nor removed. -EACCES: a guard denies it,
 * because it does not recognize this process as the daemon.
 */
int pinned_map_open(const char *directory, const struct pinned_map *kind);

/* Pins the map there, unless it is pinned there already. Returns 0; -EEXIST where something else is; another errno. */
int pinned_map_pin(int fd, const char *directory, const char *name);

/* Is this object, of any kind, what is pinned at the path? */
bool pinned_is(const char *path, int fd);

/* The path (to be freed) of a map's pin where the pin is gone, or is of something else; NULL where it is there. */
char *pinned_map_lost(int fd, const char *directory, const struct pinned_map *kind);

/* The id of a map; 0 and errno where the descriptor is not a map. */
__u32 pinned_map_id(int fd);

/* Opens the map that is pinned at a path, if it has this shape. Returns as pinned_map_open(), or -ENOENT. */
int pinned_map_check(const char *path, const struct pinned_map *kind);

#endif
