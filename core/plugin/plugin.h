/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin module: finds the plugins of some directories, checks them and holds their descriptors.
 *
 * Only files that pass the trust check are opened. Descriptors are checked once, here. The rest of the core relies on
 * that.
 */
#ifndef BPFLOCK_PLUGIN_PLUGIN_H
#define BPFLOCK_PLUGIN_PLUGIN_H

#include <bpflock/plugin.h>
#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"
#include "util/report.h"

/**
 * struct plugin - one file of a plugin directory
 * @name:       its name, from the file
 * @path:       the file
 * @unopened:   the file was not opened, because the plugin is not enabled; @refusal says so
 * @refusal:    why it was refused; then the members below are not to be used. NULL: it was not refused.
 * @descriptor: a copy in which every table has the core's stride, so that rows of an older or newer minor version can
 *              be read as the core's structures
 * @source:     identifies its records: see struct bpflock_event
 * @operations: of an enforcer, as they are on this kernel; empty for an observer
 */
struct plugin {
	char *name;
	char *path;
	bool unopened;
	char *refusal;
	struct bpflock_plugin descriptor;
	__u64 source;
	struct operations operations;
};

struct plugins {
	struct plugin *items; /* in name order */
	size_t count;
};

/**
 * struct plugin_names - names that a plugin may not use, because the core uses them
 * @core_options:   options of the core's section: no variable of a plugin may look like a variable of these
 * @plugin_options: options that the core adds to the sections of plugins: the first table to all of them, the others
 *                  to those of enforcers
 */
struct plugin_names {
	struct bpflock_table core_options;
	struct bpflock_table plugin_options[3];
};

/**
 * struct plugin_search - where plugins are looked for
 * @directories: separated by commas
 * @is_default:  nobody has named them: one that is not trusted is a warning
 * @is_enabled:  of the directory BPFLOCK_LOCAL_PLUGIN_DIR only plugins for which this says yes are opened. What an
 *               administrator has put there need not be meant to run, and a constructor would run as root.
 */
struct plugin_search {
	const char *directories;
	bool is_default;
	bool (*is_enabled)(void *context, const char *plugin);
	void *context;
};

/*
 * Opens every NAME.so of the directories, of which none needs to exist. A refused file stays in the list, with the
 * reason. Returns 0, or a negative errno (reported) when a directory cannot be read or trusted, or has a name that
 * another one has as well.
 */
int plugins_load(const struct plugin_search *search, const struct plugin_names *reserved, struct plugins *ret,
		 struct report *report);
void plugins_free(struct plugins *plugins);
struct plugin *plugins_find(const struct plugins *plugins, const char *name);

static inline bool plugin_is_enforcer(const struct plugin *plugin)
{
	return plugin->descriptor.flags & BPFLOCK_ENFORCER;
}

/* False for a plugin that was refused. */
static inline bool plugin_is_guard(const struct plugin *plugin)
{
	return !plugin->refusal && plugin->descriptor.flags & BPFLOCK_GUARD;
}

/* True for an enforcer that is not a guard. False for a plugin that was refused. */
static inline bool plugin_wants_guard(const struct plugin *plugin)
{
	return !plugin->refusal && plugin_is_enforcer(plugin) && !plugin_is_guard(plugin);
}

/* The event type of that number, or NULL. */
const struct bpflock_event_type *plugin_event_type(const struct plugin *plugin, __u32 type);

#endif
