/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "loader/loader.h"
#include "loader/pinned_map.h"
#include "util/memory.h"

#define PINNED_RING PINS_PATH "/ring"
#define PINNED_DAEMON PINS_PATH "/daemon"
#define PINNED_PLUGINS PINS_PATH "/plugins"
/* A ring of another size, until it takes the place of the old one. */
#define PINNED_NEW_RING PINS_PATH "/ring_new" /* bpffs takes no dot in a name */

static const struct pinned_map notes_map = {
	.name = "notes",
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct pins_notes),
	.entries = 1,
	.flags = BPF_F_MMAPABLE,
};

/* What a guard has to know, also while no daemon runs. */
static const struct pinned_map own_map = {
	.name = "own",
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(struct bpflock_own_object),
	.value_size = sizeof(__u8),
	.entries = BPFLOCK_OWN_MAX,
	.flags = BPF_F_NO_PREALLOC,
};

static __attribute__((format(printf, 4, 5))) int fail(int error, struct report *report,
						      const char *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_addv(report, REPORT_ERROR, "pins_failed", path, format, args);
	va_end(args);
	return error;
}

/*
 * Anybody may make a directory in the root of a bpffs (its mode is 1777), so that a directory of our
 * name is there proves nothing.
 */
static int check_directory(int fd, const char *path, struct report *report)
{
	struct statfs filesystem;
	struct stat status;

	if (fstat(fd, &status) < 0 || fstatfs(fd, &filesystem) < 0)
		return fail(-errno, report, path, "cannot examine it: %s", strerror(errno));
	if (filesystem.f_type == BPF_FS_MAGIC && status.st_uid == geteuid() &&
	    (status.st_mode & 07777) == 0700)
		return 0;
	fail(-EPERM, report, path,
	     "is not a directory of ours: it belongs to user %u with mode %04o; nothing in it is trusted",
	     status.st_uid, status.st_mode & 07777);
	report_remedy(&report->items[report->count - 1],
		      "find out who made it, remove it, and start again");
	return -EPERM;
}

static int open_directory(const char *path, struct report *report)
{
	int fd, error;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail(-errno, report, path, "cannot make it: %s", strerror(errno));
	fd = open(path, O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(-errno, report, path, "cannot open it: %s", strerror(errno));
	error = check_directory(fd, path, report);
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

/* Who holds the lock, as far as this pid namespace can tell; 0 where it cannot. */
static int lock_holder(int fd)
{
	CLEANUP(cleanup_fclose) FILE *stream = fopen("/proc/locks", "re");
	CLEANUP(cleanup_free) char *line = NULL;
	struct stat status;
	size_t size = 0;

	if (!stream || fstat(fd, &status) < 0)
		return 0;
	while (getline(&line, &size, stream) > 0) {
		unsigned int device[2];
		unsigned long long inode;
		int pid;

		/* "1: FLOCK  ADVISORY  WRITE 708 00:13:4242 0 EOF" */
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &device[0], &device[1],
			   &inode) == 4 &&
		    makedev(device[0], device[1]) == status.st_dev && inode == status.st_ino)
			return pid > 0 ? pid : 0;
	}
	return 0;
}

static int take_lock(int fd, struct report *report)
{
	int pid;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return fail(-errno, report, PINS_ROOT, "cannot lock it: %s", strerror(errno));
	pid = lock_holder(fd);
	if (pid)
		fail(-EBUSY, report, PINS_ROOT, "bpflock runs already, as process %d", pid);
	else
		fail(-EBUSY, report, PINS_ROOT, "bpflock runs already, in another pid namespace");
	report_remedy(&report->items[report->count - 1], "stop it first, or reload it by SIGHUP");
	return -EBUSY;
}

