/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Shared by filelesslock's BPF programs and its descriptor. */
#ifndef FILELESSLOCK_H
#define FILELESSLOCK_H

#include <bpflock/policy.h>

/* Types of events. */
#define FILELESSLOCK_EXEC 1
#define FILELESSLOCK_SCRIPT 2
#define FILELESSLOCK_MAP 3
#define FILELESSLOCK_PROTECT 4

/* Kinds of files. */
#define FILELESSLOCK_MEMFD 0
#define FILELESSLOCK_DELETED 1
#define FILELESSLOCK_TMPFS 2
#define FILELESSLOCK_KINDS 3

/* Operations: to execute a file of a kind, and to map one as executable. */
#define FILELESSLOCK_EXECUTE(kind) (kind)
#define FILELESSLOCK_MAP_FILE(kind) (FILELESSLOCK_KINDS + (kind))

#define FILELESSLOCK_FILE_LEN 256

/* Of every event. */
struct filelesslock_decision {
	struct bpflock_decision decision;
	char file[FILELESSLOCK_FILE_LEN];
};

#endif
