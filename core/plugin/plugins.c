/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "plugin/descriptor.h"
#include "plugin/descriptor_copy.h"
#include "plugin/plugin.h"
#include "plugin/plugin_file.h"
#include "plugin/trust.h"
#include "util/memory.h"

#define SUFFIX ".so"

static void open_plugin(struct plugin *plugin, const struct plugin_names *reserved)
{
	CLEANUP(cleanup_free) char *path = NULL;

	if (trust_file(plugin->path, &path, &plugin->refusal) == 0)
		plugin_file_open(path, reserved, plugin);
}

static int has_suffix(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length >= sizeof(SUFFIX) && strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static void add_plugin(struct plugins *plugins, const char *directory, const char *file,
		       const struct plugin_names *reserved)
{
	struct plugin *plugin;

	plugins->items = xreallocarray(plugins->items, plugins->count + 1, sizeof(*plugins->items));
	plugin = &plugins->items[plugins->count++];
	*plugin = (struct plugin){
		.name = xstrndup(file, strlen(file) - strlen(SUFFIX)),
		.path = xasprintf("%s/%s", directory, file),
	};
	open_plugin(plugin, reserved);
}

int plugins_load(const char *directory, const struct plugin_names *reserved, struct plugins *ret, struct report *report)
{
	CLEANUP(cleanup_free) char *reason = NULL;
	struct dirent **entries;
	int count;

	*ret = (struct plugins){ 0 };
	count = trust_directory(directory, &reason);
	if (count < 0) {
		report_remedy(report_add(report, REPORT_ERROR, "plugin_dir_refused", directory, "%s", reason),
			      "set plugin_dir to the directory that has the plugins");
		return count;
	}
	count = scandir(directory, &entries, has_suffix, alphasort);
	if (count < 0) {
		count = -errno;
		report_add(report, REPORT_ERROR, "plugin_dir_refused", directory,
			   "cannot read the plugin directory: %s", strerror(errno));
		return count;
	}
	for (int i = 0; i < count; i++) {
		add_plugin(ret, directory, entries[i]->d_name, reserved);
		free(entries[i]);
	}
	free(entries);
	return 0;
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
