/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/entries.h"
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

static void add_plugin(struct plugins *plugins, const struct plugin_search *search, const char *directory,
		       const char *file, const struct plugin_names *reserved)
{
	bool is_local = strcmp(directory, BPFLOCK_LOCAL_PLUGIN_DIR) == 0;
	struct plugin *plugin;

	plugins->items = xreallocarray(plugins->items, plugins->count + 1, sizeof(*plugins->items));
	plugin = &plugins->items[plugins->count++];
	*plugin = (struct plugin){
		.name = xstrndup(file, strlen(file) - strlen(SUFFIX)),
		.path = xasprintf("%s/%s", directory, file),
	};
	plugin->unopened = is_local && !search->is_enabled(search->context, plugin->name);
	if (plugin->unopened)
		plugin->refusal = xstrdup("it was not enabled at the start, so its file was not opened");
	else
		open_plugin(plugin, reserved);
}

static struct report_item *complain(const struct plugin_search *search, const char *directory, const char *reason,
				    struct report *report)
{
	return report_add(report, search->is_default ? REPORT_WARNING : REPORT_ERROR, "plugin_dir_refused", directory,
			  "%s", reason);
}

static int load_directory(struct plugins *plugins, const struct plugin_search *search, const char *directory,
			  const struct plugin_names *reserved, struct report *report)
{
	CLEANUP(cleanup_free) char *reason = NULL;
	struct dirent **entries;
	int count = trust_directory(directory, &reason);

	if (count == -ENOENT)
		return 0;
	if (count < 0) {
		report_remedy(complain(search, directory, reason, report),
			      "set plugin_dir to the directories that have the plugins");
		return search->is_default ? 0 : count;
	}
	count = scandir(directory, &entries, has_suffix, alphasort);
	if (count < 0) {
		count = -errno;
		complain(search, directory, strerror(-count), report);
		return search->is_default ? 0 : count;
	}
	for (int i = 0; i < count; i++) {
		add_plugin(plugins, search, directory, entries[i]->d_name, reserved);
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
	const char *next = search->directories;
	int result = 0;

	*ret = (struct plugins){ 0 };
	while (next) {
		size_t length = strcspn(next, ",");
		CLEANUP(cleanup_free) char *directory = config_trim(next, length);
		int error = load_directory(ret, search, directory, reserved, report);

		result = error ? error : result;
		next = next[length] ? next + length + 1 : NULL;
	}
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
