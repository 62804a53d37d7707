/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of baseline: the cgroups of paths, units and sessions. */
#ifndef BPFLOCK_POLICY_EXCEPTIONS_H
#define BPFLOCK_POLICY_EXCEPTIONS_H

#include "config/config.h"
#include "util/report.h"

/* Values of except_sessions. */
#define SESSIONS_NONE 0
#define SESSIONS_ACTIVE_LOCAL 1

/* Whether this machine can have exceptions: cgroup v2 alone. */
bool exceptions_are_possible(void);

/* Whether a section names any exception. */
bool exceptions_wanted(const struct config_section *section);

/* Can these exceptions be watched on this machine? Errors are reported. */
void exceptions_check(const struct config_section *section, struct report *report);

/* Watches the cgroups of one section's exceptions. */
struct exceptions;

/*
 * Begins to watch the exceptions of a section, and adds the current ones to `map` (fd of the set of cgroup ids). `epoll`
 * becomes readable when exceptions_refresh() is due. The section must outlive this. Returns 0 or a negative errno.
 */
int exceptions_watch(const struct config_section *section, int map, int epoll, struct exceptions **ret);

/*
 * Ends watching, and removes its ids from the map, except those that `staying` has as well. `staying` may be NULL; it
 * uses the same map. Always returns NULL.
 */
struct exceptions *exceptions_end(struct exceptions *exceptions, const struct exceptions *staying);

/* Ends watching, and leaves the map unchanged. Always returns NULL. */
struct exceptions *exceptions_close(struct exceptions *exceptions);

/* Updates the map to the cgroups that exist now. Returns 0 or a negative errno. */
int exceptions_refresh(struct exceptions *exceptions);

/* Puts the map right where somebody else has changed it. Returns how many ids differed. */
size_t exceptions_mend(struct exceptions *exceptions);

#endif
