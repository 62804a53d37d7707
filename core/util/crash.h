/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last line of a daemon that dies by a signal: which plugin's callback ran, and in which phase.
 *
 * A signal handler is given no context, so what it needs is kept in static variables.
 */
#ifndef BPFLOCK_UTIL_CRASH_H
#define BPFLOCK_UTIL_CRASH_H

#include <stdbool.h>
#include <stddef.h>

/* Installs the handlers. Until crash_write_to() the line goes to stderr, as logfmt. */
void crash_install(void);

#define CRASH_FDS_MAX 8

/*
 * The line goes to the descriptors as well that lie at these places when it comes to it, at most CRASH_FDS_MAX. The
 * places must stay until the next call; -1 there is none.
 */
void crash_write_to(const int *const *fds, size_t count, bool json);

/* Around whatever runs a plugin's code or reads its tables. The texts must live until crash_leave(). */
void crash_enter(const char *plugin, const char *phase);
void crash_leave(void);

#endif
