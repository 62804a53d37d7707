/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_PLUGIN_HOST_H
#define BPFLOCK_PLUGIN_HOST_H

#include "config/config.h"
#include "plugin/plugin.h"

/**
 * struct host_services - what is offered while a plugin runs: see the members of struct bpflock_host
 */
struct host_services {
	void *context;
	int (*map)(void *context, const char *name);
	int (*submit)(void *context, const struct bpflock_event *record, __u64 size);
	int (*timer)(void *context, __u64 interval, bpflock_call call, void *data);
	int (*watch)(void *context, int fd, bpflock_call call, void *data);
};

/**
 * struct host - what the core offers to one call of a plugin's callback
 * @plugin:       the plugin of the callback
 * @report:       where its errors go
 * @where:        what the errors are about: a place in the configuration, or NULL
 * @context:      passed to the services below
 * @skip_program: see struct bpflock_host; NULL where the service is not offered
 * @exempt_group: the same
 * @services:     NULL where the plugin does not run
 * @failed:       the last of these calls that failed, for the report of a callback that failed by it; or NULL. Owned by
 *                host_call().
 */
struct host {
	const struct plugin *plugin;
	struct report *report;
	const char *where;
	void *context;
	int (*skip_program)(void *context, const char *program);
	int (*exempt_group)(void *context, const char *group);
	const struct host_services *services;
	char *failed;
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
