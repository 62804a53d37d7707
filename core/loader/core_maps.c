/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/core_maps.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "loader/guarded.h"
#include "loader/pinned_map.h"
#include "util/clock.h"
#include "util/memory.h"

#define PINNED_RING PINS_PATH "/ring"
#define PINNED_DAEMON PINS_PATH "/daemon"
/* The name of a ring of another size, until it replaces the old one. */
#define PINNED_NEW_RING PINS_PATH "/ring_new" /* bpffs takes no dot in a name */

static const struct pinned_map daemon_map = {
	.name = "daemon",
	.type = BPF_MAP_TYPE_TASK_STORAGE,
	.key_size = sizeof(int),
	.value_size = sizeof(__u32),
	.flags = BPF_F_NO_PREALLOC,
};
static const struct pinned_map ring_map = {
	.name = "ring",
	.type = BPF_MAP_TYPE_RINGBUF,
};
static const struct pinned_map last_state_map = {
	.name = "last_state",
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct last_state),
	.entries = 1,
	.flags = BPF_F_MMAPABLE,
};

/* Guards read this map, also while no daemon runs. */
static const struct pinned_map protected_map = {
	.name = "protected",
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(struct bpflock_protected_object),
	.value_size = sizeof(__u8),
	.entries = BPFLOCK_PROTECTED_MAX,
	.flags = BPF_F_NO_PREALLOC,
};

/* Somebody else's object at the path of a map is an error. It is neither used nor removed. */
static int report_map(int fd, const char *path, struct report *report)
{
	if (fd >= 0)
		return fd;
	if (fd == -EACCES)
		return guarded_report(path, report);
	if (fd == -EPERM || fd == -EEXIST)
		report_remedy(report_add(report, REPORT_ERROR, "pins_failed", path,
					 "is not what this version of bpflock pins there"),
			      "find out who put it there, remove it, and start again");
	else
		report_add(report, REPORT_ERROR, "pins_failed", path, "cannot open or make it: %s", strerror(-fd));
	return fd;
}

static int check_existing(const char *path, const struct pinned_map *kind, struct report *report)
{
	CLEANUP(cleanup_close) int fd = pinned_map_check(path, kind);

	return fd >= 0 || fd == -ENOENT ? 0 : report_map(fd, path, report);
}

int core_maps_check(struct report *report)
{
	int error = check_existing(PINNED_DAEMON, &daemon_map, report);

	if (!error)
		error = check_existing(PINNED_RING, &ring_map, report);
	if (!error)
		error = check_existing(PINS_PATH "/last_state", &last_state_map, report);
	if (!error)
		error = check_existing(PINS_PATH "/protected", &protected_map, report);
	return error;
}

int core_maps_check_access(struct report *report)
{
	CLEANUP(cleanup_close) int fd = pinned_map_check(PINNED_DAEMON, &daemon_map);

	return fd == -EACCES ? report_map(fd, PINNED_DAEMON, report) : 0;
}

/* The kernel accepts task storage only with BTF types of key and value. */
static int create_daemon_map(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = daemon_map.flags);
	struct btf *btf = btf__new_empty();
	int fd = -1;

	if (btf) {
		opts.btf_key_type_id = btf__add_int(btf, "int", daemon_map.key_size, BTF_INT_SIGNED);
		opts.btf_value_type_id = btf__add_int(btf, "unsigned int", daemon_map.value_size, 0);
	}
	if (btf && btf__load_into_kernel(btf) == 0) {
		opts.btf_fd = btf__fd(btf);
		fd = bpf_map_create(daemon_map.type, "bpflock_daemon", daemon_map.key_size, daemon_map.value_size,
				    daemon_map.entries, &opts);
	}
	if (fd < 0)
		fd = -errno;
	btf__free(btf);
	return fd;
}

static int open_daemon_map(struct report *report)
{
	int fd = pinned_map_check(PINNED_DAEMON, &daemon_map);

	if (fd == -ENOENT)
		fd = create_daemon_map();
	return report_map(fd, PINNED_DAEMON, report);
}

int core_maps_mark_daemon(int map, struct report *report)
{
	CLEANUP(cleanup_close) int self = pidfd_open(getpid(), 0);
	__u32 marked = 1;
	int error;

	if (self >= 0 && bpf_map_update_elem(map, &self, &marked, BPF_ANY) == 0)
		return 0;
	error = -errno;
	report_add(report, REPORT_ERROR, "pins_failed", PINNED_DAEMON, "cannot mark this process: %s",
		   strerror(-error));
	return error;
}

static __u32 ring_size_of(int ring)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(ring, &info, &size) < 0 ? 0 : info.max_entries;
}

static int create_ring(__u64 size)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, PINNED_RING_NAME, 0, 0, (__u32)size, NULL);

	return fd < 0 ? -errno : fd;
}

/*
 * Programs of a predecessor continue to write to their ring. If its size differs from the configured one, the new
 * programs get a new ring, and the old one is read to its end.
 */
