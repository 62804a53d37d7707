/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/commands.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/options.h"
#include "daemon/settings.h"
#include "kernel/kernel.h"
#include "loader/loader.h"
#include "log/log.h"
#include "util/memory.h"

/* What the daemon would know before it changes anything on the machine. */
struct view {
	struct kernel kernel;
	struct settings settings;
	struct config *config;
	struct report report;
};

static int view_open(struct view *view, const struct config_sources *sources)
{
	*view = (struct view){ 0 };
	kernel_probe(&view->kernel);
	return settings_load(sources, &view->kernel, &view->settings, &view->config, &view->report);
}

static void view_close(struct view *view)
{
	report_clear(&view->report);
	config_free(view->config);
	settings_free(&view->settings);
	kernel_release(&view->kernel);
}

/* What would only fail when the daemon starts. */
static int check_start(struct view *view)
{
	const struct config_value *outputs = config_value(settings_core(view->config), "log_output");

	(void)log_check_files((const char *const *)outputs->strings, outputs->count, outputs->origin, &view->report);
	for (size_t i = 0; i < view->settings.plugins.count; i++) {
		const struct plugin *plugin = &view->settings.plugins.items[i];
		const struct config_section *section = settings_section(view->config, plugin);

		if (section->enabled && !plugin->refusal)
			(void)instance_check_options(plugin, section, &view->report);
	}
	return view->report.errors ? -EINVAL : 0;
}

int command_check_config(const struct config_sources *sources)
{
	struct view view;
	int error;

	libbpf_log_install();
	error = view_open(&view, sources);
	if (!error)
		error = check_start(&view);

	report_print(&view.report, stderr);
	if (!error)
		puts("The configuration is valid.");
	view_close(&view);
	return error ? EXIT_CONFIG : EXIT_SUCCESS;
}

int command_dump_config(const struct config_sources *sources)
{
	struct view view;
	int error = view_open(&view, sources);

	report_print(&view.report, stderr);
	if (!error)
		config_dump(view.config, stdout);
	view_close(&view);
	return error ? EXIT_CONFIG : EXIT_SUCCESS;
}

static void list_plugin(const struct plugin *plugin, const struct config *config)
{
	const struct bpflock_plugin *descriptor = &plugin->descriptor;

	if (plugin->refusal)
		printf("%-15s %-8s %-9s refused: %s\n", plugin->name, "-", "-", plugin->refusal);
	else
		printf("%-15s %-8s %-9s %s, %s\n", plugin->name, descriptor->version,
		       config && settings_section(config, plugin)->enabled ? "enabled" : "disabled",
		       plugin_is_enforcer(plugin) ? "enforcer" : "observer", descriptor->summary);
}

/* The plugins are listed also where the configuration is bad: the list may help to find the mistake. */
int command_list_plugins(const struct config_sources *sources)
{
	struct view view;
	int error = view_open(&view, sources);

	report_print(&view.report, stderr);
	for (size_t i = 0; i < view.settings.plugins.count; i++)
		list_plugin(&view.settings.plugins.items[i], view.config);
	view_close(&view);
	return error ? EXIT_CONFIG : EXIT_SUCCESS;
}

static void print_values(const struct bpflock_table *table)
{
	const struct bpflock_value *values = table->rows;

	for (__u32 i = 0; i < table->count; i++)
		printf("    %-16s %s\n", values[i].name,
		       values[i].summary ? values[i].summary : "the same as the one above");
}

static const char *type_name(const struct bpflock_option *option)
{
	static const char *const names[] = {
		[BPFLOCK_OPTION_BOOL] = "yes | no",
		[BPFLOCK_OPTION_UINT] = "number",
		[BPFLOCK_OPTION_SIZE] = "size: 4096, 64K, 1M",
		[BPFLOCK_OPTION_DURATION] = "duration: 500ms, 10s, 0",
		[BPFLOCK_OPTION_CHOICE] = "one of",
		[BPFLOCK_OPTION_STRING] = "text",
		[BPFLOCK_OPTION_CGROUP] = "path of a cgroup",
	};

	return names[option->type];
}

