/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of records (CLOCK_BOOTTIME) and of the log (CLOCK_REALTIME). */
#ifndef BPFLOCK_UTIL_CLOCK_H
#define BPFLOCK_UTIL_CLOCK_H

#include <linux/types.h>
#include <time.h>

#define NANOSECONDS 1000000000ull

static inline __s64 clock_read(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * (__s64)NANOSECONDS + now.tv_nsec;
}

/* As in records: nanoseconds of CLOCK_BOOTTIME. */
static inline __u64 clock_since_boot(void)
{
	return (__u64)clock_read(CLOCK_BOOTTIME);
}

/* CLOCK_REALTIME at CLOCK_BOOTTIME 0. Do not cache it: somebody may set the clock. */
static inline __s64 clock_boot_time(void)
{
	return clock_read(CLOCK_REALTIME) - clock_read(CLOCK_BOOTTIME);
}

/*
 * The wall time of a time since boot. A plugin's program may have written any number: then the sum wraps, which is
 * harmless.
 */
static inline struct timespec clock_wall_time(__u64 since_boot, __s64 boot_time)
{
	__u64 time = (__u64)boot_time + since_boot;

	return (struct timespec){ .tv_sec = (time_t)(time / NANOSECONDS), .tv_nsec = (long)(time % NANOSECONDS) };
}

#endif
