/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/unload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "kernel/namespaces.h"
#include "loader/loader.h"
#include "util/memory.h"

static void print_name(void *context, const char *name)
{
	bool *any = context;

	*any = true;
	printf("Removed: %s\n", name);
}

static void append_name(void *context, const char *name)
{
	xappend(context, ", ", "%s", name);
}

static void remove_layout(void *context, const char *path)
{
	print_name(context, path);
	pins_remove_layout(path);
}

static int unload_all(void)
{
	bool any = false;

	pins_each_plugin(print_name, &any);
	pins_each_other_layout(remove_layout, &any);
	pins_remove_all();
	if (!any)
		puts("Nothing was pinned.");
	return EXIT_SUCCESS;
}

static int unload_plugin(const char *plugin, struct report *report)
{
	CLEANUP(cleanup_free) char *names = xstrdup("");

	if (pins_have_plugin(plugin)) {
		pins_remove_generations(plugin, 0);
		printf("Removed: %s\n", plugin);
		return EXIT_SUCCESS;
	}
	pins_each_plugin(append_name, &names);
	report_remedy(
		report_add(report, REPORT_ERROR, "unload_failed", NULL, "nothing of a plugin '%s' is pinned", plugin),
		"pinned: %s", *names ? names : "nothing");
	return EXIT_FAILURE;
}

static int unload_locked(const char *plugin, struct report *report)
{
	int directory = pins_lock(report);
	int status;

	if (directory == -ENOENT) {
		puts("Nothing was pinned.");
		return EXIT_SUCCESS;
	}
	if (directory < 0)
		return directory == -EBUSY ? EX_TEMPFAIL : EXIT_FAILURE;
	status = plugin ? unload_plugin(plugin, report) : unload_all();
	/* After this the removed programs do not decide any more. */
	pins_await_removal();
	close(directory);
	return status;
}

int unload(const char *plugin)
{
	struct report report = { 0 };
	int status;

	namespaces_enter_initial_network(&report);
	status = unload_locked(plugin, &report);
	report_print(&report, stderr);
	report_clear(&report);
	return status;
}
