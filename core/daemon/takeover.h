/* SPDX-License-Identifier: Apache-2.0 */
/* What a start finds on the machine: what a predecessor left, and programs of ours that are not its own. */
#ifndef BPFLOCK_DAEMON_TAKEOVER_H
#define BPFLOCK_DAEMON_TAKEOVER_H

#include "loader/loader.h"
#include "log/log.h"

/*
 * How long no daemon was there, and how many records of that time have been read. For a start that took over
 * pins; once their ring has been read.
 */
void takeover_log_gap(struct log *log, const struct pins *pins, __u64 records);

/* What the outputs of a predecessor's log had lost when it was killed, and it had not reported. */
void takeover_log_sink_losses(struct log *log, const struct pins *pins);

/* Pins of plugins that are not here any more: they go on enforcing. */
void takeover_report_orphans(const struct plugins *plugins, struct report *report);

/*
 * Pins of other layouts were never ours to use. What replaces them runs now, so they are unpinned, which
 * is reported.
 */
void takeover_replace_layouts(struct report *report);

/*
 * Programs of another bpflock, whose pins we do not see (on a private bpffs) or that has none. It takes
 * CAP_SYS_ADMIN to look; without it nothing is found.
 */
void takeover_report_others(const struct pins *pins, struct report *report);

/* Programs that can override what enforcers decide, and were there before anybody could deny that. As above. */
void takeover_report_overrides(const struct pins *pins, struct report *report);

#endif
