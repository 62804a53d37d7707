/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What forgetful's BPF program and its descriptor share. */
#ifndef FORGETFUL_H
#define FORGETFUL_H

#include <bpflock/event.h>

#define FORGETFUL_CHROOT 1
#define FORGETFUL_NOBODY 2

/* There is padding behind `flag` and at the end. */
struct forgetful_chroot {
	struct bpflock_event event;
	__u8 flag;
	__u64 number;
	char text[1200];
	BPFLOCK_STRV(13) words;
};

#endif
