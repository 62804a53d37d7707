/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What hostlock's BPF programs and its descriptor share. */
#ifndef HOSTLOCK_H
#define HOSTLOCK_H

#define HOSTLOCK_DECISION 1

/* Operations: places in the table of hostlock.c. */
#define HOSTLOCK_CHROOT 0
#define HOSTLOCK_PIVOT_ROOT 1
#define HOSTLOCK_SET_TIME 2

#endif
