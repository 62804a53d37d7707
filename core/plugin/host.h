/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_PLUGIN_HOST_H
#define BPFLOCK_PLUGIN_HOST_H

#include "config/config.h"
#include "config/suggest.h"
#include "plugin/plugin.h"

/**
 * struct host_services - what is offered while a plugin runs: see the members of struct bpflock_host
 *
 * Where there is no map of that name, map() adds the names of those that there are.
 */
struct host_services {
	void *context;
	int (*map)(void *context, const char *name, struct config_names *valid);
	int (*submit)(void *context, const struct bpflock_event *record, __u64 size);
	int (*timer)(void *context, __u64 interval, bpflock_call call, void *data);
	int (*watch)(void *context, int fd, bpflock_call call, void *data);
};

/**
 * struct host_failure - a call of a plugin that failed
 * @text:  which call, and why; or NULL
 * @name:  the name that it was given and that does not exist
 * @valid: names that exist; empty where the call did not fail by a name
 */
struct host_failure {
	char *text;
	char *name;
	struct config_names valid;
};

/**
 * struct host - what the core offers to one call of a plugin's callback
 * @plugin:       the plugin of the callback
 * @report:       where its errors go
 * @where:        what the errors are about: a place in the configuration, or NULL
 * @context:      passed to the services below
 * @skip_program: see struct bpflock_host; NULL where the service is not offered. Where there is no program of that
 *                name, it adds the names of those that there are.
 * @exempt_group: the same
 * @services:     NULL where the plugin does not run
 * @failed:       the last of these calls that failed, for the report of a callback that failed by it. Owned by
 *                host_call().
 */
struct host {
	const struct plugin *plugin;
	struct report *report;
	const char *where;
	void *context;
	int (*skip_program)(void *context, const char *program, struct config_names *valid);
	int (*exempt_group)(void *context, const char *group, struct config_names *valid);
	const struct host_services *services;
	struct host_failure failed;
};

typedef int (*host_callback)(const struct bpflock_host *host, const void *config);

/*
 * Calls a callback, which may be NULL, with the plugin's configuration structure. Returns 0, or the negative errno that
 * the callback returned; -EINVAL for what is none. A failure is in the report: the plugin's message, or the value that
 * it returned. A callback that has reported an error has failed, whatever it returns.
 */
int host_call(struct host *host, const char *phase, host_callback callback, const struct config_section *section);

/* The same for what a timer or a descriptor calls. */
int host_run(struct host *host, const char *phase, bpflock_call call, void *data);

/* Reads a metric by its callback. Returns 0 or a negative errno. */
int host_read_metric(struct host *host, const struct bpflock_metric *metric, __u64 *ret);

/* Shows a record to a plugin that observes; errors are ignored. */
void host_observe(struct host *host, const char *source, const struct bpflock_event *event, __u64 size);

#endif
