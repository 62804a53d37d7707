/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a configuration in force: decides which instances of plugins run, and with which policy.
 *
 * Start and reload make every change in the same order: open, load, attach and pin everything new, let it
 * record, and only then remove what it replaces. A failure before that leaves everything as it was.
 */
#ifndef BPFLOCK_DAEMON_MANAGER_H
#define BPFLOCK_DAEMON_MANAGER_H

#include "bus/bus.h"
#include "daemon/services.h"
#include "daemon/settings.h"
#include "daemon/verify.h"
#include "loader/loader.h"

/**
 * struct change - what is prepared for one plugin while a configuration is put in force
 * @section:   the plugin's section in the new configuration
 * @successor: the new instance; NULL where the running one stays, or where the plugin is disabled
 * @policy:    the new policy; NULL where there is none
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
 * struct losses - records that this daemon has reported as lost, by stage; those of the ring are counted by the kernel
 */
struct losses {
	__u64 daemon;
	__u64 stolen;
	__u64 invalid;
};

/**
 * struct managed_plugin - one plugin and its state
 * @plugin:       its file, descriptor and operations; not owned
 * @config:       the configuration that contains @section: the one in force, or an older one where the last change
 *                failed for this plugin; a counted reference
 * @section:      its configuration in force; NULL before there is one
 * @since:        when @section was put in force, as bpflock_event.time
 * @instance:     NULL where it does not run
 * @stopped:      an instance that has stopped, or that a predecessor left; until manager_finalize()
 * @verification: of an enforcer: whether it was seen to enforce
 * @policy:       of an enforcer: what is in force; owned
 * @pins_lost:    somebody has removed a pin of @instance: it is to be replaced
 * @skipped_runs: of @instance: how many skipped runs the log has reported
 * @skipped_before: of instances that were replaced: skipped runs that the log has not reported
 * @services:     what it does and uses while it runs
 * @losses:       of its records
 * @source:       its records, for the bus
 * @change:       used only while a configuration is put in force
 */
struct managed_plugin {
	const struct plugin *plugin;
	struct config *config;
	const struct config_section *section;
	__u64 since;
	struct instance *instance;
	struct instance *stopped;
	struct verification verification;
	struct bpflock_policy_slot *policy;
	bool pins_lost;
	__u64 skipped_runs;
	__u64 skipped_before;
	struct services services;
	struct losses losses;
	struct bus_source source;
	struct change change;
};

/**
 * struct manager - all plugins, and the configuration in force
 * @kernel:  not owned
 * @pins:    not owned
 * @plugins: all plugins, whether they run or not
 * @epoll:   watches the cgroups of all instances; becomes readable when manager_refresh() is due
 * @limits:  counts programs while a change is prepared; NULL otherwise
 * @config:  the configuration in force; owned
 */
struct manager {
	struct kernel *kernel;
	const struct pins *pins;
	struct managed_plugin *plugins;
	size_t count;
	int epoll;
	struct limits *limits;
	struct config *config;
};

/* Returns 0 or a negative errno. Call manager_release() in both cases. */
int manager_init(struct manager *manager, const struct plugins *plugins, struct kernel *kernel,
		 const struct pins *pins);

/* Updates all maps of cgroups to the cgroups and sessions that exist now. */
void manager_refresh(struct manager *manager, struct report *report);

/*
 * Puts `config` in force, and owns it when it returns 0. Where a plugin that is not required fails, that is reported,
 * and its running instance keeps the old configuration. On a negative errno nothing has changed.
 */
int manager_apply(struct manager *manager, struct config *config, struct report *report);

/* The plugin whose records these are, or NULL. */
const struct managed_plugin *manager_plugin_of(const struct manager *manager, const struct bus_source *source);

typedef void manager_visit_policy(void *context, const struct plugin *plugin, const struct config_section *section,
				  const struct bpflock_policy_slot *policy);

/*
 * Visits the policy that each enforcer would have with `config`, and changes nothing. Returns 0 or a negative errno,
 * reported.
 */
int manager_evaluate(struct manager *manager, const struct config *config, manager_visit_policy *visit, void *context,
		     struct report *report);

/*
 * Puts the same configuration in force again, with new instances of the plugins that have lost pins. Returns 0, or a
 * negative errno: then nothing has changed.
 */
int manager_renew(struct manager *manager, struct report *report);

/* Verifies again that the running enforcers enforce. */
void manager_verify(struct manager *manager);

/*
 * Stops all instances. With `keep` pinned enforcers stay in force. Records and counts of the stopped instances can be
 * logged until manager_finalize().
 */
void manager_stop(struct manager *manager, bool keep, struct report *report);
/* The instance whose records and counts can be logged: the running one or the stopped one; or NULL. */
const struct instance *manager_instance(const struct managed_plugin *managed);
bool manager_is_running_enforcer(const struct managed_plugin *managed);
bool manager_has_stopped(const struct manager *manager);
/* Frees the stopped instances. Removes what is still pinned of plugins that are not enabled any more. */
void manager_finalize(struct manager *manager);

/* Frees everything; pins stay. Accepts a manager that was never initialized. */
void manager_release(struct manager *manager);

#endif
