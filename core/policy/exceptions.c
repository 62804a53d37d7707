/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/exceptions.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "policy/sessions.h"
#include "util/filesystem.h"
#include "util/memory.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
/* Events about directories that appear or disappear. */
#define WATCHED (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR)

/**
 * struct exceptions - the exceptions of one section
 * @section:  not owned
 * @map:      fd of the set of cgroup ids; not owned
 * @epoll:    becomes readable when @inotify or @sessions do
 * @inotify:  watches the directories in which named cgroups may appear
 * @sessions: watches logind; NULL without `except_sessions`
 * @ids:      the ids that are in the map now
 * @count:    number of @ids
 */
struct exceptions {
	const struct config_section *section;
	int map;
	int epoll;
	int inotify;
	struct sessions *sessions;
	__u64 *ids;
	size_t count;
};

/* The ids that a scan has found so far, and the last error of watching. */
struct scan {
	const struct exceptions *exceptions;
	__u64 *ids;
	size_t count;
	int error;
};

static const char *const lists[] = { "except_cgroups", "except_units" };

/* The first option that names an exception, or NULL. */
static const struct config_value *first_wanted(const struct config_section *section)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct config_value *list = config_value(section, lists[i]);

		if (list->count)
			return list;
	}
	if (config_number(section, "except_sessions") != SESSIONS_NONE)
		return config_value(section, "except_sessions");
	return NULL;
}

bool exceptions_wanted(const struct config_section *section)
{
	return first_wanted(section);
}

static void complain(struct report *report, const struct config_section *section, const struct config_value *value,
		     const char *what, const char *remedy)
{
	report_remedy(report_add(report, REPORT_ERROR, "config_error", value->origin, "[%s] %s: %s", section->name,
				 value->option->name, what),
		      "%s", remedy);
}

/* Not "." or "..". Only the last component may be empty, after a slash at the end. */
static bool is_component(const char *text)
{
	size_t length = strcspn(text, "/");

	if (length == 0)
		return !*text;
	return length > 2 || strncmp(text, "..", length) != 0;
}

static bool is_path(const char *text)
{
	if (text[0] != '/')
		return false;
	for (const char *slash = text; slash; slash = strchr(slash + 1, '/'))
		if (!is_component(slash + 1))
			return false;
	return true;
}

