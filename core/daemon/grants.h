/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Break-glass: an operator lets tasks do for a time what an enforcer denies. A grant has one number, and an entry in the
 * map of each enforcer that decides one of its operations. Guards have none: what protects bpflock is never granted.
 */
#ifndef BPFLOCK_DAEMON_GRANTS_H
#define BPFLOCK_DAEMON_GRANTS_H

#include "daemon/manager.h"
#include "log/log.h"

/**
 * struct grant_request - what is asked for; the texts are the caller's
 * @operations: names, as in `allow`; groups too
 * @seconds:    how long
 * @reason:     why
 * @unit:       of systemd, whose cgroup it is for; or NULL
 * @cgroup:     path from the root of the hierarchy, or NULL
 * @everyone:   for all tasks. With none of the three: for tasks in the initial namespaces.
 */
struct grant_request {
	const char *const *operations;
	size_t operation_count;
	__s64 seconds;
	const char *reason;
	const char *unit;
	const char *cgroup;
	bool everyone;
};

/* Puts a grant in force and logs it. Returns 0 or a negative errno: *ret_refusal (to be freed) says why. */
int grants_grant(struct manager *manager, struct log *log, const struct grant_request *request, __u32 *ret_id,
		 char **ret_refusal);
/* Ends a grant and logs it. Returns whether there was one. */
bool grants_revoke(struct manager *manager, struct log *log, __u32 id);

/* Visits the entries that are in force: of each enforcer, so a grant may be visited more than once. */
void grants_each(const struct manager *manager,
		 void (*visit)(void *context, const struct plugin *plugin, const struct bpflock_grant *grant),
		 void *context);

/* Makes those in the kernel what was granted. Returns how many were not. */
size_t grants_mend(const struct managed_plugin *managed);

/* Logs the end of grants whose time is over. */
void grants_log_ended(struct manager *manager, struct log *log);

#endif
