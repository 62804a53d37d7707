/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a line says beyond its record: who has logged in, the unit and the container of the task, and which line of the
 * configuration has denied a request. In logfmt only with `log_details = yes`.
 */
#ifndef BPFLOCK_DAEMON_DETAILS_H
#define BPFLOCK_DAEMON_DETAILS_H

#include "cgroup/cgroup.h"
#include "daemon/manager.h"

/**
 * struct details - where they come from
 * @names: NULL where there is no cgroup v2, or only a part of it is seen
 */
struct details {
	const struct manager *manager;
	struct cgroup_names *names;
};

void details_open(struct details *details, const struct manager *manager);
void details_close(struct details *details);

/* A bus_annotator; `context` is the struct details. */
void details_annotate(void *context, const struct bus_source *source, const struct bpflock_event *event,
		      struct log_record *record);

#endif
