/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs the last line of a daemon that dies by a signal: which plugin's code ran, and in which phase.
 *
 * A signal handler gets no context, so its data is in static variables.
 */
#ifndef BPFLOCK_UTIL_CRASH_H
#define BPFLOCK_UTIL_CRASH_H

#include <stdbool.h>
#include <stddef.h>

/* Installs the handlers. Until crash_write_to() the line goes to stderr, as logfmt. */
void crash_install(void);

#define CRASH_FDS_MAX 8

/*
 * At a crash the line is also written to the descriptors to which these pointers (at most CRASH_FDS_MAX) point then. A
 * descriptor of -1 is skipped. The pointers must stay valid until the next call.
 */
void crash_write_to(const int *const *fds, size_t count, bool json);

/* Call these around code of a plugin, and around reading its tables. The texts must live until crash_leave(). */
void crash_enter(const char *plugin, const char *phase);
void crash_leave(void);

#endif
