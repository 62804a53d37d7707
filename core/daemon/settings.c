/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/settings.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "control/control.h"
#include "daemon/options.h"
#include "log/log.h"
#include "plugin/descriptor.h"
#include "plugin/host.h"
#include "plugin/plugin_file.h"
#include "policy/exceptions.h"
#include "util/memory.h"

static struct plugin_names reserved_names(void)
{
	const struct bpflock_plugin any = { 0 };

	return (struct plugin_names){
		.core_options = core_options,
		.plugin_options = { enforcer_options, *policy_defaults(&any), policy_options },
	};
}

static bool is_enabled(void *text, const char *plugin)
{
	return config_enables(text, plugin);
}

static int load_plugins(struct config_text *text, struct plugins *ret, struct report *report)
{
	CLEANUP(cleanup_free) char *directories = config_peek(text, "plugin_dir");
	const struct plugin_names reserved = reserved_names();
	const struct plugin_search search = {
		.directories = directories ? directories : BPFLOCK_PLUGIN_DIR "," BPFLOCK_LOCAL_PLUGIN_DIR,
		.is_default = !directories,
		.is_enabled = is_enabled,
		.context = text,
	};

	return plugins_load(&search, &reserved, ret, report);
}

static struct config_schema_section plugin_schema(const struct plugin *plugin)
{
	struct config_schema_section section = { .name = plugin->name, .plugin = true };

	if (plugin->refusal) {
		section.opaque = true;
		section.tables[section.table_count++] = enforcer_options;
		return section;
	}
	section.aliases = plugin->descriptor.aliases;
	if (plugin_is_enforcer(plugin)) {
		section.tables[section.table_count++] = enforcer_options;
		section.tables[section.table_count++] = *policy_defaults(&plugin->descriptor);
		section.tables[section.table_count++] = policy_options;
	} else {
		section.tables[section.table_count++] = observer_options;
	}
	section.tables[section.table_count++] = plugin->descriptor.options;
	return section;
}

static void build_schema(struct settings *settings)
{
	const struct plugins *plugins = &settings->plugins;
	struct config_schema *schema = &settings->schema;

	schema->section_count = plugins->count + 1;
	schema->sections = xcalloc(schema->section_count, sizeof(*schema->sections));
	schema->sections[0] = (struct config_schema_section){
		.name = CONFIG_CORE_SECTION,
		.tables = { core_options },
		.table_count = 1,
	};
	for (size_t i = 0; i < plugins->count; i++)
		schema->sections[i + 1] = plugin_schema(&plugins->items[i]);
}

/* A plugin is refused where its operations cannot be read from this kernel's BTF. */
static void build_operations(struct plugin *plugin, const struct kernel *kernel)
{
	int error;

	if (plugin->refusal || !plugin_is_enforcer(plugin))
		return;
	error = operations_build(&plugin->descriptor, kernel->btf, &plugin->operations);
	if (error)
		plugin->refusal = xasprintf("this kernel's %s cannot be used: %s", plugin->descriptor.operation_enum,
					    strerror(-error));
}

static void check_core(const struct config_section *core, struct report *report)
{
	const struct config_value *outputs = config_value(core, "log_output");
	const struct config_value *ring = config_value(core, "ring_size");
	__u64 size = config_number(core, "ring_size");

	(void)log_check_outputs((const char *const *)outputs->strings, outputs->count, outputs->origin, report);
	(void)control_check_path(config_string(core, "control"), config_value(core, "control")->origin, report);
	if (size & (size - 1))
		report_remedy(report_add(report, REPORT_ERROR, "config_error", ring->origin,
					 "[" CONFIG_CORE_SECTION "] ring_size: %s is not a power of two", ring->text),
			      "valid: 64K, 1M, 16M and the like");
}

static void check_refused(const struct plugin *plugin, const struct config_section *section, struct report *report)
{
	bool required = section->enabled && config_number(section, "required");
	struct report_item *item;

	if (plugin->unopened && !section->enabled)
		return;

	item = report_add(report, required ? REPORT_ERROR : REPORT_WARNING, "plugin_refused", plugin->path,
			  "refused: %s", plugin->refusal);
	report_plugin(item, plugin->name);
	if (plugin->unopened)
		report_remedy(item, "restart bpflock");
	else if (required)
		report_remedy(item, "replace the file, or set required = no in [%s]", plugin->name);
}

