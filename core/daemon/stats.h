/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs what the kernel has counted: decisions, records, and what was lost on the way. For every
 * plugin, decisions counted = lines written + lines reported lost. Stages of a loss: `ring` (it was full), `daemon`
 * (one that was killed had read it), `stolen` (another process has read the ring), `invalid`, and `sink`.
 */
#ifndef BPFLOCK_DAEMON_STATS_H
#define BPFLOCK_DAEMON_STATS_H

#include "bus/bus.h"
#include "daemon/manager.h"
#include "log/log.h"

/* The exact counts since each plugin was first loaded, whatever was logged or lost. */
void stats_log_totals(struct log *log, const struct manager *manager);

/* The same, of plugins that have stopped, before manager_finalize(). */
void stats_log_stopped(struct log *log, const struct manager *manager);

/* What a daemon that was killed had read and not written. Once the ring is read that it left. */
void stats_log_inherited(struct log *log, struct manager *manager);

/* Logs all losses since the last call, also those of a predecessor that is dead. */
void stats_log_losses(struct log *log, struct manager *manager, struct bus *bus);

/* What one output of the log has lost: a log_visit_loss, whose context is the log. */
void stats_log_sink_loss(void *log, const char *sink, const struct log_loss *loss);

#endif