static int open_ring(__u64 size, struct pins *pins, struct report *report)
{
	int fd = pinned_map_check(PINNED_RING, &ring_map);

	if (fd == -ENOENT) {
		fd = create_ring(size);
	} else if (fd >= 0 && ring_size_of(fd) != size) {
		pins->old_ring = fd;
		fd = create_ring(size);
	}
	pins->ring = report_map(fd, PINNED_RING, report);
	pins->ring_size = size;
	return pins->ring < 0 ? pins->ring : 0;
}

static int open_protected(struct pins *pins, struct report *report)
{
	int error;

	pins->protected = pinned_map_open(PINS_PATH, &protected_map);
	error = pins->protected < 0 ? pins->protected : 0;
	if (!error)
		error = protected_add(pins->protected, BPFLOCK_PROTECTED_MAP, pins->protected);
	if (!error)
		error = protected_add(pins->protected, BPFLOCK_PROTECTED_MAP, pins->daemon);
	if (!error)
		error = protected_add(pins->protected, BPFLOCK_PROTECTED_MAP, pins->ring);
	return error ? report_map(error, PINS_PATH "/protected", report) : 0;
}

static int open_last_state(struct pins *pins, struct report *report)
{
	int error;
	void *memory;

	pins->last_state_map = pinned_map_open(PINS_PATH, &last_state_map);
	error = pins->last_state_map < 0 ? pins->last_state_map :
					   protected_add(pins->protected, BPFLOCK_PROTECTED_MAP, pins->last_state_map);
	if (error)
		return report_map(error, PINS_PATH "/last_state", report);
	memory = mmap(NULL, sizeof(*pins->last_state), PROT_READ | PROT_WRITE, MAP_SHARED, pins->last_state_map, 0);
	if (memory == MAP_FAILED)
		return report_map(-errno, PINS_PATH "/last_state", report);
	pins->last_state = memory;
	pins->inherited_heartbeat = pins->last_state->heartbeat;
	/* If this daemon is killed before it runs, the next one has a gap to report. */
	if (!pins->inherited_heartbeat)
		pins->last_state->heartbeat = clock_since_boot();
	return 0;
}

int core_maps_open(__u64 ring_size, struct pins *pins, struct report *report)
{
	int error;

	pins->daemon = open_daemon_map(report);
	if (pins->daemon < 0)
		return pins->daemon;
	/* From here on, programs that a dead predecessor left attached let this process pass. */
	error = core_maps_mark_daemon(pins->daemon, report);
	if (!error)
		error = open_ring(ring_size, pins, report);
	if (!error)
		error = open_protected(pins, report);
	return error ? error : open_last_state(pins, report);
}

/* The shared maps, as they are pinned. */
struct shared_map {
	int fd;
	const struct pinned_map *kind;
};
#define SHARED_MAPS 4

static void list_maps(const struct pins *pins, struct shared_map ret[SHARED_MAPS])
{
	ret[0] = (struct shared_map){ pins->daemon, &daemon_map };
	ret[1] = (struct shared_map){ pins->ring, &ring_map };
	ret[2] = (struct shared_map){ pins->protected, &protected_map };
	ret[3] = (struct shared_map){ pins->last_state_map, &last_state_map };
}

/* A ring of another size takes the place of the old one by core_maps_replace_ring(). */
static int pin(const struct pins *pins, const struct shared_map *map)
{
	int error = pinned_map_pin(map->fd, PINS_PATH, map->kind->name);

	return error == -EEXIST && map->kind == &ring_map && pinned_is(PINNED_RING, pins->old_ring) ? 0 : error;
}

int core_maps_pin(const struct pins *pins, struct report *report)
{
	struct shared_map maps[SHARED_MAPS];

	list_maps(pins, maps);
	for (size_t i = 0; i < SHARED_MAPS; i++) {
		int error = pin(pins, &maps[i]);

		if (error) {
			CLEANUP(cleanup_free) char *path = xasprintf(PINS_PATH "/%s", maps[i].kind->name);

			return report_map(error, path, report);
		}
	}
	return 0;
}

char *core_maps_lost_pin(const struct pins *pins)
{
	struct shared_map maps[SHARED_MAPS];
	char *lost = NULL;

	list_maps(pins, maps);
	for (size_t i = 0; !lost && i < SHARED_MAPS; i++)
		lost = pinned_map_lost(maps[i].fd, PINS_PATH, maps[i].kind);
	return lost;
}

bool core_maps_is_daemon(const struct pins *pins)
{
	CLEANUP(cleanup_close) int self = pidfd_open(getpid(), 0);
	__u32 marked;

	return self >= 0 && bpf_map_lookup_elem(pins->daemon, &self, &marked) == 0;
}

int core_maps_replace_ring(struct pins *pins)
{
	if (pins->old_ring < 0)
		return 0;
	(void)unlink(PINNED_NEW_RING); /* may be left of a start that was killed here */
	if (bpf_obj_pin(pins->ring, PINNED_NEW_RING) < 0)
		return -errno;
	return rename(PINNED_NEW_RING, PINNED_RING) < 0 ? -errno : 0;
}

void core_maps_close(struct pins *pins)
{
	if (pins->last_state)
		munmap(pins->last_state, sizeof(*pins->last_state));
	cleanup_close(&pins->ring);
	cleanup_close(&pins->old_ring);
	cleanup_close(&pins->daemon);
	cleanup_close(&pins->protected);
	cleanup_close(&pins->last_state_map);
}