static int create_pinned(int fd, const char *path)
{
	int error;

	if (fd < 0)
		return -errno;
	if (bpf_obj_pin(fd, path) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* The kernel takes task storage only with type information for key and value. */
static int create_daemon_map(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	struct btf *btf = btf__new_empty();
	int fd = -1;

	if (btf) {
		opts.btf_key_type_id = btf__add_int(btf, "int", sizeof(int), BTF_INT_SIGNED);
		opts.btf_value_type_id = btf__add_int(btf, "unsigned int", sizeof(__u32), 0);
	}
	if (btf && btf__load_into_kernel(btf) == 0) {
		opts.btf_fd = btf__fd(btf);
		fd = bpf_map_create(BPF_MAP_TYPE_TASK_STORAGE, "bpflock_daemon", sizeof(int),
				    sizeof(__u32), 0, &opts);
	}
	btf__free(btf);
	return fd;
}

/* A map under our path that is not ours is refused, never used and never removed: somebody put it there. */
static int report_map(int fd, const char *path, struct report *report)
{
	if (fd >= 0)
		return fd;
	if (fd == -EACCES) {
		fail(fd, report, path, "is guarded: this process is not known to be a bpflock");
		report_remedy(&report->items[report->count - 1],
			      "start, as root in the initial pid namespace, the bpflock that lies where the "
			      "one lay that pinned it, or reboot");
		return fd;
	}
	if (fd != -EPERM)
		return fail(fd, report, path, "cannot open or make it: %s", strerror(-fd));
	fail(fd, report, path, "is not what this version of bpflock pins there");
	report_remedy(&report->items[report->count - 1],
		      "find out who put it there, remove it, and start again");
	return fd;
}

static int open_daemon_map(struct report *report)
{
	int fd = pinned_map_check(PINNED_DAEMON, BPF_MAP_TYPE_TASK_STORAGE, sizeof(int),
				 sizeof(__u32));

	if (fd == -ENOENT)
		fd = create_pinned(create_daemon_map(), PINNED_DAEMON);
	return report_map(fd, PINNED_DAEMON, report);
}

/* Programs that a dead predecessor left attached let this process through from here on. */
static int mark_as_daemon(int map, struct report *report)
{
	CLEANUP(cleanup_close) int self = pidfd_open(getpid(), 0);
	__u32 marked = 1;

	if (self < 0 || bpf_map_update_elem(map, &self, &marked, BPF_ANY) < 0)
		return fail(-errno, report, PINNED_DAEMON, "cannot mark this process: %s",
			    strerror(errno));
	return 0;
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
 * Programs of a predecessor go on writing to the ring that they know. One of another size than is wanted now
 * is read to its end, and the new programs get a new one.
 */
static int open_ring(__u64 size, struct pins *pins, struct report *report)
{
	int fd = pinned_map_check(PINNED_RING, BPF_MAP_TYPE_RINGBUF, 0, 0);

	if (fd == -ENOENT) {
		fd = create_pinned(create_ring(size), PINNED_RING);
	} else if (fd >= 0 && ring_size_of(fd) != size) {
		pins->old_ring = fd;
		fd = create_ring(size);
	}
	pins->ring = report_map(fd, PINNED_RING, report);
	pins->ring_size = size;
	if (pins->old_ring >= 0 && ring_size_of(pins->old_ring) > size)
		pins->ring_size = ring_size_of(pins->old_ring);
	return pins->ring < 0 ? pins->ring : 0;
}

static int open_own(struct pins *pins, struct report *report)
{
	int error;

	pins->own = pinned_map_open(PINS_PATH, &own_map);
	error = pins->own < 0 ? pins->own : pinned_map_pin(pins->own, PINS_PATH, &own_map);
	if (!error)
		error = own_add(pins->own, BPFLOCK_OWN_MAP, pins->own);
	if (!error)
		error = own_add(pins->own, BPFLOCK_OWN_MAP, pins->daemon);
	if (!error)
		error = own_add(pins->own, BPFLOCK_OWN_MAP, pins->ring);
	return error ? report_map(error, PINS_PATH "/own", report) : 0;
}

static int open_notes(struct pins *pins, struct report *report)
{
	CLEANUP(cleanup_close) int fd = pinned_map_open(PINS_PATH, &notes_map);
	int error = fd < 0 ? fd : pinned_map_pin(fd, PINS_PATH, &notes_map);
	void *memory;

	if (!error)
		error = own_add(pins->own, BPFLOCK_OWN_MAP, fd);
	if (error)
		return report_map(error, PINS_PATH "/notes", report);
	memory = mmap(NULL, sizeof(*pins->notes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return report_map(-errno, PINS_PATH "/notes", report);
	pins->notes = memory;
	pins->inherited_notes = *pins->notes;
	return 0;
}

int pins_settle_ring(struct pins *pins)
{
	if (pins->old_ring < 0)
		return 0;
	(void)unlink(PINNED_NEW_RING); /* of a start that was killed here */
	if (bpf_obj_pin(pins->ring, PINNED_NEW_RING) < 0)
		return -errno;
	return rename(PINNED_NEW_RING, PINNED_RING) < 0 ? -errno : 0;
}

/* What is refused is refused before anything is made beside it. */
static int check_existing_map(const char *path, __u32 type, __u32 key_size, __u32 value_size,
			      struct report *report)
{
	CLEANUP(cleanup_close) int fd = pinned_map_check(path, type, key_size, value_size);

	return fd >= 0 || fd == -ENOENT ? 0 : report_map(fd, path, report);
}

static int check_existing_kind(const char *path, const struct pinned_map *kind, struct report *report)
{
	return check_existing_map(path, kind->type, kind->key_size, kind->value_size, report);
}

static int check_existing(struct report *report)
{
	int error = check_existing_map(PINNED_DAEMON, BPF_MAP_TYPE_TASK_STORAGE, sizeof(int),
				       sizeof(__u32), report);

	if (!error)
		error = check_existing_map(PINNED_RING, BPF_MAP_TYPE_RINGBUF, 0, 0, report);
	if (!error)
		error = check_existing_kind(PINS_PATH "/notes", &notes_map, report);
	if (!error)
		error = check_existing_kind(PINS_PATH "/own", &own_map, report);
	return error;
}

static int open_shared(__u64 ring_size, struct pins *pins, struct report *report)
{
	CLEANUP(cleanup_close) int version = open_directory(PINS_PATH, report);
	CLEANUP(cleanup_close) int plugins = -1;
	int error;

	if (version < 0)
		return version;
	error = check_existing(report);
	if (error)
		return error;
	plugins = open_directory(PINNED_PLUGINS, report);
	if (plugins < 0)
		return plugins;
	pins->daemon = open_daemon_map(report);
	if (pins->daemon < 0)
		return pins->daemon;
	error = mark_as_daemon(pins->daemon, report);
	if (error)
		return error;
	error = open_ring(ring_size, pins, report);
	if (!error)
		error = open_own(pins, report);
	return error ? error : open_notes(pins, report);
}

int pins_open(__u64 ring_size, struct pins *ret, struct report *report)
{
	int error;

	*ret = (struct pins)PINS_CLOSED;
	ret->directory = open_directory(PINS_ROOT, report);
	if (ret->directory < 0)
		return ret->directory;
	error = take_lock(ret->directory, report);
	if (error) {
		pins_close(ret);
		return error;
	}
	ret->inherited = access(PINS_PATH, F_OK) == 0;
	error = open_shared(ring_size, ret, report);
	if (error)
		pins_abandon(ret);
	return error;
}

/* Whoever may not get at one pin may not take any away. */
static int check_access(struct report *report)
{
	CLEANUP(cleanup_close) int fd = pinned_map_check(PINNED_DAEMON, BPF_MAP_TYPE_TASK_STORAGE,
							 sizeof(int), sizeof(__u32));

	return fd == -EACCES ? report_map(fd, PINNED_DAEMON, report) : 0;
}

int pins_lock(struct report *report)
{
	int fd, error;

	if (access(PINS_ROOT, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	fd = open_directory(PINS_ROOT, report);
	if (fd < 0)
		return fd;
	error = take_lock(fd, report);
	if (!error)
		error = check_access(report);
	if (error)
		close(fd);
	return error ? error : fd;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void pins_close(struct pins *pins)
{
	if (pins->notes)
		munmap(pins->notes, sizeof(*pins->notes));
	pins->notes = NULL;
	close_fd(&pins->ring);
	close_fd(&pins->old_ring);
	close_fd(&pins->daemon);
	close_fd(&pins->own);
	close_fd(&pins->directory);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	(void)remove(path);
	return 0;
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void pins_abandon(struct pins *pins)
{
	if (!pins->inherited)
		pins_remove_all();
	pins_close(pins);
}

static bool is_other_layout(const char *name)
{
	return name[0] == 'v' && isdigit((unsigned char)name[1]) &&
	       strcmp(name, strrchr(PINS_PATH, '/') + 1) != 0;
}

void pins_each_other_layout(void (*visit)(void *context, const char *path), void *context)
{
	DIR *directory = opendir(PINS_ROOT);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		CLEANUP(cleanup_free) char *path = xasprintf(PINS_ROOT "/%s", entry->d_name);

		if (is_other_layout(entry->d_name))
			visit(context, path);
	}
	if (directory)
		closedir(directory);
}

void pins_remove_layout(const char *path)
{
	remove_tree(path);
}

void pins_remove_all(void)
{
	remove_tree(PINS_PATH);
	(void)rmdir(PINS_ROOT); /* another layout's pins may be in it */
}

void pins_restore(struct report *report)
{
	CLEANUP(cleanup_close) int directory = -1;
	CLEANUP(cleanup_close) int version = -1;

	if (store_is_empty())
		return;
	directory = open_directory(PINS_ROOT, report);
	if (directory < 0 || take_lock(directory, report) < 0)
		return;
	version = open_directory(PINS_PATH, report);
	if (version >= 0)
		store_take(report);
}

char *pins_plugin_path(const char *plugin)
{
	return xasprintf(PINNED_PLUGINS "/%s", plugin);
}

bool pins_have_plugin(const char *plugin)
{
	CLEANUP(cleanup_free) char *path = pins_plugin_path(plugin);

	return *plugin && plugin[0] != '.' && !strchr(plugin, '/') && access(path, F_OK) == 0;
}

static char *generation_path(const char *plugin, __u64 generation)
{
	return xasprintf(PINNED_PLUGINS "/%s/g%llu", plugin, generation);
}

/* The number of a generation's directory, or 0. */
static __u64 generation_of(const char *name)
{
	return name[0] == 'g' && name[1] >= '1' && name[1] <= '9' ? strtoull(name + 1, NULL, 10) : 0;
}

__u64 pins_last_generation(const char *plugin)
{
	CLEANUP(cleanup_free) char *path = pins_plugin_path(plugin);
	DIR *directory = opendir(path);
	struct dirent *entry;
	__u64 last = 0;

	while (directory && (entry = readdir(directory)))
		if (generation_of(entry->d_name) > last)
			last = generation_of(entry->d_name);
	if (directory)
		closedir(directory);
	return last;
}

int pins_make_plugin(const char *plugin, bool *ret_made)
{
	CLEANUP(cleanup_free) char *path = pins_plugin_path(plugin);

	*ret_made = mkdir(path, 0700) == 0;
	return *ret_made || errno == EEXIST ? 0 : -errno;
}

char *pins_make_generation(const char *plugin, __u64 generation)
{
	CLEANUP(cleanup_free) char *path = generation_path(plugin, generation);

	return mkdir(path, 0700) < 0 ? NULL : xstrdup(path);
}

void pins_remove_generation(const char *plugin, __u64 generation)
{
	CLEANUP(cleanup_free) char *path = generation_path(plugin, generation);

	remove_tree(path);
}

void pins_remove_generations(const char *plugin, __u64 keep)
{
	CLEANUP(cleanup_free) char *path = pins_plugin_path(plugin);
	struct dirent *entry;
	DIR *directory;

	if (!keep) {
		remove_tree(path);
		return;
	}
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		__u64 generation = generation_of(entry->d_name);

		if (generation && generation != keep)
			pins_remove_generation(plugin, generation);
	}
	if (directory)
		closedir(directory);
}

/*
 * The kernel lets go of what an unlinked inode holds in an RCU callback. That runs a moment after its grace
 * period, hence two. Where there is no such membarrier (nohz_full) nothing is waited for.
 */
void pins_await_removal(void)
{
	for (int i = 0; i < 2; i++)
		(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void pins_each_plugin(void (*visit)(void *context, const char *plugin), void *context)
{
	DIR *directory = opendir(PINNED_PLUGINS);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			visit(context, entry->d_name);
	if (directory)
		closedir(directory);
}
