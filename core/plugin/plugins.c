/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "plugin/descriptor.h"
#include "plugin/descriptor_copy.h"
#include "plugin/plugin.h"
#include "plugin/trust.h"
#include "util/crash.h"
#include "util/memory.h"

#define SUFFIX ".so"
#define ABI_MAJORS_TO_NAME 32

/* The plugin was built for another major when it exports that major's symbol. */
static char *missing_symbol_reason(void *handle, const char *path)
{
	for (unsigned int major = 0; major < ABI_MAJORS_TO_NAME; major++) {
		char symbol[sizeof(BPFLOCK_SYMBOL_PREFIX) + 8];

		snprintf(symbol, sizeof(symbol), BPFLOCK_SYMBOL_PREFIX "%u", major);
		if (dlsym(handle, symbol))
			return xasprintf("%s is built for plugin ABI %u, this daemon has %u: "
					 "build it against this version's headers",
					 path, major, BPFLOCK_ABI_MAJOR);
	}
	return xasprintf("%s has no symbol %s%u: it is not a bpflock plugin", path, BPFLOCK_SYMBOL_PREFIX,
			 BPFLOCK_ABI_MAJOR);
}

static int open_exported(const char *path, const struct bpflock_plugin **ret, char **ret_reason)
{
	char symbol[sizeof(BPFLOCK_SYMBOL_PREFIX) + 8];
	void *handle;

	/* Never closed: its callbacks, tables and strings stay in use. */
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!handle) {
		*ret_reason = xasprintf("it cannot be opened: %s", dlerror());
		return -ENOEXEC;
	}
	snprintf(symbol, sizeof(symbol), BPFLOCK_SYMBOL_PREFIX "%u", BPFLOCK_ABI_MAJOR);
	*ret = dlsym(handle, symbol);
	if (!*ret) {
		*ret_reason = missing_symbol_reason(handle, path);
		return -ENOEXEC;
	}
	return 0;
}

static void open_plugin(struct plugin *plugin, const struct plugin_names *reserved)
{
	const struct bpflock_plugin *exported;
	CLEANUP(cleanup_free) char *path = NULL;

	if (trust_file(plugin->path, &path, &plugin->refusal) < 0)
		return;
	/* Constructors of the file run here, and reading its tables crashes where a pointer is wrong. */
	crash_enter(plugin->name, "open");
	if (open_exported(path, &exported, &plugin->refusal) == 0)
		(void)descriptor_accept(exported, reserved, plugin, &plugin->refusal);
	crash_leave();
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
