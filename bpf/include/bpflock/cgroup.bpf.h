/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of cgroups that the daemon keeps up to date while cgroups come and go: the `map` of an option of type
 * BPFLOCK_OPTION_CGROUP.
 *
 *	BPFLOCK_CGROUPS(16) cgroups SEC(".maps");
 *	__u32 cgroups_count;
 *
 *	if (cgroups_count && !bpflock_in_cgroups(&cgroups))
 *		return 0;
 */
#ifndef BPFLOCK_CGROUP_BPF_H
#define BPFLOCK_CGROUP_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>

/* The deepest level of the hierarchy at which a cgroup of a set is found. The kernel allows more. */
#define BPFLOCK_CGROUP_DEPTH_MAX 32

/* The type of a map of ids with room for `max` cgroups. */
#define BPFLOCK_CGROUPS(max)                          \
	struct {                                      \
		__uint(type, BPF_MAP_TYPE_HASH);      \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__uint(max_entries, max);             \
		__type(key, __u64);                   \
		__type(value, __u8);                  \
	}

/* Is the current task's cgroup, or any above it, in the set? One lookup per level. */
static __always_inline bool bpflock_in_cgroups(void *cgroups)
{
	for (int level = 0; level < BPFLOCK_CGROUP_DEPTH_MAX; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);

		if (!id)
			return false;
		if (bpf_map_lookup_elem(cgroups, &id))
			return true;
	}
	return false;
}

#endif
