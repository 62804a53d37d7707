/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/takeover.h"

#include "kernel/kernel.h"
#include "util/clock.h"
#include "util/memory.h"

/* Their programs end with the daemon, so nothing has counted what they missed. */
static char *running_observers(const struct manager *manager)
{
	char *names = xstrdup("");

	for (size_t i = 0; i < manager->count; i++)
		if (manager->plugins[i].instance && !plugin_is_enforcer(manager->plugins[i].plugin))
			xappend(&names, ",", "%s", manager->plugins[i].plugin->name);
	return names;
}

void takeover_log_gap(struct log *log, const struct manager *manager, const struct pins *pins, __u64 records)
{
	CLEANUP(cleanup_free) char *observers = running_observers(manager);
	struct log_record record = log_daemon_record(LOG_LEVEL_WARNING, "gap");
	__u64 now = clock_since_boot();

	if (!pins->inherited_heartbeat)
		return;
	log_time(&record, "since", clock_wall_time(pins->inherited_heartbeat, clock_boot_time()));
	log_time(&record, "until", clock_wall_time(now, clock_boot_time()));
	log_uint(&record, "milliseconds", (now - pins->inherited_heartbeat) / 1000000);
	log_uint(&record, "records", records);
	if (*observers)
		log_str(&record, "observers", observers);
	log_write(log, &record);
}

void takeover_log_sink_losses(struct log *log)
{
	struct log_record record = log_daemon_record(LOG_LEVEL_WARNING, "events_lost");
	struct log_kept inherited = log_inherited_begins(log);

	log_uint(&record, "count", inherited.lost);
	log_str(&record, "stage", "sink");
	log_str(&record, "of", "predecessor");
	log_uint(&record, "uncertain", inherited.uncertain);
	if (inherited.lost)
		log_write(log, &record);
	log_inherited_ends(log);
}

struct orphans {
	const struct plugins *plugins;
	struct report *report;
};

static void report_orphan(void *context, const char *plugin)
{
	const struct orphans *orphans = context;
	struct report_item *item;

	if (plugins_find(orphans->plugins, plugin) || !pins_last_generation(plugin))
		return;
	item = report_add(orphans->report, REPORT_WARNING, "orphan", NULL,
			  "its pinned programs stay in force, but the plugin is not installed");
	report_plugin(item, plugin);
	report_remedy(item, "install the plugin again, or stop this daemon and run bpflock --unload %s", plugin);
}

void takeover_report_orphans(const struct plugins *plugins, struct report *report)
{
	struct orphans orphans = { .plugins = plugins, .report = report };

	pins_each_plugin(report_orphan, &orphans);
}

static void replace_layout(void *context, const char *path)
{
	struct report *report = context;

	report_add(report, REPORT_WARNING, "layout_replaced", path,
		   "was pinned by a bpflock with another layout: its programs are replaced, "
		   "and records that it had not read are lost");
	pins_report_kept(NULL, pins_remove_layout(path), report);
}

void takeover_replace_layouts(struct report *report)
{
	pins_each_other_layout(replace_layout, report);
}

static void report_other(void *context, const char *program, __u32 link)
{
	struct report *report = context;
	struct report_item *item;

	item = report_add(report, REPORT_WARNING, "other_instance", NULL,
			  "program %s (link %u) belongs to another bpflock, whose pins are not on "
			  "this bpffs",
			  program, link);
	report_remedy(item, "find its process (bpftool link show id %u), and end it", link);
}

void takeover_report_others(const struct pins *pins, struct report *report)
{
	foreign_links_each(pins, report_other, report);
}

struct overrides {
	const struct kernel *kernel;
	struct report *report;
};

static void report_override(void *context, const struct hook_program *program)
{
	const struct overrides *overrides = context;
	const char *function = kernel_target_name(overrides->kernel, program->function);

	if (program->overrides)
		report_add(overrides->report, REPORT_NOTICE, "override_program", NULL,
			   "program %u (%s) on %s was loaded before bpflock: it can change what the kernel decides",
			   program->id, program->name, function ? function : "an unknown hook");
}

void takeover_report_overrides(const struct kernel *kernel, const struct pins *pins, struct report *report)
{
	struct overrides overrides = { .kernel = kernel, .report = report };

	hook_programs_each(pins->protected, report_override, &overrides);
}
