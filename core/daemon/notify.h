/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the service manager the daemon's state (systemd, Type=notify). These functions do nothing where no service
 * manager has started the daemon, or without libsystemd.
 */
#ifndef BPFLOCK_DAEMON_NOTIFY_H
#define BPFLOCK_DAEMON_NOTIFY_H

/* The start or a reload is complete. `status` is a short text for the operator. */
void notify_ready(const char *status);
/* A reload has begun. Call notify_ready() when it has ended, also where it was refused. */
void notify_reloading(void);
void notify_stopping(void);
/* What the operator sees of a service that does not run. */
void notify_stopped(const char *status);
/*
 * The event loop runs. Without this for WatchdogSec= the service manager ends the daemon by a signal. The handler of
 * crashes then logs which plugin's callback hangs.
 */
void notify_alive(void);

#endif
