/* SPDX-License-Identifier: Apache-2.0 */
/* The namespaces of this process. */
#ifndef BPFLOCK_KERNEL_NAMESPACES_H
#define BPFLOCK_KERNEL_NAMESPACES_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "util/report.h"

/* The inode of its pid namespace; 0 where /proc does not show it. */
ino_t namespaces_own_pid(void);

/* Is this process outside the initial pid namespace? False where /proc does not show it. */
bool namespaces_pid_is_contained(void);

/* The same for the initial user namespace, and for the initial cgroup namespace. */
bool namespaces_user_is_contained(void);
bool namespaces_cgroup_is_contained(void);

/* Is this process seen to be in the initial network namespace? */
bool namespaces_network_is_initial(void);

/* Reports that an enforcer is refused in this pid namespace. The caller names the enforcer, where there is one. */
struct report_item *namespaces_refuse_enforcer(struct report *report);

/* Warns where cgroups that the configuration names cannot be found because of the cgroup namespace. */
void namespaces_report_cgroup(struct report *report);

/* Is that the file of the initial user namespace? */
bool namespaces_user_is_initial(const struct stat *status);

/*
 * Enters the network namespace of process 1 of the initial pid namespace. For a guard a process in another one is a
 * contained task, so call this before the first bpf(2). Where that namespace can be seen but not entered, a warning
 * is reported, and the process stays where it is.
 */
void namespaces_enter_initial_network(struct report *report);

#endif