/* A unit's name is one component, with the suffix of a kind of unit that has processes. */
static bool is_unit(const char *text)
{
	static const char *const suffixes[] = { ".service", ".scope", ".slice" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes) && !strchr(text, '/'); i++) {
		const char *dot = strrchr(text, '.');

		if (dot && dot != text && strcmp(dot, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static void check_items(const struct config_section *section, const char *list, bool (*is_valid)(const char *text),
			const char *valid, struct report *report)
{
	const struct config_value *value = config_value(section, list);

	for (size_t i = 0; i < value->count; i++) {
		CLEANUP(cleanup_free) char *what = NULL;

		if (is_valid(value->strings[i]))
			continue;
		what = xasprintf("'%s' is not valid", value->strings[i]);
		complain(report, section, value, what, valid);
	}
}

static bool is_template(const char *unit)
{
	const char *at = strrchr(unit, '@');

	return at && at[1] == '.';
}

/* Where systemd looks for units, most important first. */
static const char *const unit_directories[] = {
	"/etc/systemd/system",	   "/run/systemd/system", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system",
};

/* The unit to which a symbolic link of this name leads: an alias. NULL for any other name, also of a masked unit. */
static char *unit_behind_alias(const char *unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_directories); i++) {
		CLEANUP(cleanup_free) char *path = xasprintf("%s/%s", unit_directories[i], unit);
		char target[PATH_MAX];
		ssize_t length = readlink(path, target, sizeof(target) - 1);
		const char *name;

		if (length < 0)
			continue;
		target[length] = '\0';
		name = basename(target);
		return is_unit(name) && strcmp(name, unit) != 0 ? xstrdup(name) : NULL;
	}
	return NULL;
}

/* The name of a cgroup is that of its unit: neither an alias nor a template has one. */
static void check_names_of_units(const struct config_section *section, struct report *report)
{
	const struct config_value *units = config_value(section, "except_units");

	for (size_t i = 0; i < units->count; i++) {
		const char *unit = units->strings[i];
		CLEANUP(cleanup_free) char *behind = unit_behind_alias(unit);
		CLEANUP(cleanup_free) char *what = NULL;
		CLEANUP(cleanup_free) char *remedy = NULL;

		if (is_template(unit)) {
			what = xasprintf("'%s' is a template, which has no cgroup", unit);
			complain(report, section, units, what, "name its instances, or the slice that contains them");
		} else if (behind) {
			what = xasprintf("'%s' is an alias, whose cgroup has the name %s", unit, behind);
			remedy = xasprintf("write %s", behind);
			complain(report, section, units, what, remedy);
		}
	}
}

void exceptions_check(const struct config_section *section, struct report *report)
{
	const struct config_value *sessions = config_value(section, "except_sessions");
	const struct config_value *wanted = first_wanted(section);
	const char *problem;

	check_items(section, "except_cgroups", is_path,
		    "valid: a path from the root of the hierarchy, such as /system.slice/fwupd.service", report);
	check_items(section, "except_units", is_unit, "valid: NAME.service, NAME.scope, NAME.slice", report);
	check_names_of_units(section, report);
	problem = sessions_unavailable();
	if (problem && config_number(section, "except_sessions") != SESSIONS_NONE)
		complain(report, section, sessions, problem, "only `none` is valid on this system");
	if (wanted && !filesystem_is(CGROUP_ROOT, CGROUP2_SUPER_MAGIC))
		complain(report, section, wanted, "exceptions need cgroup v2 alone on " CGROUP_ROOT,
			 "boot with systemd.unified_cgroup_hierarchy=1");
}

static void add_id(struct scan *scan, const struct stat *status)
{
	for (size_t i = 0; i < scan->count; i++)
		if (scan->ids[i] == status->st_ino)
			return;
	scan->ids = xreallocarray(scan->ids, scan->count + 1, sizeof(*scan->ids));
	scan->ids[scan->count++] = status->st_ino;
}

static void add_if_there(struct scan *scan, const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		add_id(scan, &status);
}

/* The directory may disappear at any time: its parent is watched as well. Any other error makes changes go unseen. */
static void watch(struct scan *scan, const char *path)
{
	if (inotify_add_watch(scan->exceptions->inotify, path, WATCHED) < 0 && errno != ENOENT && errno != ENOTDIR)
		scan->error = -errno;
}

/* Watches every directory above a path, to see the path appear, and adds its id if it exists now. */
static void scan_path(struct scan *scan, const char *cgroup)
{
	CLEANUP(cleanup_free) char *path = xasprintf(CGROUP_ROOT "%s", cgroup);
	size_t slash = strlen(CGROUP_ROOT);

	while (path[slash]) {
		path[slash] = '\0';
		watch(scan, path);
		path[slash] = '/';
		slash += 1 + strcspn(path + slash + 1, "/");
	}
	add_if_there(scan, path);
}

static bool is_slice(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_type == DT_DIR && dot && strcmp(dot, ".slice") == 0;
}

/*
 * Searches slices only. Below a service or a scope a cgroup may be delegated, and its owner could name a cgroup like a
 * unit there.
 */
static void scan_slice(struct scan *scan, const char *path, const struct config_value *units)
{
	struct dirent *entry;
	DIR *directory;

	watch(scan, path); /* before reading it: what appears later causes an event */
	for (size_t i = 0; i < units->count; i++) {
		CLEANUP(cleanup_free) char *unit = xasprintf("%s/%s", path, units->strings[i]);

		add_if_there(scan, unit);
	}
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		CLEANUP(cleanup_free) char *below = NULL;

		if (!is_slice(entry))
			continue;
		below = xasprintf("%s/%s", path, entry->d_name);
		scan_slice(scan, below, units);
	}
	if (directory)
		closedir(directory);
}

