/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_DAEMON_PRIVILEGES_H
#define BPFLOCK_DAEMON_PRIVILEGES_H

#include "util/report.h"

/*
 * Gives up, for good, what only a start needs. CAP_BPF and CAP_PERFMON remain: reloading, recording and
 * stopping take no more. Due once everything is open. What cannot be given up is reported as a warning.
 */
void privileges_drop(struct report *report);

#endif
