/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "plugin/descriptor.h"
#include "plugin/descriptor_copy.h"
#include "plugin/plugin.h"
#include "plugin/plugin_file.h"
#include "plugin/trust.h"
#include "util/memory.h"

#define SUFFIX ".so"

static int has_suffix(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length >= sizeof(SUFFIX) && strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static void open_plugin(struct plugin *plugin, const struct plugin_names *reserved)
{
	CLEANUP(cleanup_free) char *path = NULL;

	if (trust_file(plugin->path, &path, &plugin->refusal) == 0)
		plugin_file_open(path, reserved, plugin);
}

/**
 * struct loading - what plugins_load() works with
 * @seen: directories without symbolic links: one that is named twice is read once
 */
struct loading {
	const struct plugin_search *search;
	const struct plugin_names *reserved;
	struct plugins *plugins;
	struct report *report;
	char **seen;
	size_t seen_count;
};

static bool is_same_directory(const char *resolved, const char *path)
{
	CLEANUP(cleanup_free) char *other = realpath(path, NULL);

	return other && strcmp(resolved, other) == 0;
}

/* However it is written. A build may have its own plugins there, which are not local then. */
static bool is_local(const char *resolved)
{
	return is_same_directory(resolved, BPFLOCK_LOCAL_PLUGIN_DIR) &&
	       !is_same_directory(resolved, BPFLOCK_PLUGIN_DIR);
}

static void add_plugin(const struct loading *loading, const char *directory, bool local, const char *file)
{
	const struct plugin_search *search = loading->search;
	struct plugins *plugins = loading->plugins;
	struct plugin *plugin;

	plugins->items = xreallocarray(plugins->items, plugins->count + 1, sizeof(*plugins->items));
	plugin = &plugins->items[plugins->count++];
	*plugin = (struct plugin){
		.name = xstrndup(file, strlen(file) - strlen(SUFFIX)),
		.path = xasprintf("%s/%s", directory, file),
	};
	plugin->unopened = local && !search->is_enabled(search->context, plugin->name);
	if (plugin->unopened)
		plugin->refusal = xstrdup("it was not enabled at the start, so its file was not opened");
	else
		open_plugin(plugin, loading->reserved);
}

/* Nobody has written the default list, so it is no error of the configuration. Returns the error that it is. */
static int complain(const struct loading *loading, const char *directory, int error, const char *reason)
{
	bool is_error = error != -ENOENT && !loading->search->is_default;

	report_remedy(report_add(loading->report, is_error ? REPORT_ERROR : REPORT_WARNING, "plugin_dir_refused",
				 directory, "%s", reason),
		      "set plugin_dir to the directories that have the plugins");
	return is_error ? error : 0;
}

static bool was_seen(struct loading *loading, const char *resolved)
{
	for (size_t i = 0; i < loading->seen_count; i++)
		if (strcmp(loading->seen[i], resolved) == 0)
			return true;
	loading->seen = xreallocarray(loading->seen, loading->seen_count + 1, sizeof(*loading->seen));
	loading->seen[loading->seen_count++] = xstrdup(resolved);
	return false;
}

static int load_directory(struct loading *loading, const char *directory)
{
	CLEANUP(cleanup_free) char *resolved = NULL;
	CLEANUP(cleanup_free) char *reason = NULL;
	struct dirent **entries;
	int count = trust_directory(directory, &resolved, &reason);
	bool local;

	if (count == -ENOENT && loading->search->is_default)
		return 0;
	if (count < 0)
		return complain(loading, directory, count, reason);
	if (was_seen(loading, resolved))
		return 0;
	count = scandir(directory, &entries, has_suffix, alphasort);
	if (count < 0)
		return complain(loading, directory, -errno, strerror(errno));
	local = is_local(resolved);
	for (int i = 0; i < count; i++) {
		add_plugin(loading, directory, local, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct plugin *)a)->name, ((const struct plugin *)b)->name);
}

/* Which of the two is meant, nobody could tell from the configuration. */
static int check_names(const struct plugins *plugins, struct report *report)
{
	int error = 0;

	for (size_t i = 1; i < plugins->count; i++) {
		const struct plugin *plugin = &plugins->items[i];

		if (strcmp(plugins->items[i - 1].name, plugin->name) != 0)
			continue;
		report_remedy(report_add(report, REPORT_ERROR, "plugin_dir_refused", plugin->path,
					 "there are two plugins of this name, the other one is %s",
					 plugins->items[i - 1].path),
			      "remove one of the files");
		error = -EEXIST;
	}
	return error;
}

int plugins_load(const struct plugin_search *search, const struct plugin_names *reserved, struct plugins *ret,
		 struct report *report)
{
	struct loading loading = { .search = search, .reserved = reserved, .plugins = ret, .report = report };
	const char *next = search->directories;
	char *directory;
	int result = 0;

	*ret = (struct plugins){ 0 };
	while ((directory = config_next_item(&next))) {
		int error = load_directory(&loading, directory);

		free(directory);
		result = error ? error : result;
	}
	for (size_t i = 0; i < loading.seen_count; i++)
		free(loading.seen[i]);
	free(loading.seen);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_names);
	return result ? result : check_names(ret, report);
}

void plugins_free(struct plugins *plugins)
{
	for (size_t i = 0; i < plugins->count; i++) {
		struct plugin *plugin = &plugins->items[i];

		free(plugin->name);
		free(plugin->path);
		free(plugin->refusal);
		descriptor_release(&plugin->descriptor);
		operations_free(&plugin->operations);
	}
	free(plugins->items);
	*plugins = (struct plugins){ 0 };
}

struct plugin *plugins_find(const struct plugins *plugins, const char *name)
{
	for (size_t i = 0; i < plugins->count; i++)
		if (strcmp(plugins->items[i].name, name) == 0)
			return &plugins->items[i];
	return NULL;
}
