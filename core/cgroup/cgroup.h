/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup module: finds cgroups by path and by unit, and keeps their ids in a BPF map.
 *
 * No cgroup needs to exist. The directories in which one may appear are watched: so it is found when it is made, and
 * found again when it is removed and made anew.
 */
#ifndef BPFLOCK_CGROUP_CGROUP_H
#define BPFLOCK_CGROUP_CGROUP_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Where cgroup v2 is mounted, unless the hierarchy is a hybrid one. */
#define CGROUP_ROOT "/sys/fs/cgroup"

/*
 * Is the text a path from the root of the hierarchy? It has no component "." or "..", and only its last component may
 * be empty, after a slash at the end.
 */
bool cgroup_is_path(const char *text);

/*
 * Where cgroup v2 is mounted (to be freed): at CGROUP_ROOT, or where the table of mounts says so (`mounts` is
 * /proc/self/mounts). NULL where it is not mounted.
 */
char *cgroup_root(const char *mounts);

/* The id of the cgroup at a path from `root`. Returns 0 or a negative errno. */
int cgroup_id(const char *root, const char *path, __u64 *ret);

/*
 * Visits all slices of systemd, as paths from `root`: first the root itself (""), each before those below it. Services
 * and scopes are not searched: below them a cgroup may be delegated, and its owner could name a cgroup like a unit.
 */
void cgroup_each_slice(const char *root, void (*visit)(void *context, const char *slice), void *context);
/* The id of the cgroup of a unit. Returns 0, -ENOENT, or -ENOTUNIQ where several have that name. */
int cgroup_id_of_unit(const char *root, const char *unit, __u64 *ret);
/*
 * The path of the cgroup with this id (to be freed), from the root of the hierarchy, which is mounted at `root`; NULL
 * where it has gone, or is outside of what this process sees. It reads the whole hierarchy.
 */
char *cgroup_path_of(const char *root, __u64 id);
#define CGROUP_UNIT_SIZE 256

/*
 * The systemd unit (service or scope) of a path; "" where there is none. Only slices may come before it: below a unit
 * others may have chosen the names.
 */
void cgroup_unit_of(const char *path, char ret[CGROUP_UNIT_SIZE]);

/* 64 hexadecimal digits. */
#define CGROUP_CONTAINER_SIZE 65

/*
 * The id of the container of a path, as Docker, Podman, containerd and CRI-O name its cgroup; "" where there is none.
 * As with units, only slices may come before such a scope, or without systemd the directories that an engine makes at
 * the root: below those others may have chosen the names.
 */
void cgroup_container_of(const char *path, char ret[CGROUP_CONTAINER_SIZE]);

/**
 * struct cgroup_name - what the path of a cgroup says
 * @unit:      of systemd, or ""
 * @container: its id, or ""
 */
struct cgroup_name {
	__u64 id;
	char *unit;
	char *container;
};

/* Remembers the names of cgroups: an id is never used again before the next boot. */
struct cgroup_names;

/* `root` is where cgroup v2 is mounted. */
struct cgroup_names *cgroup_names_open(const char *root);
/*
 * The name of a cgroup, valid until the next call; NULL where it is not known. To find one that is not remembered the
 * whole hierarchy is read. No search begins where the last ones took more than 200 ms and a twentieth of all time.
 */
const struct cgroup_name *cgroup_names_find(struct cgroup_names *names, __u64 id);
struct cgroup_names *cgroup_names_close(struct cgroup_names *names);

/* Watches cgroups, and keeps the ids of those that exist in a map. */
struct cgroup_watch;

/*
 * `root` is where cgroup v2 is mounted. `map` is the fd of a hash map: key __u64 id, value __u8. `epoll` becomes
 * readable when the map is to be updated. Neither of the two is owned. Returns 0 or a negative errno.
 */
int cgroup_watch_open(const char *root, int map, int epoll, struct cgroup_watch **ret);

/*
 * An update of the map: begin, name every cgroup anew, end. cgroup_scan_end() returns 0 or a negative errno: then some
 * change may go unseen (-ENOSPC: no more watches), or an id could not be added.
 */
void cgroup_scan_begin(struct cgroup_watch *watch);
void cgroup_scan_path(struct cgroup_watch *watch, const char *path);
/* All cgroups that are named after one of these systemd units. */
void cgroup_scan_units(struct cgroup_watch *watch, const char *const *units, size_t count);
int cgroup_scan_end(struct cgroup_watch *watch);

/*
 * Puts the map right where somebody else has changed it: it has exactly the ids of the last update. Returns how many
 * differed.
 */
size_t cgroup_watch_mend(struct cgroup_watch *watch);

/*
 * Ends watching, and removes its ids from the map, except those that `staying` has as well. `staying` may be NULL; it
 * has the same map. Always returns NULL.
 */
struct cgroup_watch *cgroup_watch_end(struct cgroup_watch *watch, const struct cgroup_watch *staying);
/* Ends watching, and leaves the map unchanged. Always returns NULL. */
struct cgroup_watch *cgroup_watch_close(struct cgroup_watch *watch);

#endif
