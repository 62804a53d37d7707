/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Shared by kmodlock's BPF programs and its descriptor. */
#ifndef KMODLOCK_H
#define KMODLOCK_H

#include <bpflock/policy.h>

/* Types of events. */
#define KMODLOCK_READ_FILE 1
#define KMODLOCK_LOAD_DATA 2
#define KMODLOCK_CAPABLE 3
#define KMODLOCK_REQUEST 4

/* Operations: places in the table of kmodlock.c. */
#define KMODLOCK_LOAD 0
#define KMODLOCK_LOAD_LISTED 1
#define KMODLOCK_LOAD_ELSEWHERE 2
#define KMODLOCK_UNLOAD 3
#define KMODLOCK_AUTOLOAD 4

/* Longest lists */
#define KMODLOCK_DIRECTORIES_MAX 16
#define KMODLOCK_MODULES_MAX 128

/* Room for the longest name that the kernel requests, and for most paths. */
#define KMODLOCK_MODULE_LEN 64
#define KMODLOCK_FILE_LEN 256

struct kmodlock_file {
	struct bpflock_decision decision;
	char file[KMODLOCK_FILE_LEN];
};

struct kmodlock_module {
	struct bpflock_decision decision;
	char module[KMODLOCK_MODULE_LEN];
};

#endif
