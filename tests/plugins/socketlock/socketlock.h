/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the programs and the descriptor of socketlock share. */
#ifndef SOCKETLOCK_H
#define SOCKETLOCK_H

#include <bpflock/policy.h>

#define SOCKETLOCK_SOCKET 0u /* the operation */
#define SOCKETLOCK_DECISION 1u

struct socketlock_decision {
	struct bpflock_decision decision;
	__u32 family;
	__u32 kind;
	char creator[BPFLOCK_COMM_LEN];
};

#endif
