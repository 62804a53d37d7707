/* SPDX-License-Identifier: Apache-2.0 */
/* What a container has to be given, in the words of its engine. */
#ifndef BPFLOCK_KERNEL_CONTAINER_H
#define BPFLOCK_KERNEL_CONTAINER_H

#include <stdbool.h>

#include "util/report.h"

enum container_need {
	CONTAINER_NEEDS_NOTHING, /* no engine can give it */
	CONTAINER_CAPABILITIES,
	CONTAINER_USER_NAMESPACE,
	CONTAINER_PID_NAMESPACE,
	CONTAINER_NETWORK_NAMESPACE,
	CONTAINER_CGROUP_NAMESPACE,
	CONTAINER_SECCOMP,
	CONTAINER_BPFFS,
	CONTAINER_APPARMOR,
	CONTAINER_SELINUX,
};

/* Is this process in a container, as far as engines show it? */
bool container_is_around(void);

/* Where it is, replaces the item's remedy by the flag of the engine, or the field of the pod, that gives what it needs. */
void container_remedy(struct report_item *item, enum container_need need);

#endif