/* The place of the first option that was written in the section, or NULL. */
static const char *place_of(const struct config_section *section)
{
	for (size_t i = 0; i < section->value_count; i++)
		if (!config_is_default(&section->values[i]))
			return section->values[i].origin;
	return NULL;
}

/* Exceptions, which have no map, need more: exceptions_check() says where they cannot be watched. */
static void check_hierarchy(const struct config_section *section, const char *root, struct report *report)
{
	for (size_t i = 0; !root && i < section->value_count; i++) {
		const struct config_value *value = &section->values[i];

		if (value->option->type == BPFLOCK_OPTION_CGROUP && value->option->map && value->count)
			report_remedy(report_add(report, REPORT_ERROR, "config_error", value->origin,
						 "[%s] %s: no cgroup v2 hierarchy is mounted", section->name,
						 value->option->name),
				      "mount -t cgroup2 none " CGROUP_ROOT);
	}
}

static void notice_missing(const struct config_section *section, const struct config_value *value, const char *root,
			   struct report *report)
{
	for (size_t i = 0; i < value->count; i++) {
		__u64 id;
		int error = cgroup_id(root, value->strings[i], &id);

		if (error)
			report_add(report, REPORT_NOTICE, "config_notice", value->places[i],
				   "[%s] %s: the cgroup %s%s is not found (%s); it will be watched for", section->name,
				   value->option->name, root, value->strings[i], strerror(-error));
	}
}

/* No cgroup needs to exist. The notices let mistyped paths be seen. Where something is wrong nothing will be watched. */
static void notice_missing_cgroups(const struct config_section *section, const char *root, struct report *report)
{
	if (!root || section->invalid)
		return;
	for (size_t i = 0; i < section->value_count; i++)
		if (section->values[i].option->type == BPFLOCK_OPTION_CGROUP)
			notice_missing(section, &section->values[i], root, report);
}

static void check_plugin(const struct plugin *plugin, struct config_section *section, struct report *report)
{
	CLEANUP(cleanup_free) char *root = cgroup_root("/proc/self/mounts");
	struct host host = { .plugin = plugin, .report = report, .where = place_of(section) };
	size_t errors, first = report->count;

	if (plugin->refusal) {
		check_refused(plugin, section, report);
		return;
	}
	errors = report->errors;
	if (plugin_is_enforcer(plugin))
		(void)policy_check(&plugin->operations, section, report);
	if (section->enabled)
		check_hierarchy(section, root, report);
	/* A value that was refused is empty: what the plugin says of that would only mislead. */
	if (section->enabled && !section->invalid)
		(void)host_call(&host, "check", plugin->descriptor.check, section);
	if (report->errors > errors)
		section->invalid = true;
	if (section->enabled)
		notice_missing_cgroups(section, root, report);
	for (size_t i = first; i < report->count; i++)
		report_plugin(&report->items[i], plugin->name);
}

const char *settings_first_enforcer(const struct settings *settings, const struct config *config)
{
	for (size_t i = 0; i < settings->plugins.count; i++) {
		const struct plugin *plugin = &settings->plugins.items[i];

		if (plugin_wants_guard(plugin) && settings_section(config, plugin)->enabled)
			return plugin->name;
	}
	return NULL;
}

/* Enables guards where an enforcer is enabled, unless `enabled = no` is written for them. */
static void enable_guards(const struct settings *settings, struct config *config, struct report *report)
{
	const char *enforcer = settings_first_enforcer(settings, config);
	bool guarded = false;

	if (!enforcer)
		return;
	for (size_t i = 0; i < settings->plugins.count; i++) {
		const struct plugin *plugin = &settings->plugins.items[i];
		struct config_section *section = settings_section(config, plugin);

		if (!plugin_is_guard(plugin))
			continue;
		if (config_is_default(config_value(section, CONFIG_ENABLED_KEY)))
			config_enable(section, CONFIG_DEFAULT " (an enforcer runs)");
		guarded = guarded || section->enabled;
	}
	if (!guarded)
		report_remedy(report_add(report, REPORT_WARNING, "unguarded", NULL,
					 "%s runs without a guard: tasks that it restricts can remove or change its "
					 "programs, maps and pins",
					 enforcer),
			      "install a guard, and do not set enabled = no in its section");
}

