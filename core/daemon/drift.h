/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what is in force with what should be: policies, marks, pins. Only root on the host, or a task that no
 * enforcer restricts, can have changed them. Whether the programs are still called is the matter of verify.h.
 */
#ifndef BPFLOCK_DAEMON_DRIFT_H
#define BPFLOCK_DAEMON_DRIFT_H

#include "daemon/manager.h"

/*
 * Reports each difference as an error, and puts it right. Returns 1 if instances were replaced for that (their sources
 * are to be attached again), 0 if not, or a negative errno: pins stay different.
 */
int drift_mend(struct manager *manager, struct pins *pins, struct report *report);

#endif
