/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that print and exit. They read what the daemon would read, and change nothing. Each returns an exit
 * status.
 */
#ifndef BPFLOCK_DAEMON_COMMANDS_H
#define BPFLOCK_DAEMON_COMMANDS_H

#include "config/config.h"

int command_check_config(const struct config_sources *sources);
int command_dump_config(const struct config_sources *sources);
int command_list_plugins(const struct config_sources *sources);
/*
 * Prints JSON. For bpflockctl `what` is "plugins", with all details, and whether there can be exceptions; "machine"; or
 * "outputs": those of the log, as configured. For readers of the log it is "log": a JSON Schema.
 */
int command_describe(const struct config_sources *sources, const char *what);
int command_help_plugin(const struct config_sources *sources, const char *name);

#endif
