/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef MISTAKE_H
#define MISTAKE_H

#include <bpflock/event.h>

#define MISTAKE_RECORD 1
#define MISTAKE_DECISION 2

struct mistake_record {
	struct bpflock_event event;
	__u64 number;
};

#endif
