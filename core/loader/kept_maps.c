/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/kept_maps.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "loader/instance.h"
#include "loader/pinned_map.h"
#include "util/memory.h"

/* kept_NAME_VERSION */
#define PREFIX "kept_"

static char *pin_name(const struct bpflock_kept_map *row)
{
	return xasprintf(PREFIX "%s_%u", row->name, row->version);
}

static int complain(const struct instance *instance, const struct bpflock_kept_map *row, int error, const char *reason,
		    struct report *report)
{
	const char *plugin = instance->plugin->name;
	struct report_item *item =
		report_add(report, REPORT_ERROR, "plugin_failed", NULL,
			   "its kept map '%s' (version %u) cannot be used: %s", row->name, row->version, reason);

	report_plugin(item, plugin);
	if (error == -ESTALE)
		report_remedy(item, "to go on with an empty map: stop bpflock, bpflock --reset-kept %s", plugin);
	return error;
}

/* Is there a pin of another version? Then its content means something else. */
static bool other_version_is_pinned(const char *directory, const struct bpflock_kept_map *row, const char *pin)
{
	CLEANUP(cleanup_free) char *prefix = xasprintf(PREFIX "%s_", row->name);
	DIR *pins = opendir(directory);
	struct dirent *entry;
	bool found = false;

	while (pins && !found && (entry = readdir(pins)))
		found = strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && strcmp(entry->d_name, pin) != 0 &&
			!strchr(entry->d_name + strlen(prefix), '_');
	if (pins)
		closedir(pins);
	return found;
}

/* Opens or makes the map of a row, as the object declares it. */
static int open_map(const struct instance *instance, const struct bpflock_kept_map *row, const struct bpf_map *map,
		    const char *pin, struct report *report)
{
	CLEANUP(cleanup_free) char *directory = pins_plugin_path(instance->plugin->name);
	const struct pinned_map kind = {
		.name = pin,
		.map_name = row->name, /* libbpf takes the name of what it reuses */
		.type = bpf_map__type(map),
		.key_size = bpf_map__key_size(map),
		.value_size = bpf_map__value_size(map),
		.entries = bpf_map__max_entries(map),
		.flags = bpf_map__map_flags(map),
	};
	int fd;

	if (other_version_is_pinned(directory, row, pin))
		return complain(instance, row, -ESTALE, "one of another version is pinned", report);
	fd = pinned_map_open(directory, &kind);
	if (fd == -EPERM)
		return complain(instance, row, -ESTALE, "what is pinned there has another type, size or flags", report);
	return fd < 0 ? complain(instance, row, fd, strerror(-fd), report) : fd;
}

/* The place in the state, which is new for the first generation of this process. */
static struct kept_map *find(struct plugin_state *state, const char *pin)
{
	for (size_t i = 0; i < state->kept_count; i++)
		if (strcmp(state->kept[i].pin, pin) == 0)
			return &state->kept[i];
	return NULL;
}

static void keep(struct plugin_state *state, const char *pin, int fd)
{
	state->kept = xreallocarray(state->kept, state->kept_count + 1, sizeof(*state->kept));
	state->kept[state->kept_count++] = (struct kept_map){ .pin = xstrdup(pin), .fd = fd };
}

static int share(const struct instance *instance, const struct bpflock_kept_map *row, struct report *report)
{
	struct bpf_map *map = bpf_object__find_map_by_name(instance->object, row->name);
	CLEANUP(cleanup_free) char *pin = pin_name(row);
	int fd, error;

	if (!find(instance->state, pin)) {
		fd = open_map(instance, row, map, pin, report);
		if (fd < 0)
			return fd;
		keep(instance->state, pin, fd);
	}
	error = bpf_map__reuse_fd(map, find(instance->state, pin)->fd);
	return error ? complain(instance, row, error, strerror(-error), report) : 0;
}

int kept_maps_share(const struct instance *instance, struct report *report)
{
	const struct bpflock_table *table = &instance->plugin->descriptor.kept_maps;
	const struct bpflock_kept_map *rows = table->rows;
	int error = 0;

	for (__u32 i = 0; !error && i < table->count; i++)
		error = share(instance, &rows[i], report);
	return error;
}

int kept_maps_pin(const struct plugin_state *state, const char *directory)
{
	int error = 0;

	for (size_t i = 0; !error && i < state->kept_count; i++)
		error = pinned_map_pin(state->kept[i].fd, directory, state->kept[i].pin);
	return error;
}

char *kept_maps_lost_pin(const struct plugin_state *state, const char *directory)
{
	for (size_t i = 0; i < state->kept_count; i++) {
		char *path = xasprintf("%s/%s", directory, state->kept[i].pin);

		if (!pinned_is(path, state->kept[i].fd))
			return path;
		free(path);
	}
	return NULL;
}

void kept_maps_close(struct plugin_state *state)
{
	for (size_t i = 0; i < state->kept_count; i++) {
		free(state->kept[i].pin);
		close(state->kept[i].fd);
	}
	free(state->kept);
}

bool kept_maps_have(const struct plugin_state *state, int fd)
{
	__u32 id = pinned_map_id(fd);

	for (size_t i = 0; i < state->kept_count; i++)
		if (pinned_map_id(state->kept[i].fd) == id)
			return true;
	return false;
}

int kept_maps_remove(const char *plugin, void (*visit)(void *context, const char *pin, int error), void *context)
{
	CLEANUP(cleanup_free) char *directory = pins_plugin_path(plugin);
	DIR *pins = opendir(directory);
	struct dirent *entry;

	if (!pins)
		return -errno;
	while ((entry = readdir(pins))) {
		CLEANUP(cleanup_free) char *path = NULL;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		path = xasprintf("%s/%s", directory, entry->d_name);
		visit(context, entry->d_name + strlen(PREFIX), unlink(path) < 0 ? -errno : 0);
	}
	closedir(pins);
	return 0;
}