static void print_options(const char *plugin, const struct bpflock_table *table)
{
	const struct bpflock_option *options = table->rows;

	for (__u32 i = 0; i < table->count; i++) {
		CLEANUP(cleanup_free) char *variable = config_variable_name(plugin, options[i].name);

		printf("%s = %s\n    %s (%s%s)\n    %s\n", options[i].name,
		       options[i].initial ? options[i].initial : "", options[i].summary, type_name(&options[i]),
		       options[i].flags & BPFLOCK_OPTION_LIST ? "; a list, separated by commas" : "", variable);
		print_values(&options[i].values);
	}
}

static void print_events(const struct bpflock_plugin *descriptor)
{
	const struct bpflock_event_type *events = descriptor->events.rows;

	for (__u32 i = 0; i < descriptor->events.count; i++) {
		const struct bpflock_field *fields = events[i].fields.rows;

		printf("event=%s\n    %s\n", events[i].name, events[i].summary);
		for (__u32 j = 0; j < events[i].fields.count; j++)
			printf("    %-16s %s\n", fields[j].name, fields[j].summary);
	}
}

static void print_group(void *context, const char *group)
{
	const struct operations *operations = context;

	printf("@%s\n   ", group);
	for (size_t i = 0; i < operations->count; i++)
		if (operations->items[i].index >= 0 && operation_is_in(&operations->items[i], group))
			printf(" %s", operations->items[i].name);
	putchar('\n');
}

static void print_operation(const struct operation *operation)
{
	fputs(operation->name, stdout);
	if (*operation->aliases)
		printf("  (or %s)", operation->aliases);
	if (operation->index < 0)
		fputs("  (not in this kernel)", stdout);
	printf("\n    %s\n", operation->summary);
}

static void print_operations(const struct operations *operations)
{
	if (!operations->count)
		return;
	puts("\nOperations, for block and allow:\n");
	for (size_t i = 0; i < operations->count; i++)
		print_operation(&operations->items[i]);
	puts("\nGroups, and their operations in this kernel:\n");
	operations_each_group(operations, print_group, (void *)(uintptr_t)operations);
}

static void print_program(void *context, const struct program *program)
{
	const char *note = "";

	(void)context;
	if (program->missing)
		note = program->optional ? "  (not in this kernel, where another program does its work)" :
					   "  (not in this kernel: the plugin cannot run)";
	printf("%s%s\n    %s\n", program->hook, note,
	       program->operations ? program->operations : "decides no operation");
}

static void print_plugin(const struct plugin *plugin, const struct kernel *kernel)
{
	const struct bpflock_plugin *descriptor = &plugin->descriptor;
	bool enforcer = plugin_is_enforcer(plugin);

	printf("%s %s: %s\n%s\n\n[%s]\n\n", descriptor->name, descriptor->version, descriptor->summary,
	       descriptor->license, descriptor->name);
	print_options(plugin->name, enforcer ? &enforcer_options : &observer_options);
	if (enforcer) {
		print_options(plugin->name, policy_defaults(&plugin->descriptor));
		print_options(plugin->name, &policy_options);
	}
	print_options(plugin->name, &descriptor->options);
	puts("\nEvents:\n");
	print_events(descriptor);
	print_operations(&plugin->operations);
	if (!enforcer)
		return;
	puts("\nHooks, and the operations that are decided there:\n");
	programs_each(plugin, kernel, print_program, NULL);
}

int command_help_plugin(const struct config_sources *sources, const char *name)
{
	struct view view;
	const struct plugin *plugin;
	int status = EXIT_CONFIG;

	libbpf_log_install();
	(void)view_open(&view, sources);
	plugin = plugins_find(&view.settings.plugins, name);
	if (plugin && !plugin->refusal) {
		kernel_load_targets(&view.kernel);
		print_plugin(plugin, &view.kernel);
		status = EXIT_SUCCESS;
	} else if (plugin) {
		fprintf(stderr, "bpflock: %s: refused: %s\n", name, plugin->refusal);
	} else {
		report_print(&view.report, stderr);
		fprintf(stderr, "bpflock: there is no plugin '%s'; --list-plugins lists them\n", name);
	}
	view_close(&view);
	return status;
}
