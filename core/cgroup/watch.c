/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "cgroup/cgroup.h"
#include "util/memory.h"

/* Events about directories that appear or disappear. */
#define WATCHED (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR)

/* Each id is there once. */
struct ids {
	__u64 *items;
	size_t count;
};

/**
 * struct cgroup_watch - the cgroups of one map
 * @root:    where cgroup v2 is mounted
 * @map:     fd of the map; not owned
 * @inotify: watches the directories in which the cgroups may appear
 * @present: the ids that are in the map
 * @found:   during a scan: the ids that it has found so far
 * @error:   during a scan: the last error of watching
 */
struct cgroup_watch {
	char *root;
	int map;
	int inotify;
	struct ids present;
	struct ids found;
	int error;
};

static bool has_id(const struct ids *ids, __u64 id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->items[i] == id)
			return true;
	return false;
}

static void add_id(struct ids *ids, __u64 id)
{
	if (has_id(ids, id))
		return;
	ids->items = xreallocarray(ids->items, ids->count + 1, sizeof(*ids->items));
	ids->items[ids->count++] = id;
}

static void clear_ids(struct ids *ids)
{
	free(ids->items);
	*ids = (struct ids){ 0 };
}

static void add_if_there(struct cgroup_watch *watch, const char *path)
{
	__u64 id;

	if (cgroup_id(watch->root, path, &id) == 0)
		add_id(&watch->found, id);
}

/* The directory may disappear at any time: its parent is watched as well. Any other error makes changes go unseen. */
static void watch_directory(struct cgroup_watch *watch, const char *directory)
{
	if (inotify_add_watch(watch->inotify, directory, WATCHED) < 0 && errno != ENOENT && errno != ENOTDIR)
		watch->error = -errno;
}

/* Watches every directory above the path, to see the cgroup appear, and adds its id if it exists now. */
void cgroup_scan_path(struct cgroup_watch *watch, const char *path)
{
	CLEANUP(cleanup_free) char *directory = xasprintf("%s%s", watch->root, path);
	size_t slash = strlen(watch->root);

	while (directory[slash]) {
		directory[slash] = '\0';
		watch_directory(watch, directory);
		directory[slash] = '/';
		slash += 1 + strcspn(directory + slash + 1, "/");
	}
	add_if_there(watch, path);
}

/* The arguments of cgroup_scan_units(). */
struct unit_scan {
	struct cgroup_watch *watch;
	const char *const *units;
	size_t count;
};

static void scan_slice(void *context, const char *slice)
{
	const struct unit_scan *scan = context;
	CLEANUP(cleanup_free) char *directory = xasprintf("%s%s", scan->watch->root, slice);

	watch_directory(scan->watch, directory); /* before it is read: what appears later causes an event */
	for (size_t i = 0; i < scan->count; i++) {
		CLEANUP(cleanup_free) char *unit = xasprintf("%s/%s", slice, scan->units[i]);

		add_if_there(scan->watch, unit);
	}
}

void cgroup_scan_units(struct cgroup_watch *watch, const char *const *units, size_t count)
{
	struct unit_scan scan = { watch, units, count };

	if (count)
		cgroup_each_slice(watch->root, scan_slice, &scan);
}

static void discard_events(int inotify)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(inotify, events, sizeof(events)) > 0)
		;
}

void cgroup_scan_begin(struct cgroup_watch *watch)
{
	/* Before the scan: changes during the scan cause new events. */
	discard_events(watch->inotify);
	watch->error = 0;
}

static void remove_ids(const struct cgroup_watch *watch, const struct ids *staying)
{
	for (size_t i = 0; i < watch->present.count; i++)
		if (!has_id(staying, watch->present.items[i]))
			(void)bpf_map_delete_elem(watch->map, &watch->present.items[i]);
}

/*
 * Removes old ids before it adds new ones: so the map needs no more room than there are cgroups. An id that cannot be
 * added is tried again at the next update.
 */
int cgroup_scan_end(struct cgroup_watch *watch)
{
	struct ids present = { 0 };
	const __u8 value = 1;

	remove_ids(watch, &watch->found);
	for (size_t i = 0; i < watch->found.count; i++) {
		__u64 id = watch->found.items[i];

		if (has_id(&watch->present, id) || bpf_map_update_elem(watch->map, &id, &value, BPF_ANY) == 0)
			add_id(&present, id);
		else
			watch->error = -errno;
	}
	clear_ids(&watch->found);
	clear_ids(&watch->present);
	watch->present = present;
	return watch->error;
}

/* The keys are collected first: after a deleted key, bpf_map_get_next_key() starts again with the first one. */
static struct ids read_map(const struct cgroup_watch *watch)
{
	struct ids ids = { 0 };
	__u64 id, *previous = NULL;

	while (bpf_map_get_next_key(watch->map, previous, &id) == 0) {
		add_id(&ids, id);
		previous = &id;
	}
	return ids;
}

size_t cgroup_watch_mend(struct cgroup_watch *watch)
{
	struct ids there = read_map(watch);
	const __u8 value = 1;
	size_t different = 0;

	for (size_t i = 0; i < there.count; i++) {
		if (has_id(&watch->present, there.items[i]))
			continue;
		different++;
		(void)bpf_map_delete_elem(watch->map, &there.items[i]);
	}
	for (size_t i = 0; i < watch->present.count; i++) {
		if (has_id(&there, watch->present.items[i]))
			continue;
		different++;
		(void)bpf_map_update_elem(watch->map, &watch->present.items[i], &value, BPF_ANY);
	}
	clear_ids(&there);
	return different;
}

int cgroup_watch_open(const char *root, int map, int epoll, struct cgroup_watch **ret)
{
	struct epoll_event event = { .events = EPOLLIN };
	int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int error;

	if (inotify < 0)
		return -errno;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, inotify, &event) < 0) {
		error = -errno;
		close(inotify);
		return error;
	}
	*ret = xcalloc(1, sizeof(**ret));
	**ret = (struct cgroup_watch){ .root = xstrdup(root), .map = map, .inotify = inotify };
	return 0;
}

struct cgroup_watch *cgroup_watch_end(struct cgroup_watch *watch, const struct cgroup_watch *staying)
{
	static const struct ids none;

	if (watch)
		remove_ids(watch, staying ? &staying->present : &none);
	return cgroup_watch_close(watch);
}

struct cgroup_watch *cgroup_watch_close(struct cgroup_watch *watch)
{
	if (!watch)
		return NULL;
	close(watch->inotify);
	clear_ids(&watch->found);
	clear_ids(&watch->present);
	free(watch->root);
	free(watch);
	return NULL;
}
