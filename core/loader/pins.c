/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "loader/core_maps.h"
#include "loader/guarded.h"
#include "loader/loader.h"
#include "util/filesystem.h"
#include "util/memory.h"

#define BPFFS "/sys/fs/bpf"
#define PINNED_PLUGINS PINS_PATH "/plugins"
/* What is being removed. A daemon that was killed meanwhile may have left something in it. */
#define REMOVED_PINS PINS_ROOT "/removed"

static __attribute__((format(printf, 4, 5))) int fail(int error, struct report *report, const char *path,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_addv(report, REPORT_ERROR, "pins_failed", path, format, args);
	va_end(args);
	return error;
}

/*
 * Anybody may make a directory in the root of a bpffs (its mode is 1777). So a directory of this name need not be
 * bpflock's.
 */
static int check_directory(int fd, const char *path, struct report *report)
{
	struct statfs filesystem;
	struct stat status;

	if (fstat(fd, &status) < 0 || fstatfs(fd, &filesystem) < 0)
		return fail(-errno, report, path, "cannot examine it: %s", strerror(errno));
	if (filesystem.f_type == BPF_FS_MAGIC && status.st_uid == geteuid() && (status.st_mode & 07777) == 0700)
		return 0;
	fail(-EPERM, report, path,
	     "is not a directory of ours: it belongs to user %u with mode %04o; nothing in it is trusted",
	     status.st_uid, status.st_mode & 07777);
	report_remedy(&report->items[report->count - 1], "find out who made it, remove it, and start again");
	return -EPERM;
}

/* The bpffs is root's, so this error is no matter of its mode. */
static int fail_to_make(const char *path, int error, struct report *report)
{
	fail(-error, report, path, "cannot make it: %s", strerror(error));
	if (error == EACCES)
		report_remedy(&report->items[report->count - 1],
			      "AppArmor or SELinux confines this process: run it unconfined, in a container with "
			      "--security-opt apparmor=unconfined or --security-opt label=disable");
	return -error;
}

static int open_directory(const char *path, struct report *report)
{
	int fd, error;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail_to_make(path, errno, report);
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

/* The process that holds the lock; 0 where this pid namespace does not show it. */
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
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &device[0], &device[1], &inode) == 4 &&
		    makedev(device[0], device[1]) == status.st_dev && inode == status.st_ino)
			return pid > 0 ? pid : 0;
	}
	return 0;
}

/* Only bpflock has a reason to lock that directory. Whoever else does it is named, and is no other daemon. */
static bool is_bpflock(int pid)
{
	CLEANUP(cleanup_free) char *path = xasprintf("/proc/%d/comm", pid);
	CLEANUP(cleanup_fclose) FILE *stream = fopen(path, "re");
	char name[32] = "";

	return !stream || (fgets(name, sizeof(name), stream) && strcmp(name, "bpflock\n") == 0);
}

static int report_holder(int pid, struct report *report)
{
	if (pid && !is_bpflock(pid)) {
		fail(-EAGAIN, report, PINS_ROOT, "process %d has locked it, which is no bpflock", pid);
		report_remedy(&report->items[report->count - 1], "end that process");
		return -EAGAIN;
	}
	if (pid)
		fail(-EALREADY, report, PINS_ROOT, "bpflock runs already, as process %d", pid);
	else
		fail(-EALREADY, report, PINS_ROOT, "bpflock runs already, in another pid namespace");
	report_remedy(&report->items[report->count - 1], "stop it first, or reload it by SIGHUP");
	return -EALREADY;
}

static int take_lock(int fd, struct report *report)
{

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EPERM) /* comes from a guard: no file system returns it */
		return guarded_report(PINS_ROOT, report);
	if (errno != EWOULDBLOCK)
		return fail(-errno, report, PINS_ROOT, "cannot lock it: %s", strerror(errno));
	return report_holder(lock_holder(fd), report);
}

/* The lock of a daemon whose directory was removed is on a directory that nobody finds any more. */
static int refuse_beside_other(struct report *report)
{
	struct report_item *item;
	__u64 pid;

	if (!other_daemon_runs(&pid))
		return 0;
	item = report_add(
		report, REPORT_ERROR, "pins_failed", PINS_ROOT,
		"bpflock runs already, as process %llu, and its pins have been removed or are on another bpffs", pid);
	report_remedy(item, "stop it first; or wait until it has pinned everything anew, and reload it by SIGHUP");
	return -EALREADY;
}

