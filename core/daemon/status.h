/* SPDX-License-Identifier: Apache-2.0 */
/* What runs and whether it enforces, for the log and for the service manager. */
#ifndef BPFLOCK_DAEMON_STATUS_H
#define BPFLOCK_DAEMON_STATUS_H

#include "daemon/manager.h"
#include "log/log.h"

/* Enforcers whose state the log does not know yet: new ones, and those that have changed. Returns whether any. */
bool status_log_enforcement(struct log *log, struct manager *manager);

/* Everything that runs, then `event`; the service manager is told that the daemon is ready. */
void status_log_running(struct log *log, struct manager *manager, const char *event);

/* The same to the service manager alone, behind what there is to say first. */
void status_tell_service(const struct manager *manager, const char *first);

#endif
