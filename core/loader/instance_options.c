/* SPDX-License-Identifier: Apache-2.0 */
/* The values of the plugin's options in its BPF object: in variables before it is loaded, in maps afterwards. */
#include <errno.h>
#include <string.h>

#include "loader/instance.h"
#include "loader/option_map.h"
#include "util/memory.h"

static int complain(const struct plugin *plugin, const struct config_value *value, int error, const char *reason,
		    struct report *report)
{
	report_plugin(report_add(report, REPORT_ERROR, "config_error", value->origin, "[%s] %s: %s", plugin->name,
				 value->option->name, reason),
		      plugin->name);
	return error;
}

int instance_set_variables(const struct instance *instance, struct report *report)
{
	int result = 0;

	for (size_t i = 0; i < instance->section->value_count; i++) {
		const struct config_value *value = &instance->section->values[i];
		CLEANUP(cleanup_free) char *reason = NULL;
		int error = value->option->variable ? variable_set(instance->object, value, &reason) : 0;

		if (error)
			result = complain(instance->plugin, value, error, reason, report);
	}
	return result;
}

int instance_check_lists(const struct instance *instance, const struct config_section *section, struct report *report)
{
	int result = 0;

	for (size_t i = 0; i < section->value_count; i++) {
		const struct config_value *value = &section->values[i];
		CLEANUP(cleanup_free) char *reason = NULL;
		int error = value->option->map ? option_map_check(instance->object, value, &reason) : 0;

		if (error)
			result = complain(instance->plugin, value, error, reason, report);
	}
	return result;
}

static int store_count(const struct instance *instance, const struct config_value *value)
{
	CLEANUP(cleanup_free) char *name = xasprintf("%s_count", value->option->map);

	return variable_store_number(instance->object, name, value->count);
}

/* Where a file cannot be looked up, the map stays as it is. The daemon's watch fills maps of cgroups. */
static int fill(const struct instance *instance, const struct config_value *value, size_t *ret_changed,
		struct report *report)
{
	int error = store_count(instance, value);

	*ret_changed = 0;
	if (!error && value->option->type != BPFLOCK_OPTION_CGROUP)
		error = option_map_fill(instance->object, value, ret_changed);
	if (error)
		report_plugin(report_add(report, REPORT_ERROR, "plugin_failed", value->origin,
					 "[%s] %s: not all of the list came into the map '%s': %s",
					 instance->plugin->name, value->option->name, value->option->map,
					 strerror(-error)),
			      instance->plugin->name);
	return error;
}

int instance_fill_maps(const struct instance *instance, struct report *report)
{
	int result = 0;

	for (size_t i = 0; i < instance->section->value_count; i++) {
		const struct config_value *value = &instance->section->values[i];
		size_t changed;
		int error = value->option->map ? fill(instance, value, &changed, report) : 0;

		result = error ? error : result;
	}
	return result;
}

size_t instance_mend_maps(const struct instance *instance, struct report *report)
{
	size_t different = 0;

	for (size_t i = 0; instance->object && i < instance->section->value_count; i++) {
		const struct config_value *value = &instance->section->values[i];
		size_t changed;

		if (!value->option->map)
			continue;
		(void)fill(instance, value, &changed, report);
		/* Files may have been replaced: that is nobody's fault. */
		different += value->option->type == BPFLOCK_OPTION_PATH ? 0 : changed;
	}
	return different;
}
