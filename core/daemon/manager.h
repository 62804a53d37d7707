/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a configuration in force: which instances of plugins run, and with which policy.
 *
 * Every change is made in the same order, at start and at reload: open and load everything new, attach
 * it, pin it, let it record, and only then take away what it replaces. A failure before the last step
 * leaves everything as it was.
 */
#ifndef BPFLOCK_DAEMON_MANAGER_H
#define BPFLOCK_DAEMON_MANAGER_H

#include "bus/bus.h"
#include "daemon/settings.h"
#include "daemon/verify.h"
#include "loader/loader.h"

/**
 * struct change - what is being prepared for one plugin while a configuration is put in force
 * @section:   of the new configuration
 * @successor: the instance that is to replace the one that runs; NULL where that one stays, or where the plugin is
 *             disabled
 * @policy:    of the instance that will run; NULL where there is none
 * @verification: of @successor, when it is an enforcer
 * @failed:    a step failed, and the plugin is not required: it stays as it was
 */
struct change {
	const struct config_section *section;
	struct instance *successor;
	struct bpflock_policy_slot *policy;
	struct verification verification;
	bool failed;
};

/**
 * struct managed_plugin - one plugin and its state
 * @plugin:       its file, descriptor and operations; not owned
 * @config:       that @section is part of: the one in force, or an older one whose successor failed here; held
 * @section:      its configuration in force; NULL before there is one
 * @instance:     NULL where it does not run
 * @stopped:      an instance that runs no more, or that a predecessor has left, until manager_finalize()
 * @verification: of an enforcer: whether its enforcement was seen
 * @source:       its records, for the bus
 * @change:       only while a configuration is put in force
 */
struct managed_plugin {
	const struct plugin *plugin;
	struct config *config;
	const struct config_section *section;
	struct instance *instance;
	struct instance *stopped;
	struct verification verification;
	struct bus_source source;
	struct change change;
};

/**
 * struct manager - what runs
 * @kernel:  not owned
 * @pins:    not owned
 * @plugins: all plugins, whether they run or not
 * @epoll:   of all exceptions: becomes readable when manager_refresh() is due
 * @config:  the configuration in force; owned
 */
struct manager {
	struct kernel *kernel;
	const struct pins *pins;
	struct managed_plugin *plugins;
	size_t count;
	int epoll;
	struct config *config;
};

/* Returns 0 or a negative errno; manager_release() is due either way. */
int manager_init(struct manager *manager, const struct plugins *plugins, struct kernel *kernel,
		 const struct pins *pins);

/* Brings all exceptions up to date with the cgroups and sessions that there are. */
void manager_refresh(struct manager *manager, struct report *report);

/*
 * Puts `config` in force, and owns it when it returns 0. What a plugin that is not required could not do is
 * reported and does not fail the whole: an instance of it that runs keeps its old configuration. On a negative
 * errno nothing has changed.
 */
int manager_apply(struct manager *manager, struct config *config, struct report *report);

/* Looks again whether the enforcers that run are seen to run. */
void manager_verify(struct manager *manager);

/*
 * Ends what runs; enforcers that are pinned go on when `keep` is set. Records and counts of what has ended
 * can be logged until manager_finalize().
 */
void manager_stop(struct manager *manager, bool keep);
/* The instance whose records and counts can be logged: the one that runs, or has just ended; or NULL. */
const struct instance *manager_instance(const struct managed_plugin *managed);
bool manager_is_running_enforcer(const struct managed_plugin *managed);
bool manager_has_stopped(const struct manager *manager);
void manager_finalize(struct manager *manager);

/* Lets go of everything; what is pinned stays. Also of a manager that was never initialized. */
void manager_release(struct manager *manager);

#endif
