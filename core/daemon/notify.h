/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager is told of the daemon's state (systemd, Type=notify). Nothing happens where
 * none has started it, or without libsystemd.
 */
#ifndef BPFLOCK_DAEMON_NOTIFY_H
#define BPFLOCK_DAEMON_NOTIFY_H

/* It is up and enforcing, and is so again after a reload; `status` is a short text for the operator. */
void notify_ready(const char *status);
/* A reload has begun; notify_ready() says that it has ended, well or not. */
void notify_reloading(void);
void notify_stopping(void);
/* The event loop runs. Without this for WatchdogSec= the manager ends the daemon; its last line names what hangs. */
void notify_alive(void);

#endif
