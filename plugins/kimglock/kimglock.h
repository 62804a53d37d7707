/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What kimglock's BPF program and its descriptor share. */
#ifndef KIMGLOCK_H
#define KIMGLOCK_H

/* Types of events. */
#define KIMGLOCK_LOCKED_DOWN 1

#endif
