/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Shared by execsnoop's BPF programs and its descriptor. */
#ifndef EXECSNOOP_H
#define EXECSNOOP_H

#include <bpflock/event.h>

/* Types of events. */
#define EXECSNOOP_EXECVE 1

/* Values of `trace`. */
#define EXECSNOOP_TRACE_NONE 0
#define EXECSNOOP_TRACE_ALL 1
#define EXECSNOOP_TRACE_FILTER 2

/* Maximum number of items in each filter list. */
#define EXECSNOOP_FILTER_MAX 16

#define EXECSNOOP_FILENAME_LEN 256
#define EXECSNOOP_ARGS_LEN 512
#define EXECSNOOP_SHORT_LEN 64

/* euid of struct execsnoop_execve where it is the same as uid: (uid_t)-1, which is no user. */
#define EXECSNOOP_SAME_UID 0xffffffffu

struct execsnoop_execve {
	struct bpflock_event event;
	__s32 retval;
	__u32 euid;
	char filename[EXECSNOOP_FILENAME_LEN]; /* records of short names end behind EXECSNOOP_SHORT_LEN bytes */
	/* Only with args = yes, or with what follows. Other records end here. */
	BPFLOCK_STRV(EXECSNOOP_ARGS_LEN) args;
	/* Only where `filename` alone does not say which file that is. */
	BPFLOCK_PATH(BPFLOCK_PATH_LEN) cwd;
	BPFLOCK_PATH(BPFLOCK_PATH_LEN) file;
};

#endif
