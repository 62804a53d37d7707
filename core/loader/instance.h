/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of an instance share. Private to the loader module. */
#ifndef BPFLOCK_LOADER_INSTANCE_H
#define BPFLOCK_LOADER_INSTANCE_H

#include "loader/loader.h"

/* Reports what failed, with the reason and the last warning of libbpf. Returns `error`. */
int instance_fail(const struct instance *instance, int error, struct report *report, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The fd of a map of the object, or -1. */
int instance_map_fd(const struct instance *instance, const char *name);

/*
 * One program whose target this kernel lacks would make the load of the whole object fail. For an enforcer that is an
 * error, unless the program is optional: another one does its work on such kernels. Such programs of an observer are
 * left out, and the log names them. Returns 0 or a negative errno, reported.
 */
int instance_select_programs(struct instance *instance, const struct kernel *kernel, struct report *report);

/* Writes the options of the section to the variables of an object that is not loaded. Returns 0 or -E2BIG, reported. */
int instance_set_variables(const struct instance *instance, struct report *report);

/* For an object that is loaded. */
void instance_list_programs(struct instance *instance);

#endif
