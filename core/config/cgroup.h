/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_CONFIG_CGROUP_H
#define BPFLOCK_CONFIG_CGROUP_H

#include <linux/types.h>

/*
 * Finds the id of a cgroup by its path below the cgroup v2 mount of `mounts` (/proc/self/mounts). Returns 0, -ENODEV
 * when there is no such mount, -ENOENT when there is no such cgroup, or another negative errno. *ret_path is the
 * absolute path (to be freed), or NULL without a mount.
 */
int config_cgroup_id(const char *mounts, const char *path, __u64 *ret, char **ret_path);

#endif
