/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_DAEMON_DAEMON_H
#define BPFLOCK_DAEMON_DAEMON_H

#include "config/config.h"

/*
 * Runs the daemon in the foreground until SIGTERM or SIGINT. Errors before the log is open go to stderr. Returns an
 * exit status: 0, 1, 2 or one of <sysexits.h>, as the README lists them.
 */
int daemon_run(const struct config_sources *sources);

/* Exit status of a configuration that was refused. */
#define EXIT_CONFIG 2

#endif
