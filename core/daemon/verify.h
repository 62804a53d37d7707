/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifies that an enforcer enforces: triggers its hooks without harm, and checks that each of its programs ran. An
 * attached program is not necessarily called: without `bpf` among the active LSMs the kernel attaches it and never
 * calls it.
 */
#ifndef BPFLOCK_DAEMON_VERIFY_H
#define BPFLOCK_DAEMON_VERIFY_H

#include "kernel/kernel.h"
#include "loader/loader.h"

enum verify_state {
	VERIFY_ENFORCING,  /* each program that has a self-test ran */
	VERIFY_UNVERIFIED, /* this cannot be seen: `reason` says why */
	VERIFY_FAILED,	   /* the kernel did the operation and did not call a program */
};

/**
 * struct verification - the result
 * @reason:   why it is not VERIFY_ENFORCING, or NULL; owned
 * @unseen:   the hooks of programs that have not been seen to run since they were loaded, separated by commas; NULL
 *            where there are none; owned
 * @reported: the log has this result; set by the caller
 */
struct verification {
	enum verify_state state;
	char *reason;
	char *unseen;
	bool reported;
};

/* For an instance of an enforcer that is attached. */
struct verification verify_instance(const struct instance *instance, const struct kernel *kernel);
/* Leaves it empty. */
void verification_free(struct verification *verification);

/* The state as it is written to the log. */
const char *verify_state_name(enum verify_state state);

#endif
