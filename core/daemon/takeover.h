/* SPDX-License-Identifier: Apache-2.0 */
/* What a start finds on the machine: what a predecessor left, and programs of other daemons. */
#ifndef BPFLOCK_DAEMON_TAKEOVER_H
#define BPFLOCK_DAEMON_TAKEOVER_H

#include "daemon/manager.h"
#include "loader/loader.h"
#include "log/log.h"

/*
 * How long no daemon ran, and how many records of that time were read. For a start that took over pins. Call it after
 * their ring is read. Names the observers that run: what they missed meanwhile is not counted.
 */
void takeover_log_gap(struct log *log, const struct manager *manager, const struct pins *pins, __u64 records);

/* Losses of a killed predecessor's outputs that it had not reported. */
void takeover_log_sink_losses(struct log *log);

/* Pins of plugins that are not installed any more: they stay in force. */
void takeover_report_orphans(const struct plugins *plugins, struct report *report);

/* Unpins and reports pins of other layouts. Call it when the programs that replace them run. */
void takeover_replace_layouts(struct report *report);

/*
 * Reports programs of another bpflock whose pins are on another bpffs, or that has no pins. Needs CAP_SYS_ADMIN:
 * without it nothing is found.
 */
void takeover_report_others(const struct pins *pins, struct report *report);

/* Reports programs that can override decisions and were loaded before the guard. Needs CAP_SYS_ADMIN as well. */
void takeover_report_overrides(const struct kernel *kernel, const struct pins *pins, struct report *report);

#endif
