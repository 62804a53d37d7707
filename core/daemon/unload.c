/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/unload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "kernel/namespaces.h"
#include "loader/loader.h"
#include "util/memory.h"

/* What was removed, and what could not be. */
struct removal {
	bool any;
	int error;
	struct report *report;
};

static void print_result(struct removal *removal, const char *name, const char *plugin, int error)
{
	removal->any = true;
	if (error)
		removal->error = error;
	else
		printf("Removed: %s\n", name);
	pins_report_kept(plugin, error, removal->report);
}

static void append_name(void *context, const char *name)
{
	xappend(context, ", ", "%s", name);
}

static void remove_layout(void *context, const char *path)
{
	print_result(context, path, NULL, pins_remove_layout(path));
}

static void remove_plugin(void *context, const char *plugin)
{
	print_result(context, plugin, plugin, pins_remove_plugin(plugin));
}

static int unload_all(const char *plugin, struct report *report)
{
	struct removal removal = { .report = report };
	int error;

	(void)plugin;
	pins_each_plugin(remove_plugin, &removal);
	pins_each_other_layout(remove_layout, &removal);
	error = pins_remove_all();
	if (error && !removal.error)
		print_result(&removal, PINS_PATH, NULL, error);
	if (!removal.any)
		puts("Nothing was pinned.");
	return removal.error ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int complain_unpinned(const char *plugin, struct report *report)
{
	CLEANUP(cleanup_free) char *names = xstrdup("");

	pins_each_plugin(append_name, &names);
	report_remedy(
		report_add(report, REPORT_ERROR, "unload_failed", NULL, "nothing of a plugin '%s' is pinned", plugin),
		"pinned: %s", *names ? names : "nothing");
	return EXIT_FAILURE;
}

static int unload_plugin(const char *plugin, struct report *report)
{
	struct removal removal = { .report = report };

	if (!pins_have_plugin(plugin))
		return complain_unpinned(plugin, report);
	remove_plugin(&removal, plugin);
	return removal.error ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void print_kept(void *context, const char *pin, int error)
{
	CLEANUP(cleanup_free) char *name = xasprintf("kept map %s", pin);

	print_result(context, name, NULL, error);
}

static int reset_plugin(const char *plugin, struct report *report)
{
	struct removal removal = { .report = report };

	if (!pins_have_plugin(plugin))
		return complain_unpinned(plugin, report);
	(void)kept_maps_remove(plugin, print_kept, &removal);
	if (!removal.any)
		printf("%s has no kept maps.\n", plugin);
	return removal.error ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Removes of a plugin, or (NULL) of all, what `remove` removes. */
static int with_lock(int (*remove)(const char *plugin, struct report *report), const char *plugin,
		     struct report *report)
{
	int directory = pins_lock(report);
	int status;

	if (directory == -ENOENT) {
		puts("Nothing was pinned.");
		return EXIT_SUCCESS;
	}
	if (directory < 0)
		return directory == -EALREADY ? EX_TEMPFAIL : EXIT_FAILURE;
	status = remove(plugin, report);
	/* A moment after this the kernel has detached the programs, by a work queue. */
	pins_await_removal();
	close(directory);
	return status;
}

static int run(int (*remove)(const char *plugin, struct report *report), const char *plugin)
{
	struct report report = { 0 };
	int status;

	namespaces_enter_initial_network(&report);
	status = with_lock(remove, plugin, &report);
	report_print(&report, stderr);
	report_clear(&report);
	return status;
}

int unload(const char *plugin)
{
	return run(plugin ? unload_plugin : unload_all, plugin);
}

int reset_kept(const char *plugin)
{
	return run(reset_plugin, plugin);
}