/* The core names no plugin, so the remedy names those that are installed. */
static void warn_of_nothing(const struct settings *settings, const struct config *config, struct report *report)
{
	CLEANUP(cleanup_free) char *names = xstrdup("");

	for (size_t i = 0; i < settings->plugins.count; i++) {
		const struct plugin *plugin = &settings->plugins.items[i];

		if (!plugin->refusal && settings_section(config, plugin)->enabled)
			return;
		xappend(&names, ", ", "%s", plugin->name);
	}
	report_remedy(report_add(report, REPORT_WARNING, "config_warning", NULL,
				 "no plugin is enabled: nothing is restricted, and nothing is logged"),
		      "enable one by any of its options; installed are: %s", *names ? names : "none");
}

static int bind(const struct settings *settings, const struct config_text *text, struct config **ret_config,
		struct report *report)
{
	(void)config_bind(text, &settings->schema, ret_config, report);
	check_core(settings_core(*ret_config), report);
	enable_guards(settings, *ret_config, report);
	for (size_t i = 0; i < settings->plugins.count; i++) {
		const struct plugin *plugin = &settings->plugins.items[i];

		check_plugin(plugin, settings_section(*ret_config, plugin), report);
	}
	if (!report->errors)
		warn_of_nothing(settings, *ret_config, report);
	return report->errors ? -EINVAL : 0;
}

/* A value of `required` that was refused counts as yes. */
static bool is_required(const struct config_section *section)
{
	const struct config_value *required = config_value(section, "required");

	return !required->count || required->numbers[0];
}

/* Whether an error only concerns a plugin that need not run. */
static bool is_forgivable(const struct config *config, const struct report_item *item)
{
	const struct config_section *section = item->plugin ? config_section(config, item->plugin) : NULL;

	return section && !is_required(section);
}

int settings_forgive(const struct config *config, struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->items[i].level == REPORT_ERROR && !is_forgivable(config, &report->items[i]))
			return -EINVAL;
	report->errors = 0;
	return 0;
}

void settings_open_plugin(const char *path, const struct kernel *kernel, struct plugin *ret)
{
	const struct plugin_names reserved = reserved_names();
	const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	*ret = (struct plugin){ .name = xstrndup(file, strcspn(file, ".")), .path = xstrdup(path) };
	plugin_file_open(path, &reserved, ret);
	build_operations(ret, kernel);
}

/* The configuration keeps nothing of the schema but its texts, which are the plugin's. */
struct config *settings_defaults(const struct plugin *plugin)
{
	struct config_schema_section section = plugin_schema(plugin);

	return config_defaults(&(struct config_schema){ .sections = &section, .section_count = 1 });
}

char *settings_refuse_name(const char *name)
{
	const struct plugin_names reserved = reserved_names();
	char *reason = NULL;

	(void)descriptor_check_name(name, &reserved, &reason);
	return reason;
}

int settings_load(const struct config_sources *sources, const struct kernel *kernel, struct settings *ret,
		  struct config **ret_config, struct report *report)
{
	struct config_text *text;
	int error;

	*ret = (struct settings){ 0 };
	*ret_config = NULL;
	(void)config_read(sources, &text, report);
	error = load_plugins(text, &ret->plugins, report);
	if (!error) {
		for (size_t i = 0; i < ret->plugins.count; i++)
			build_operations(&ret->plugins.items[i], kernel);
		build_schema(ret);
		error = bind(ret, text, ret_config, report);
	}
	config_text_free(text);
	return error;
}

int settings_reload(const struct settings *settings, const struct config_sources *sources, struct config **ret_config,
		    struct report *report)
{
	struct config_text *text;
	int error;

	(void)config_read(sources, &text, report);
	error = bind(settings, text, ret_config, report);
	config_text_free(text);
	return error;
}

static bool names_cgroups(const struct plugin *plugin, const struct config_section *section)
{
	for (size_t i = 0; i < section->value_count; i++)
		if (section->values[i].option->type == BPFLOCK_OPTION_CGROUP && section->values[i].count)
			return true;
	return plugin_is_enforcer(plugin) && exceptions_wanted(section);
}

bool settings_name_cgroups(const struct settings *settings, const struct config *config)
{
	for (size_t i = 0; i < settings->plugins.count; i++) {
		const struct plugin *plugin = &settings->plugins.items[i];
		const struct config_section *section = settings_section(config, plugin);

		if (section->enabled && !plugin->refusal && names_cgroups(plugin, section))
			return true;
	}
	return false;
}

void settings_free(struct settings *settings)
{
	free(settings->schema.sections);
	plugins_free(&settings->plugins);
	*settings = (struct settings){ 0 };
}
