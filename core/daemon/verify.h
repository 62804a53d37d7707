/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an enforcer enforces: its hook is triggered, harmlessly, and its programs are seen to run.
 * That a program is attached proves nothing: a kernel without `bpf` among its active LSMs attaches it, and
 * never calls it.
 */
#ifndef BPFLOCK_DAEMON_VERIFY_H
#define BPFLOCK_DAEMON_VERIFY_H

#include "kernel/kernel.h"
#include "loader/loader.h"

enum verify_state {
	VERIFY_ENFORCING,  /* seen to run */
	VERIFY_UNVERIFIED, /* it cannot be seen: there is a reason */
	VERIFY_FAILED,	   /* the kernel did what was to be asked about, and did not ask */
};

/**
 * struct verification - what has come of it
 * @reason: why it is not VERIFY_ENFORCING; fixed text, or NULL
 * @reported: the log knows; for the caller to keep
 */
struct verification {
	enum verify_state state;
	const char *reason;
	bool reported;
};

/* For an instance of an enforcer that is attached. */
struct verification verify_instance(const struct instance *instance, const struct kernel *kernel);

/* As it stands in the log. */
const char *verify_state_name(enum verify_state state);

#endif
