/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs the kernel's counts of decisions and records, and the losses. docs/log.md describes the stages of a loss and
 * the sums that hold.
 */
#ifndef BPFLOCK_DAEMON_STATS_H
#define BPFLOCK_DAEMON_STATS_H

#include "bus/bus.h"
#include "daemon/manager.h"
#include "log/log.h"

/* The exact counts since each plugin was first loaded, whatever was logged or lost. */
void stats_log_totals(struct log *log, const struct manager *manager);

/* The same for plugins that have stopped. Call it before manager_finalize(). */
void stats_log_stopped(struct log *log, const struct manager *manager);

/* The records that a killed daemon had read and not written. Call it after the ring that it left is read. */
void stats_log_inherited(struct log *log, struct manager *manager);

/* Logs all losses since the last call, also those that a dead predecessor did not report. */
void stats_log_losses(struct log *log, struct manager *manager, struct bus *bus);

/* Logs what one output of the log has lost. A log_visit_loss, whose context is the log. */
void stats_log_sink_loss(void *log, const char *sink, const struct log_loss *loss);

#endif
