/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_DAEMON_UNLOAD_H
#define BPFLOCK_DAEMON_UNLOAD_H

/*
 * Unpins what a dead daemon left, of one plugin or (NULL) of all, which ends its enforcement. Prints to stdout what
 * was removed. Refused while a daemon runs. Returns an exit status.
 */
int unload(const char *plugin);

/* Unpins the kept maps of a plugin, whose next start has empty ones. Otherwise as unload(). */
int reset_kept(const char *plugin);

#endif