static int open_shared(__u64 ring_size, struct pins *pins, struct report *report)
{
	CLEANUP(cleanup_close) int version = open_directory(PINS_PATH, report);
	CLEANUP(cleanup_close) int plugins = -1;
	int error;

	if (version < 0)
		return version;
	error = core_maps_check(report);
	if (error)
		return error;
	plugins = open_directory(PINNED_PLUGINS, report);
	return plugins < 0 ? plugins : core_maps_open(ring_size, pins, report);
}

int pins_hide(struct pins *pins, struct report *report)
{
	int error = id_gate_close(&pins->gate);

	return error ? fail(error, report, NULL, "cannot hide new BPF objects until they are guarded: %s",
			    strerror(-error)) :
		       0;
}

void pins_show(struct pins *pins)
{
	id_gate_open(&pins->gate);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	(void)remove(path);
	return 0;
}

/* Removes what it can. Returns 0, or the negative errno of the directory itself when something is left. */
static int remove_tree(const char *path)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	return remove(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* The lock of another daemon stays: it is not this descriptor's. */
int pins_show_process(struct report *report)
{
	CLEANUP(cleanup_close) int fd = open(PINS_ROOT, O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC);

	return fd < 0 || flock(fd, LOCK_UN) == 0 || errno != EPERM ? 0 : guarded_report(PINS_ROOT, report);
}

int pins_open(__u64 ring_size, bool hide, struct pins *ret, struct report *report)
{
	int error;

	*ret = (struct pins)PINS_CLOSED;
	ret->directory = open_directory(PINS_ROOT, report);
	if (ret->directory < 0)
		return ret->directory;
	error = take_lock(ret->directory, report);
	if (!error)
		error = refuse_beside_other(report);
	if (error) {
		pins_close(ret);
		return error;
	}
	(void)remove_tree(REMOVED_PINS);
	ret->inherited = access(PINS_PATH, F_OK) == 0;
	error = hide ? pins_hide(ret, report) : 0;
	if (!error)
		error = open_shared(ring_size, ret, report);
	if (error)
		pins_abandon(ret);
	return error;
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
		error = core_maps_check_access(report);
	if (error)
		close(fd);
	return error ? error : fd;
}

int pins_pin_shared(const struct pins *pins, struct report *report)
{
	return core_maps_pin(pins, report);
}

static bool is_locked_directory(const struct pins *pins)
{
	struct stat locked, named;

	return fstat(pins->directory, &locked) == 0 && lstat(PINS_ROOT, &named) == 0 && named.st_dev == locked.st_dev &&
	       named.st_ino == locked.st_ino;
}

static __attribute__((format(printf, 3, 4))) void drift(struct report *report, const char *path, const char *format,
							...)
{
	va_list args;

	va_start(args, format);
	report_addv(report, REPORT_ERROR, "drift", path, format, args);
	va_end(args);
}

static int mend_root(struct pins *pins, struct report *report)
{
	int fd, error;

	if (is_locked_directory(pins))
		return 0;
	drift(report, PINS_ROOT,
	      "somebody has removed or covered it: until everything is pinned anew, enforcement ends with this process");
	if (!filesystem_is(BPFFS, BPF_FS_MAGIC)) {
		report_remedy(&report->items[report->count - 1], "mount -t bpf bpf " BPFFS);
		return -ENOENT;
	}
	fd = open_directory(PINS_ROOT, report);
	if (fd < 0)
		return fd;
	error = take_lock(fd, report);
	if (error) {
		close(fd);
		return error;
	}
	close(pins->directory);
	pins->directory = fd;
	return 0;
}

/* Of ours, root can only have changed the mode. */
static int mend_directory(const char *path, struct report *report)
{
	struct stat status;
	int fd;

	if (lstat(path, &status) < 0)
		drift(report, path, "somebody has removed it; it is made anew");
	else if (S_ISDIR(status.st_mode) && (status.st_mode & 07777) != 0700 && chmod(path, 0700) == 0)
		drift(report, path, "somebody has changed its mode to %04o; it is 0700 again", status.st_mode & 07777);
	fd = open_directory(path, report);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int mend_mark(const struct pins *pins, struct report *report)
{
	if (core_maps_is_daemon(pins))
		return 0;
	drift(report, NULL, "somebody has removed the mark of this process as the daemon; it is marked again");
	return core_maps_mark_daemon(pins->daemon, report);
}

int pins_mend(struct pins *pins, struct report *report)
{
	CLEANUP(cleanup_free) char *lost = NULL;
	int error = mend_root(pins, report);

	if (!error)
		error = mend_directory(PINS_ROOT, report);
	if (!error)
		error = mend_directory(PINS_PATH, report);
	if (!error)
		error = mend_directory(PINNED_PLUGINS, report);
	if (!error)
		error = mend_mark(pins, report);
	lost = error ? NULL : core_maps_lost_pin(pins);
	if (!lost)
		return error;
	pins_report_lost(NULL, lost, report);
	(void)unlink(lost);
	return core_maps_pin(pins, report);
}

void pins_report_lost(const char *plugin, const char *path, struct report *report)
{
	struct report_item *item = report_add(report, REPORT_ERROR, "drift", path,
					      "somebody has removed or replaced this pin; it is pinned anew");

	if (plugin)
		report_plugin(item, plugin);
}

void pins_close(struct pins *pins)
{
	pins_show(pins);
	core_maps_close(pins);
	cleanup_close(&pins->directory);
	*pins = (struct pins)PINS_CLOSED;
}

/* If this process is killed meanwhile, a successor finds all of the directory or nothing. Returns as remove_tree(). */
static int remove_at_once(const char *path)
{
	(void)remove_tree(REMOVED_PINS);
	if (rename(path, REMOVED_PINS) < 0)
		return errno == ENOENT ? 0 : -errno;
	return remove_tree(REMOVED_PINS);
}

void pins_abandon(struct pins *pins)
{
	if (!pins->inherited)
		(void)pins_remove_all();
	pins_close(pins);
}

static bool is_other_layout(const char *name)
{
	return name[0] == 'v' && isdigit((unsigned char)name[1]) && strcmp(name, strrchr(PINS_PATH, '/') + 1) != 0;
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

int pins_remove_layout(const char *path)
{
	return remove_tree(path);
}

int pins_remove_all(void)
{
	int error = remove_at_once(PINS_PATH);

	(void)rmdir(PINS_ROOT); /* fails where pins of another layout are in it */
	return error;
}

void pins_report_kept(const char *plugin, int error, struct report *report)
{
	struct report_item *item;

	if (!error)
		return;
	item = report_add(report, REPORT_ERROR, "pins_failed", PINS_PATH,
			  "cannot be removed: %s: what is pinned there is still in force", strerror(-error));
	if (plugin)
		report_plugin(item, plugin);
	report_remedy(item, "%srun bpflock --unload as root in the initial namespaces",
		      error == -EROFS ? "mount -o remount,rw /sys/fs/bpf, and " : "");
}

void pins_restore(struct report *report)
{
	CLEANUP(cleanup_close) int directory = -1;
	CLEANUP(cleanup_close) int version = -1;

	if (fdstore_is_empty())
		return;
	directory = open_directory(PINS_ROOT, report);
	if (directory < 0 || take_lock(directory, report) < 0)
		return;
	version = open_directory(PINS_PATH, report);
	if (version >= 0)
		fdstore_take(report);
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

char *pins_generation_path(const char *plugin, __u64 generation)
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
	CLEANUP(cleanup_free) char *path = pins_generation_path(plugin, generation);

	return mkdir(path, 0700) < 0 ? NULL : xstrdup(path);
}

int pins_remove_generation(const char *plugin, __u64 generation)
{
	CLEANUP(cleanup_free) char *path = pins_generation_path(plugin, generation);

	return remove_tree(path);
}

int pins_remove_generations(const char *plugin, __u64 keep)
{
	CLEANUP(cleanup_free) char *path = pins_plugin_path(plugin);
	struct dirent *entry;
	DIR *directory;
	int error = 0;

	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		__u64 generation = generation_of(entry->d_name);

		if (!error && generation && generation != keep)
			error = pins_remove_generation(plugin, generation);
	}
	if (directory)
		closedir(directory);
	return error;
}

int pins_remove_plugin(const char *plugin)
{
	CLEANUP(cleanup_free) char *path = pins_plugin_path(plugin);

	return remove_at_once(path);
}

/*
 * The kernel releases the object of an unlinked inode in an RCU callback. The callback runs a moment after its grace
 * period, so this waits for two grace periods.
 */
void pins_await_removal(void)
{
	for (int i = 0; i < 2; i++)
		kernel_wait_for_grace_period();
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
