/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "loader/loader.h"
#include "util/memory.h"

#define PINNED_RING PINS_PATH "/ring"
#define PINNED_DAEMON PINS_PATH "/daemon"
#define PINNED_PLUGINS PINS_PATH "/plugins"

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

/* What a pinned object must be before it is used as ours. */
static int check_map(int fd, __u32 type, __u32 key_size, __u32 value_size)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return -EPERM; /* a program or a link */
	if (info.type != type || info.key_size != key_size || info.value_size != value_size)
		return -EPERM;
	return 0;
}

static int open_pinned_map(const char *path, __u32 type, __u32 key_size, __u32 value_size)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return -errno;
	if (check_map(fd, type, key_size, value_size) < 0) {
		close(fd);
		return -EPERM;
	}
	return fd;
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
	if (fd != -EPERM)
		return fail(fd, report, path, "cannot open or make it: %s", strerror(-fd));
	fail(fd, report, path, "is not what this version of bpflock pins there");
	report_remedy(&report->items[report->count - 1],
		      "find out who put it there, remove it, and start again");
	return fd;
}

static int open_daemon_map(struct report *report)
{
	int fd = open_pinned_map(PINNED_DAEMON, BPF_MAP_TYPE_TASK_STORAGE, sizeof(int),
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

static int open_ring(__u64 size, struct report *report)
{
	int fd = open_pinned_map(PINNED_RING, BPF_MAP_TYPE_RINGBUF, 0, 0);

	if (fd == -ENOENT)
		fd = create_pinned(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "bpflock_ring", 0, 0,
						  (__u32)size, NULL),
				   PINNED_RING);
	return report_map(fd, PINNED_RING, report);
}

/* What is refused is refused before anything is made beside it. */
static int check_existing_map(const char *path, __u32 type, __u32 key_size, __u32 value_size,
			      struct report *report)
{
	CLEANUP(cleanup_close) int fd = open_pinned_map(path, type, key_size, value_size);

	return fd >= 0 || fd == -ENOENT ? 0 : report_map(fd, path, report);
}

static int check_existing(struct report *report)
{
	int error = check_existing_map(PINNED_DAEMON, BPF_MAP_TYPE_TASK_STORAGE, sizeof(int),
				       sizeof(__u32), report);

	return error ? error : check_existing_map(PINNED_RING, BPF_MAP_TYPE_RINGBUF, 0, 0, report);
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
	pins->ring = open_ring(ring_size, report);
	return pins->ring < 0 ? pins->ring : 0;
}

int pins_open(__u64 ring_size, struct pins *ret, struct report *report)
{
	int error;

	*ret = (struct pins){ .directory = -1, .ring = -1, .daemon = -1 };
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

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void pins_close(struct pins *pins)
{
	close_fd(&pins->ring);
	close_fd(&pins->daemon);
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

static char *plugin_path(const char *plugin)
{
	return xasprintf(PINNED_PLUGINS "/%s", plugin);
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

static __u64 last_generation(const char *plugin)
{
	CLEANUP(cleanup_free) char *path = plugin_path(plugin);
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

int pins_open_generation(const char *plugin, __u64 *ret_next)
{
	CLEANUP(cleanup_free) char *path = xasprintf(PINNED_PLUGINS "/%s/generation", plugin);
	__u64 last = last_generation(plugin), recording = 0;
	__u32 first = 0;
	int fd;

	fd = open_pinned_map(path, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(__u64));
	if (fd == -ENOENT)
		fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bpflock_generation", sizeof(__u32),
				    sizeof(__u64), 1, NULL);
	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &first, &recording) == 0 && recording > last)
		last = recording;
	*ret_next = last + 1;
	return fd;
}

char *pins_make_generation(const char *plugin, __u64 generation, int generation_map)
{
	CLEANUP(cleanup_free) char *parent = plugin_path(plugin);
	CLEANUP(cleanup_free) char *map = xasprintf("%s/generation", parent);
	CLEANUP(cleanup_free) char *path = generation_path(plugin, generation);

	if (mkdir(parent, 0700) < 0 && errno != EEXIST)
		return NULL;
	if (access(map, F_OK) < 0 && bpf_obj_pin(generation_map, map) < 0)
		return NULL;
	if (mkdir(path, 0700) < 0)
		return NULL;
	return xstrdup(path);
}

void pins_remove_generation(const char *plugin, __u64 generation)
{
	CLEANUP(cleanup_free) char *path = generation_path(plugin, generation);

	remove_tree(path);
}

void pins_remove_generations(const char *plugin, __u64 keep)
{
	CLEANUP(cleanup_free) char *path = plugin_path(plugin);
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
