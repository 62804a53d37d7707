/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_PLUGIN_DESCRIPTOR_H
#define BPFLOCK_PLUGIN_DESCRIPTOR_H

#include "plugin/plugin.h"

/*
 * Copies the descriptor that a plugin exports to plugin->descriptor, with every table in the core's layout, and checks
 * all of it. Returns 0, or -EINVAL with *ret_reason (to be freed).
 */
int descriptor_accept(const struct bpflock_plugin *exported, const struct plugin_names *reserved, struct plugin *plugin,
		      char **ret_reason);

/* The rules for names of plugins. Returns 0, or -EINVAL with *ret_reason (to be freed). */
int descriptor_check_name(const char *name, const struct plugin_names *reserved, char **ret_reason);

#endif
