/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_DAEMON_PRIVILEGES_H
#define BPFLOCK_DAEMON_PRIVILEGES_H

#include "util/report.h"

/*
 * Gives up for good the privileges that only a start needs. CAP_BPF and CAP_PERFMON remain: reloading, recording and
 * stopping need no more. Call it once everything is open. A failure is reported as a warning.
 */
void privileges_drop(struct report *report);

#endif
