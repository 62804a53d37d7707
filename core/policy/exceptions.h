/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions of baseline: from paths, units and sessions to the ids of cgroups, kept up to date as
 * cgroups come and go.
 */
#ifndef BPFLOCK_POLICY_EXCEPTIONS_H
#define BPFLOCK_POLICY_EXCEPTIONS_H

#include "config/config.h"
#include "util/report.h"

/* Values of except_sessions. */
#define SESSIONS_NONE 0
#define SESSIONS_ACTIVE_LOCAL 1

/* Whether a section names any exception. */
bool exceptions_wanted(const struct config_section *section);

/* Can these exceptions be watched on this machine? What is wrong is reported. */
void exceptions_check(const struct config_section *section, struct report *report);

/* What watches the exceptions of one section. */
struct exceptions;

/*
 * Begins to watch the exceptions of a section, and puts those that are there now into the map (fd; the
 * set of cgroup ids). The section must outlive it. Returns 0 or a negative errno.
 */
int exceptions_watch(const struct config_section *section, int map, struct exceptions **ret);

/*
 * Ends watching: takes out of the map what `staying`, which may be NULL and watches for the same map,
 * does not name. Always returns NULL.
 */
struct exceptions *exceptions_end(struct exceptions *exceptions, const struct exceptions *staying);

/* Ends watching, and leaves the map as it is. Always returns NULL. */
struct exceptions *exceptions_close(struct exceptions *exceptions);

/* Becomes readable when the map may have to change. */
int exceptions_fd(const struct exceptions *exceptions);

/* Makes the map say what is so now. Returns 0 or a negative errno. */
int exceptions_refresh(struct exceptions *exceptions);

#endif
