/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_UTIL_PROCESS_H
#define BPFLOCK_UTIL_PROCESS_H

#include <linux/types.h>
#include <sys/types.h>

/*
 * When the process was started, in clock ticks since boot: together with its number it names one process, because
 * numbers are reused. Returns 0, or a negative errno: -ENOENT without such a process, -ESRCH where it has ended and its
 * parent has not looked yet.
 */
int process_start_time(pid_t pid, __u64 *ret);

#endif
