/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a configuration in force: which instances of plugins run, and with which policy.
 *
 * Every change is made in the same order, at start and at reload: open and load everything new, attach
 * it, pin it, let it record, and only then take away what it replaces. A failure before the last step
 * leaves everything as it was.
 */
#ifndef BPFLOCK_LOCKS_H
#define BPFLOCK_LOCKS_H

#include "loader/loader.h"
#include "settings.h"
#include "verify.h"

/**
 * struct locks - what runs
 * @settings:  plugins and operations; not owned
 * @kernel:    not owned
 * @pins:      not owned
 * @instances: one for each plugin; NULL where it does not run
 * @retired:   the same, of those that run no more, or that a predecessor has left, until they are buried
 * @verifications: one for each plugin: whether its enforcement was seen
 * @exceptions: what follows the exceptions of each enforcer's instance; NULL where there are none
 * @epoll:     of all @exceptions: becomes readable when locks_follow() is due
 * @config:    the configuration in force; owned
 */
struct locks {
	const struct settings *settings;
	const struct kernel *kernel;
	const struct pins *pins;
	struct instance **instances;
	struct instance **retired;
	struct verification *verifications;
	struct exceptions **exceptions;
	int epoll;
	struct config *config;
};

/* Returns 0 or a negative errno; locks_release() is due either way. */
int locks_init(struct locks *locks, const struct settings *settings, const struct kernel *kernel,
	       const struct pins *pins);

/* Brings all exceptions up to date with the cgroups and sessions that there are. */
void locks_follow(struct locks *locks, struct report *report);

/*
 * Puts `config` in force, and owns it when it returns 0. What a plugin that is not required could not
 * do is reported and does not fail the whole. On a negative errno nothing has changed.
 */
int locks_apply(struct locks *locks, struct config *config, struct report *report);

/* Looks again whether the enforcers that run are seen to run. */
void locks_verify(struct locks *locks);

/*
 * Ends what runs; enforcers that are pinned go on when `keep` is set. Records and counts of what has ended
 * can be told until locks_bury().
 */
void locks_retire(struct locks *locks, bool keep);
/* The instance whose records and counts can be told: the one that runs, or has just ended; or NULL. */
const struct instance *locks_instance(const struct locks *locks, size_t place);
bool locks_have_retired(const struct locks *locks);
void locks_bury(struct locks *locks);

/* Lets go of everything; what is pinned stays. Also of locks that were never opened. */
void locks_release(struct locks *locks);

#endif
