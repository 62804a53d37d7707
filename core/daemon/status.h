/* SPDX-License-Identifier: Apache-2.0 */
/* What runs and whether it enforces, for the log and for the service manager. */
#ifndef BPFLOCK_DAEMON_STATUS_H
#define BPFLOCK_DAEMON_STATUS_H

#include "daemon/manager.h"
#include "log/log.h"

/* Logs enforcers that are new or whose state has changed. Returns whether there were any. */
bool status_log_enforcement(struct log *log, struct manager *manager);

/* Logs everything that runs, then `event`. Tells the service manager that the daemon is ready. */
void status_log_running(struct log *log, struct manager *manager, const char *event);

/* Tells only the service manager what runs. The text begins with `first`. */
void status_tell_service(const struct manager *manager, const char *first);

#endif
