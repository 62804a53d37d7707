/* SPDX-License-Identifier: Apache-2.0 */
/* What is pinned of an instance: the links and the policy of an enforcer, and what its generations share. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "loader/instance.h"
#include "loader/loader.h"
#include "loader/pinned_map.h"
#include "util/memory.h"

static int pin_map(const struct instance *instance, const char *directory, const char *name, const char *map,
		   struct report *report)
{
	CLEANUP(cleanup_free) char *path = xasprintf("%s/%s", directory, name);
	int fd = instance_map_fd(instance, map);

	if (fd >= 0 && bpf_obj_pin(fd, path) < 0)
		return instance_fail(instance, -errno, report, "cannot pin %s", path);
	return 0;
}

static char *link_path(const char *directory, size_t number)
{
	return xasprintf("%s/link%zu", directory, number);
}

static int pin_links(const struct instance *instance, const char *directory, struct report *report)
{
	for (size_t i = 0; i < instance->link_count; i++) {
		CLEANUP(cleanup_free) char *path = link_path(directory, i);
		int error = bpf_link__pin(instance->links[i], path);

		if (error)
			return instance_fail(instance, error, report, "cannot pin %s", path);
	}
	return 0;
}

static int pin_enforcement(const struct instance *instance, struct report *report)
{
	CLEANUP(cleanup_free) char *directory = NULL;
	int error;

	directory = pins_make_generation(instance->plugin->name, instance->generation);
	if (!directory)
		return instance_fail(instance, -errno, report, "cannot make its directory on bpffs");
	error = pin_links(instance, directory, report);
	return error ? error : pin_map(instance, directory, "policy", POLICY_MAP, report);
}

/* What is pinned before it is there: the first one that is not is the one that could not be pinned. */
static int fail_to_pin(const struct instance *instance, int error, struct report *report)
{
	const char *plugin = instance->plugin->name;
	CLEANUP(cleanup_free) char *taken = error == -EEXIST ? plugin_state_lost_pin(instance->state, plugin) : NULL;
	struct report_item *item;

	if (!taken)
		return instance_fail(instance, error, report, "cannot pin what its generations share");
	item = report_add(report, REPORT_ERROR, "plugin_failed", taken,
			  "something else is pinned there, so what its generations share cannot be");
	report_plugin(item, plugin);
	report_remedy(item, "remove it (rm %s), then reload or start again", taken);
	return error;
}

int instance_pin(struct instance *instance, struct report *report)
{
	int error = pins_make_plugin(instance->plugin->name, &instance->made_directory);

	if (!error)
		error = plugin_state_pin(instance->state, instance->plugin->name);
	if (error)
		return fail_to_pin(instance, error, report);
	return plugin_is_enforcer(instance->plugin) ? pin_enforcement(instance, report) : 0;
}

char *instance_lost_pin(const struct instance *instance)
{
	CLEANUP(cleanup_free) char *directory = pins_generation_path(instance->plugin->name, instance->generation);
	CLEANUP(cleanup_free) char *policy = xasprintf("%s/policy", directory);
	int policy_fd = instance_map_fd(instance, POLICY_MAP);

	for (size_t i = 0; plugin_is_enforcer(instance->plugin) && i < instance->link_count; i++) {
		char *path = link_path(directory, i);

		if (!pinned_is(path, bpf_link__fd(instance->links[i])))
			return path;
		free(path);
	}
	if (policy_fd >= 0 && !pinned_is(policy, policy_fd))
		return xstrdup(policy);
	return plugin_state_lost_pin(instance->state, instance->plugin->name);
}

void instance_unpin(const struct instance *instance)
{
	if (instance->made_directory)
		(void)pins_remove_plugin(instance->plugin->name);
	else
		(void)pins_remove_generation(instance->plugin->name, instance->generation);
}

static struct bpf_link *open_link(const char *directory, size_t number)
{
	CLEANUP(cleanup_free) char *path = link_path(directory, number);

	return bpf_link__open(path);
}

/* Opens the pinned links: after their pins are removed, closing the descriptors detaches the programs. */
static void open_links(struct instance *instance)
{
	CLEANUP(cleanup_free) char *directory = pins_generation_path(instance->plugin->name, instance->generation);
	struct bpf_link *link;

	while ((link = open_link(directory, instance->link_count))) {
		instance->links = xreallocarray(instance->links, instance->link_count + 1, sizeof(*instance->links));
		instance->links[instance->link_count++] = link;
	}
}

struct instance *instance_of_predecessor(const struct plugin *plugin)
{
	struct instance *instance = xcalloc(1, sizeof(*instance));

	*instance = (struct instance){ .plugin = plugin, .exceptions_map = -1 };
	if (plugin_state_open(plugin, &instance->state) < 0) {
		free(instance);
		return NULL;
	}
	instance->generation = pins_last_generation(plugin->name);
	open_links(instance);
	return instance;
}
