/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin does and uses while it runs: its callbacks start and stop, timers, descriptors, records, metrics. */
#ifndef BPFLOCK_DAEMON_SERVICES_H
#define BPFLOCK_DAEMON_SERVICES_H

#include "bus/bus.h"
#include "loader/loader.h"
#include "plugin/host.h"
#include "util/loop.h"

struct service_source;

/**
 * struct services - of one plugin
 * @offered:  points to the functions and to this
 * @loop:     NULL before services_open(): then nothing is offered, as in unit tests
 * @log:      points to the current log
 * @instance: the one that runs; NULL before services_start()
 * @started:  start() has succeeded
 * @sources:  timers and descriptors of the plugin
 */
struct services {
	struct host_services offered;
	struct bus_source *source;
	struct loop *loop;
	struct log *const *log;
	struct bus *bus;
	const struct instance *instance;
	bool started;
	struct service_source *sources;
};

/* `source` and the others must outlive the services. */
void services_open(struct services *services, struct bus_source *source, struct loop *loop, struct log *const *log,
		   struct bus *bus);

/* The plugin runs, with this section. What its start() does wrong is reported. */
void services_start(struct services *services, const struct instance *instance, const struct config_section *section,
		    struct report *report);
/* The opposite, with the section that start() had. Does nothing where the plugin does not run. */
void services_stop(struct services *services, const struct config_section *section, struct report *report);

typedef void services_visit_metric(void *context, const struct bpflock_metric *metric, __u64 value);

/* Visits the metrics of a plugin that runs, as far as they can be read. */
void services_each_metric(struct services *services, services_visit_metric *visit, void *context);

#endif
