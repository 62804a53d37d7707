/* SPDX-License-Identifier: Apache-2.0 */
/* Which client may call which method: docs/control.md. Private to the control module. */
#ifndef BPFLOCK_CONTROL_PERMISSION_H
#define BPFLOCK_CONTROL_PERMISSION_H

#include "control/control.h"
#include "control/peer.h"

/**
 * struct refusal - why a client may not call a method
 * @text:   NULL where it may
 * @remedy: what to do
 */
struct refusal {
	const char *text;
	const char *remedy;
};

/* `restricted`: a guard denies changes to root on the host. */
struct refusal permission_refuse(const struct peer *peer, enum control_access access, bool restricted);

#endif
