/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a plugin's BPF object can mostly be seen before it is loaded, without privilege. The daemon looks
 * when it starts a plugin and for --check-config, and `bpflock-plugin check` looks for authors.
 */
#ifndef BPFLOCK_LOADER_OBJECT_CHECK_H
#define BPFLOCK_LOADER_OBJECT_CHECK_H

#include <bpf/libbpf.h>

#include "config/suggest.h"
#include "plugin/plugin.h"
#include "util/report.h"

/* Opens the object that a plugin carries. Loads nothing. Returns 0 or a negative errno, reported. */
int object_open(const struct plugin *plugin, struct bpf_object **ret, struct report *report);

/*
 * Compares an open object with the plugin's tables, and with what bpflock can load and attach. Every mistake is
 * reported, with what to do. Returns 0, or -EINVAL where there is one.
 */
int object_check(const struct plugin *plugin, const struct bpf_object *object, struct report *report);

/* Adds the names of the object's programs. */
void object_list_programs(const struct bpf_object *object, struct config_names *names);

/* Sets the remedy of an item about a section whose kind bpflock does not attach. */
void object_suggest_section(struct report_item *item, const char *section);

/* The row of a program in the plugin's table, or NULL. */
const struct bpflock_program *object_program_row(const struct plugin *plugin, const struct bpf_program *program);

/* A missing program of an observer only costs events. */
bool object_needs_program(const struct plugin *plugin, const struct bpf_program *program);

/* Reports that the kernel lacks the hook of a program which is needed. */
void object_report_missing(const struct plugin *plugin, const struct bpf_program *program, struct report *report);

#endif
