/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/plugin_text.h"
#include "daemon/daemon.h"
#include "daemon/describe.h"
#include "daemon/schema.h"
#include "daemon/settings.h"
#include "kernel/kernel.h"
#include "loader/loader.h"
#include "log/log.h"
#include "policy/exceptions.h"
#include "util/json.h"
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

static void list_plugin(const struct view *view, const struct plugin *plugin)
{
	bool enabled = view->config && settings_section(view->config, plugin)->enabled;
	CLEANUP(cleanup_json) struct json_object *description = describe_plugin(plugin, enabled, NULL);

	plugin_text_line(description, stdout);
}

/* The plugins are listed also where the configuration is bad: the list may help to find the mistake. */
int command_list_plugins(const struct config_sources *sources)
{
	struct view view;
	int error = view_open(&view, sources);

	report_print(&view.report, stderr);
	for (size_t i = 0; i < view.settings.plugins.count; i++)
		list_plugin(&view, &view.settings.plugins.items[i]);
	view_close(&view);
	return error ? EXIT_CONFIG : EXIT_SUCCESS;
}

static void print_plugin(const struct plugin *plugin, const struct kernel *kernel)
{
	CLEANUP(cleanup_json) struct json_object *description = describe_plugin(plugin, false, kernel);

	plugin_text_details(description, stdout);
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

/* Also where the configuration is bad, as for the list. What is wrong with it matters only where nothing is found. */
static struct json_object *new_plugins(const struct config_sources *sources)
{
	struct json_object *object = json_new(), *list = json_new_list();
	struct view view;

	(void)view_open(&view, sources);
	kernel_load_targets(&view.kernel);
	if (!view.settings.plugins.count)
		report_print(&view.report, stderr);
	for (size_t i = 0; i < view.settings.plugins.count; i++) {
		const struct plugin *plugin = &view.settings.plugins.items[i];
		bool enabled = view.config && settings_section(view.config, plugin)->enabled;

		json_append(list, describe_plugin(plugin, enabled, &view.kernel));
	}
	json_add(object, "options", describe_core_options());
	json_add(object, "plugins", list);
	json_add_bool(object, "exceptions", exceptions_are_possible());
	view_close(&view);
	return object;
}

static struct json_object *new_machine(const struct config_sources *sources)
{
	struct json_object *object = json_new(), *list = json_new_list();
	struct report guarded = { 0 };
	struct kernel kernel;

	(void)sources;
	libbpf_log_install();
	(void)pins_show_process(&guarded); /* the findings are about what a daemon may do */
	report_clear(&guarded);
	kernel_probe(&kernel);
	kernel_survey(&kernel, describe_finding, list);
	kernel_release(&kernel);
	json_add(object, "findings", list);
	return object;
}

/* None where the configuration is bad. */
static struct json_object *new_outputs(const struct config_sources *sources)
{
	struct json_object *object = json_new(), *list = json_new_list();
	const struct config_value *outputs = NULL;
	struct view view;

	if (view_open(&view, sources) == 0)
		outputs = config_value(settings_core(view.config), "log_output");
	for (size_t i = 0; outputs && i < outputs->count; i++)
		json_append(list, json_text(outputs->strings[i]));
	json_add(object, "outputs", list);
	view_close(&view);
	return object;
}

static struct json_object *new_schema(const struct config_sources *sources)
{
	struct json_object *schema;
	struct view view;

	(void)view_open(&view, sources);
	if (!view.settings.plugins.count)
		report_print(&view.report, stderr);
	schema = schema_of_log(&view.settings.plugins);
	view_close(&view);
	return schema;
}

int command_describe(const struct config_sources *sources, const char *what)
{
	static const struct {
		const char *what;
		struct json_object *(*make)(const struct config_sources *sources);
	} rows[] = { { "plugins", new_plugins },
		     { "machine", new_machine },
		     { "outputs", new_outputs },
		     { "log", new_schema } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(cleanup_json) struct json_object *object = NULL;

		if (strcmp(rows[i].what, what) != 0)
			continue;
		object = rows[i].make(sources);
		puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "bpflock: '%s' cannot be described; valid: plugins, machine, outputs, log\n", what);
	return EXIT_CONFIG;
}
