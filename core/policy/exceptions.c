/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/exceptions.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/epoll.h>

#include "cgroup/cgroup.h"
#include "policy/sessions.h"
#include "util/filesystem.h"
#include "util/memory.h"

/**
 * struct exceptions - the exceptions of one section
 * @section:  not owned
 * @watch:    their cgroups
 * @sessions: watches logind; NULL without `except_sessions`
 */
struct exceptions {
	const struct config_section *section;
	struct cgroup_watch *watch;
	struct sessions *sessions;
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
static void check_unit(const struct config_section *section, const char *unit, struct report *report)
{
	const struct config_value *units = config_value(section, "except_units");
	CLEANUP(cleanup_free) char *behind = NULL;
	CLEANUP(cleanup_free) char *what = NULL;
	CLEANUP(cleanup_free) char *remedy = NULL;

	if (!is_unit(unit)) {
		what = xasprintf("'%s' is not valid", unit);
		complain(report, section, units, what, "valid: NAME.service, NAME.scope, NAME.slice");
		return;
	}
	if (is_template(unit)) {
		what = xasprintf("'%s' is a template, which has no cgroup", unit);
		complain(report, section, units, what, "name its instances, or the slice that contains them");
		return;
	}
	behind = unit_behind_alias(unit);
	if (!behind)
		return;
	what = xasprintf("'%s' is an alias, whose cgroup has the name %s", unit, behind);
	remedy = xasprintf("write %s", behind);
	complain(report, section, units, what, remedy);
}

bool exceptions_are_possible(void)
{
	return filesystem_is(CGROUP_ROOT, CGROUP2_SUPER_MAGIC);
}

void exceptions_check(const struct config_section *section, struct report *report)
{
	const struct config_value *units = config_value(section, "except_units");
	const struct config_value *sessions = config_value(section, "except_sessions");
	const struct config_value *wanted = first_wanted(section);
	const char *problem;

	for (size_t i = 0; i < units->count; i++)
		check_unit(section, units->strings[i], report);
	problem = sessions_unavailable();
	if (problem && config_number(section, "except_sessions") != SESSIONS_NONE)
		complain(report, section, sessions, problem, "only `none` is valid on this system");
	if (wanted && !exceptions_are_possible())
		complain(report, section, wanted, "exceptions need cgroup v2 alone on " CGROUP_ROOT,
			 "boot with systemd.unified_cgroup_hierarchy=1");
}

static void scan_session(void *context, const char *cgroup)
{
	cgroup_scan_path(context, cgroup);
}

int exceptions_refresh(struct exceptions *exceptions)
{
	const struct config_value *cgroups = config_value(exceptions->section, "except_cgroups");
	const struct config_value *units = config_value(exceptions->section, "except_units");

	cgroup_scan_begin(exceptions->watch);
	for (size_t i = 0; i < cgroups->count; i++)
		cgroup_scan_path(exceptions->watch, cgroups->strings[i]);
	cgroup_scan_units(exceptions->watch, (const char *const *)units->strings, units->count);
	if (exceptions->sessions) {
		sessions_flush(exceptions->sessions);
		sessions_each_active_local(exceptions->sessions, scan_session, exceptions->watch);
	}
	return cgroup_scan_end(exceptions->watch);
}

static int watch_sessions(struct exceptions *exceptions, int epoll)
{
	struct epoll_event event = { .events = EPOLLIN };
	int error;

	if (config_number(exceptions->section, "except_sessions") == SESSIONS_NONE)
		return 0;
	error = sessions_open(&exceptions->sessions);
	if (error)
		return error;
	return epoll_ctl(epoll, EPOLL_CTL_ADD, sessions_fd(exceptions->sessions), &event) < 0 ? -errno : 0;
}

int exceptions_watch(const struct config_section *section, int map, int epoll, struct exceptions **ret)
{
	struct exceptions *exceptions = xcalloc(1, sizeof(*exceptions));
	int error;

	exceptions->section = section;
	error = cgroup_watch_open(CGROUP_ROOT, map, epoll, &exceptions->watch);
	if (!error)
		error = watch_sessions(exceptions, epoll);
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
	if (exceptions)
		exceptions->watch = cgroup_watch_end(exceptions->watch, staying ? staying->watch : NULL);
	return exceptions_close(exceptions);
}

struct exceptions *exceptions_close(struct exceptions *exceptions)
{
	if (!exceptions)
		return NULL;
	sessions_close(exceptions->sessions);
	cgroup_watch_close(exceptions->watch);
	free(exceptions);
	return NULL;
}

size_t exceptions_mend(struct exceptions *exceptions)
{
	return cgroup_watch_mend(exceptions->watch);
}
