/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_PLUGIN_PLUGIN_FILE_H
#define BPFLOCK_PLUGIN_PLUGIN_FILE_H

#include "plugin/plugin.h"

/*
 * Opens the file and takes its descriptor into `plugin`, or says in plugin->refusal why not. Who calls it trusts the
 * file: its constructors run. It stays open.
 */
void plugin_file_open(const char *path, const struct plugin_names *reserved, struct plugin *plugin);

#endif
