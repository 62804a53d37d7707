/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The installed plugins, and the configuration, checked as a whole. Nothing here changes the machine.
 */
#ifndef BPFLOCK_DAEMON_SETTINGS_H
#define BPFLOCK_DAEMON_SETTINGS_H

#include <assert.h>

#include "config/config.h"
#include "kernel/kernel.h"
#include "plugin/plugin.h"
#include "policy/policy.h"

/**
 * struct settings - plugins and their schema
 * @plugins: those of plugin_dir, read once at start
 * @schema:  the core's section first, then one for each plugin
 */
struct settings {
	struct plugins plugins;
	struct config_schema schema;
};

/*
 * At start: reads all sources, loads the plugins and binds the configuration. Returns 0, or a negative errno with all
 * errors in the report. The caller frees both results in either case.
 */
int settings_load(const struct config_sources *sources, const struct kernel *kernel, struct settings *ret,
		  struct config **ret_config, struct report *report);

/*
 * Opens one file as a plugin, whoever may have written it: for tools of authors, with no more privilege than they have.
 * The file is called NAME.so. Where it is refused, ret->refusal says why.
 */
void settings_open_plugin(const char *path, const struct kernel *kernel, struct plugin *ret);

/* The configuration of an accepted plugin, with the default of each option. It must not outlive the plugin. */
struct config *settings_defaults(const struct plugin *plugin);

/* Why no plugin can have this name (to be freed); NULL where one can. */
char *settings_refuse_name(const char *name);

/* At a reload: reads all sources again, for the plugins of settings_load(). Returns as settings_load(). */
int settings_reload(const struct settings *settings, const struct config_sources *sources, struct config **ret_config,
		    struct report *report);

/*
 * At a start that failed by settings_load(): keeps the errors in the report, but counts them no more, where each only
 * concerns a plugin that is not required. The manager leaves such a plugin out. Returns 0, or -EINVAL and changes
 * nothing.
 */
int settings_forgive(const struct config *config, struct report *report);

/* The name of the first enabled enforcer that is not a guard, or NULL. */
const char *settings_first_enforcer(const struct settings *settings, const struct config *config);

/* Whether an enabled plugin's section names cgroups, as exceptions or in an option of its own. */
bool settings_name_cgroups(const struct settings *settings, const struct config *config);

void settings_free(struct settings *settings);

static inline const struct config_section *settings_core(const struct config *config)
{
	return &config->sections[0];
}

static inline struct config_section *settings_section(const struct config *config, const struct plugin *plugin)
{
	struct config_section *section = config_section(config, plugin->name);

	assert(section); /* each plugin is in the schema */
	return section;
}

#endif
