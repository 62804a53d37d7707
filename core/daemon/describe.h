/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a plugin without running it, for commands and for the control socket. */
#ifndef BPFLOCK_DAEMON_DESCRIBE_H
#define BPFLOCK_DAEMON_DESCRIBE_H

#include <json-c/json_object.h>

#include "kernel/kernel.h"
#include "plugin/plugin.h"

/*
 * A `Plugin` of core/control/io.bpflock.varlink. With a kernel, whose targets must be loaded, it has options, events,
 * operations and programs, unless the plugin was refused.
 */
struct json_object *describe_plugin(const struct plugin *plugin, bool enabled, const struct kernel *kernel);

/* The options of the section [bpflock], as those of a plugin. */
struct json_object *describe_core_options(void);

/*
 * Appends a finding to a list: check, state ("ok", "note", "limited" or "missing"), and where they are known found, text
 * and remedy.
 */
void describe_finding(void *list, const struct kernel_finding *finding);

/* "observer", "enforcer" or "guard"; of a plugin that was not refused. */
const char *describe_kind(const struct plugin *plugin);

#endif
