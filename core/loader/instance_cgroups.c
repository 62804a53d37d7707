/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroups that a plugin's section names: in its options, and as exceptions. */
#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "loader/instance.h"
#include "policy/exceptions.h"
#include "util/memory.h"

static int complain(const struct instance *instance, int error, struct report *report)
{
	struct report_item *item = report_add(
		report, REPORT_ERROR, "cgroups_failed", NULL,
		"the cgroups that its section names cannot be watched, or one cannot be added: %s", strerror(-error));

	report_plugin(item, instance->plugin->name);
	if (error == -ENOSPC || error == -EMFILE)
		report_remedy(item, "raise the sysctl fs.inotify.max_user_%s",
			      error == -ENOSPC ? "watches" : "instances");
	return error;
}

/* Of the section in force: a reload replaces it, and keeps these values where it keeps the instance. */
static int refresh_option(const struct instance *instance, const struct watched_option *watched)
{
	const struct config_value *value = &instance->section->values[watched->option];

	cgroup_scan_begin(watched->watch);
	for (size_t i = 0; i < value->count; i++)
		cgroup_scan_path(watched->watch, value->strings[i]);
	return cgroup_scan_end(watched->watch);
}

static int watch_option(struct instance *instance, size_t option, const char *root, int epoll)
{
	int map = instance_map_fd(instance, instance->section->options[option].map);
	struct watched_option watched = { .option = option };
	int error = cgroup_watch_open(root, map, epoll, &watched.watch);

	if (error)
		return error;
	instance->watched = xreallocarray(instance->watched, instance->watched_count + 1, sizeof(*instance->watched));
	instance->watched[instance->watched_count++] = watched;
	return refresh_option(instance, &watched);
}

/* Exceptions have no map: they are the policy's. */
static bool is_watched(const struct config_value *value)
{
	return value->option->type == BPFLOCK_OPTION_CGROUP && value->option->map && value->count;
}

int instance_watch_options(struct instance *instance, int epoll, struct report *report)
{
	const struct config_section *section = instance->section;
	CLEANUP(cleanup_free) char *root = cgroup_root("/proc/self/mounts");
	int error = 0;

	for (size_t i = 0; !error && i < section->value_count; i++)
		if (is_watched(&section->values[i]))
			error = root ? watch_option(instance, i, root, epoll) : -ENODEV;
	return error ? complain(instance, error, report) : 0;
}

int instance_prepare_exceptions(struct instance *instance, const struct config_section *section, int epoll,
				struct report *report)
{
	int error;

	if (instance->exceptions_map < 0 || !exceptions_wanted(section))
		return 0;
	error = exceptions_watch(section, instance->exceptions_map, epoll, &instance->next_exceptions);
	return error ? complain(instance, error, report) : 0;
}

void instance_commit_exceptions(struct instance *instance)
{
	exceptions_end(instance->exceptions, instance->next_exceptions);
	instance->exceptions = instance->next_exceptions;
	instance->next_exceptions = NULL;
}

void instance_discard_exceptions(struct instance *instance)
{
	instance->next_exceptions = exceptions_end(instance->next_exceptions, instance->exceptions);
}

size_t instance_mend_exceptions(const struct instance *instance)
{
	return instance->exceptions ? exceptions_mend(instance->exceptions) : 0;
}

void instance_refresh_cgroups(struct instance *instance, struct report *report)
{
	int error = instance->exceptions ? exceptions_refresh(instance->exceptions) : 0;

	for (size_t i = 0; i < instance->watched_count; i++) {
		int failed = refresh_option(instance, &instance->watched[i]);

		error = failed ? failed : error;
	}
	if (error)
		(void)complain(instance, error, report);
}

void instance_close_cgroups(struct instance *instance)
{
	instance->exceptions = exceptions_close(instance->exceptions);
	instance->next_exceptions = exceptions_close(instance->next_exceptions);
	for (size_t i = 0; i < instance->watched_count; i++)
		cgroup_watch_close(instance->watched[i].watch);
	free(instance->watched);
	instance->watched = NULL;
	instance->watched_count = 0;
}
