/* SPDX-License-Identifier: Apache-2.0 */
/* In which namespaces this process is. */
#ifndef BPFLOCK_KERNEL_NAMESPACES_H
#define BPFLOCK_KERNEL_NAMESPACES_H

#include <stdbool.h>

#include "util/report.h"

/* Is this process in a pid namespace of its own, or of its container's? False where /proc does not tell. */
bool namespaces_pid_is_contained(void);

/*
 * Enters the network namespace of process 1 of the initial pid namespace: a guard takes a process in another
 * one for a contained task. So it is called before the first bpf(2). Where that network namespace can be seen
 * and not be entered, there is a warning, and the process stays where it is.
 */
void namespaces_enter_initial_network(struct report *report);

#endif
