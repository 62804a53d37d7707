/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_DAEMON_UNLOAD_H
#define BPFLOCK_DAEMON_UNLOAD_H

/*
 * Takes away what a dead daemon has left pinned, of one plugin or (NULL) of all: it enforces no more. Says on
 * stdout what has gone. While a daemon runs it is refused. Returns an exit status.
 */
int unload(const char *plugin);

#endif
