/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants: operations that are allowed for a time, whatever the policy says. The kernel looks at them where it would
 * deny, and ends them by its clock, so they end also where no daemon runs.
 */
#ifndef BPFLOCK_POLICY_GRANTS_H
#define BPFLOCK_POLICY_GRANTS_H

#include <bpflock/policy.h>
#include <stdbool.h>

#include "policy/policy.h"

static inline bool grant_is_active(const struct bpflock_grant *grant, __u64 now)
{
	return grant->until > now;
}

static inline bool grant_has_operation(const struct bpflock_grant *grant, __u32 index)
{
	return index < BPFLOCK_OPERATIONS_MAX && grant->operations[index / 64] >> index % 64 & 1;
}

static inline void grant_add_operation(struct bpflock_grant *grant, __u32 index)
{
	grant->operations[index / 64] |= 1ull << index % 64;
}

/* Adds a grant. `now` is CLOCK_BOOTTIME in nanoseconds. Returns its place; or NULL where all are in use. */
struct bpflock_grant *grants_put(struct bpflock_grants *grants, const struct bpflock_grant *grant, __u64 now);
/* The grant of that number that is in force, or NULL. */
struct bpflock_grant *grants_find(struct bpflock_grants *grants, __u32 id, __u64 now);
/* Ends it before its time. */
void grants_end(struct bpflock_grant *grant);
/* The largest number that was given to a grant, as far as it is still known. */
__u32 grants_last_id(const struct bpflock_grants *grants);
/* Makes those in the kernel the same. Returns how many were not. */
size_t grants_publish(struct bpflock_grants *kernel, const struct bpflock_grants *grants);

#endif
