/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_LOADER_OBJECT_LOAD_H
#define BPFLOCK_LOADER_OBJECT_LOAD_H

#include <bpf/libbpf.h>

#include "plugin/plugin.h"
#include "util/report.h"

/*
 * Loads the opened object of a plugin: its maps, and the programs that are not left out. Attaches nothing. Needs
 * sections_register(). Returns 0 or a negative errno, reported. Where the verifier has rejected a program: where, its
 * last sentence, what to do, and the file that has its whole log.
 */
int object_load(const struct plugin *plugin, struct bpf_object *object, struct report *report);

#endif
