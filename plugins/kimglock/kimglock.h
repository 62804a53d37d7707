/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Shared by kimglock's BPF programs and its descriptor. */
#ifndef KIMGLOCK_H
#define KIMGLOCK_H

/* Types of events. */
#define KIMGLOCK_LOCKED_DOWN 1
#define KIMGLOCK_FILE_OPEN 2
#define KIMGLOCK_FS_PARAMETER 3

/* An operation for which the kernel has no lockdown reason. */
#define KIMGLOCK_USERMODE_HELPER BPFLOCK_OPERATION_OWN(0)

#endif
