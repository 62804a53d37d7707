/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a `Plugin` of io.bpflock.varlink for people: for the commands of the daemon and for bpflockctl. */
#ifndef BPFLOCK_CONTROL_PLUGIN_TEXT_H
#define BPFLOCK_CONTROL_PLUGIN_TEXT_H

#include <json-c/json_object.h>
#include <stdio.h>

/* One line: name, version, whether it is enabled, what it is. */
void plugin_text_line(const struct json_object *plugin, FILE *stream);
/* Options, events, operations, groups and programs of a plugin that was not refused. */
void plugin_text_details(const struct json_object *plugin, FILE *stream);

#endif