static void scan_session(void *context, const char *cgroup)
{
	scan_path(context, cgroup);
}

static void scan_all(struct scan *scan)
{
	const struct config_section *section = scan->exceptions->section;
	const struct config_value *cgroups = config_value(section, "except_cgroups");
	const struct config_value *units = config_value(section, "except_units");

	for (size_t i = 0; i < cgroups->count; i++)
		scan_path(scan, cgroups->strings[i]);
	if (units->count)
		scan_slice(scan, CGROUP_ROOT, units);
	if (scan->exceptions->sessions)
		sessions_each_active_local(scan->exceptions->sessions, scan_session, scan);
}

static bool has_id(const __u64 *ids, size_t count, __u64 id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Adds new ids before it removes old ones. Ids of cgroups are not reused. */
static int update_map(const struct exceptions *exceptions, const struct scan *scan)
{
	const __u8 present = 1;

	for (size_t i = 0; i < scan->count; i++)
		if (!has_id(exceptions->ids, exceptions->count, scan->ids[i]) &&
		    bpf_map_update_elem(exceptions->map, &scan->ids[i], &present, BPF_ANY) < 0)
			return -errno;
	for (size_t i = 0; i < exceptions->count; i++)
		if (!has_id(scan->ids, scan->count, exceptions->ids[i]))
			(void)bpf_map_delete_elem(exceptions->map, &exceptions->ids[i]);
	return 0;
}

static void discard_events(int inotify)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(inotify, events, sizeof(events)) > 0)
		;
}

int exceptions_refresh(struct exceptions *exceptions)
{
	struct scan scan = { .exceptions = exceptions };
	int error;

	/* Before the scan: changes during the scan cause new events. */
	discard_events(exceptions->inotify);
	if (exceptions->sessions)
		sessions_flush(exceptions->sessions);
	scan_all(&scan);
	error = update_map(exceptions, &scan);
	free(exceptions->ids);
	exceptions->ids = scan.ids;
	exceptions->count = scan.count;
	return error ? error : scan.error;
}

static int wait_for(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_exceptions(struct exceptions *exceptions)
{
	int error;

	exceptions->epoll = epoll_create1(EPOLL_CLOEXEC);
	exceptions->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	error = wait_for(exceptions->epoll, exceptions->inotify);
	if (error || config_number(exceptions->section, "except_sessions") == SESSIONS_NONE)
		return error;
	error = sessions_open(&exceptions->sessions);
	return error ? error : wait_for(exceptions->epoll, sessions_fd(exceptions->sessions));
}

int exceptions_watch(const struct config_section *section, int map, struct exceptions **ret)
{
	struct exceptions *exceptions = xcalloc(1, sizeof(*exceptions));
	int error;

	*exceptions = (struct exceptions){ .section = section, .map = map, .epoll = -1, .inotify = -1 };
	error = open_exceptions(exceptions);
	if (!error)
		error = exceptions_refresh(exceptions);
	if (error)
		exceptions_end(exceptions, NULL);
	else
		*ret = exceptions;
	return error;
}

struct exceptions *exceptions_end(struct exceptions *exceptions, const struct exceptions *staying)
{
	if (!exceptions)
		return NULL;
	for (size_t i = 0; i < exceptions->count; i++)
		if (!staying || !has_id(staying->ids, staying->count, exceptions->ids[i]))
			(void)bpf_map_delete_elem(exceptions->map, &exceptions->ids[i]);
	return exceptions_close(exceptions);
}

struct exceptions *exceptions_close(struct exceptions *exceptions)
{
	if (!exceptions)
		return NULL;
	sessions_close(exceptions->sessions);
	if (exceptions->inotify >= 0)
		close(exceptions->inotify);
	if (exceptions->epoll >= 0)
		close(exceptions->epoll);
	free(exceptions->ids);
	free(exceptions);
	return NULL;
}

int exceptions_fd(const struct exceptions *exceptions)
{
	return exceptions->epoll;
}
