/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Shared by kimglock's BPF programs and its descriptor. */
#ifndef KIMGLOCK_H
#define KIMGLOCK_H

#include <bpflock/policy.h>

/* Types of events. */
#define KIMGLOCK_LOCKED_DOWN 1
#define KIMGLOCK_FILE_OPEN 2
#define KIMGLOCK_FS_PARAMETER 3

/* An operation for which the kernel has no lockdown reason. */
#define KIMGLOCK_USERMODE_HELPER BPFLOCK_OPERATION_OWN(0)

/* Room for the longest name that the kernel requests, and for most paths. */
#define KIMGLOCK_MODULE_LEN 64
#define KIMGLOCK_FILE_LEN 256

/* Of KIMGLOCK_LOCKED_DOWN. Where neither text is known, the record ends before them. */
struct kimglock_locked_down {
	struct bpflock_decision decision;
	char module[KIMGLOCK_MODULE_LEN];
	/* Only of an image that was read: the record of an autoload ends here. */
	char file[KIMGLOCK_FILE_LEN];
};

#endif
