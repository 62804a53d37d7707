/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has become of one plugin's records, over the lives of several daemons.
 *
 * A daemon that is killed takes records with it that it had read and not written: decisions that were to
 * become one line, and perhaps the line that it was writing. Its notes lie in the pinned lineage. From these,
 * and from the sequence numbers, the next daemon works out how many records are missing from the log.
 */
#ifndef BPFLOCK_BUS_LEDGER_H
#define BPFLOCK_BUS_LEDGER_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct ledger - of one plugin
 * @shared:    the lineage's notes, pinned; NULL while the plugin does not run
 * @inherited: records from before this daemon that are neither lost nor settled, less those read since
 * @before:    for each CPU: the last record from before this daemon
 * @cpus:      how many
 * @again:     the record that the predecessor was writing when it died, or 0
 * @again_cpu: its CPU
 * @again_settled: it is settled already
 * @uncertain: how many records the line stood for that the predecessor was writing, when they were several
 */
struct ledger {
	struct bpflock_lineage *shared;
	__s64 inherited;
	__u64 *before;
	size_t cpus;
	__u64 again;
	__u32 again_cpu;
	bool again_settled;
	__u64 uncertain;
};

/**
 * struct ledger_loss - what a predecessor took with it
 * @count:     records that it had read and had not written
 * @uncertain: those of them that may be in the log all the same
 */
struct ledger_loss {
	__u64 count;
	__u64 uncertain;
};

/* Begins with the accounts of each CPU as they are before anything is read. */
void ledger_begin(struct ledger *ledger, struct bpflock_lineage *shared,
		  const struct bpflock_account *accounts, size_t cpus);
void ledger_end(struct ledger *ledger);

/* A record has been read. Returns whether a predecessor may have written its line before it died. */
bool ledger_take(struct ledger *ledger, const struct bpflock_event *event);

/*
 * Around the writing of a line. It is that of the record which has just been read, or (NULL) stands for
 * `count` records that were read before.
 */
void ledger_write_begins(struct ledger *ledger, const struct bpflock_event *event, __u64 count);
void ledger_write_ends(struct ledger *ledger);

/* So many records have no line, which the log is told. */
void ledger_gone(struct ledger *ledger, __u64 count);

/* Once all is read that was there at the beginning. */
struct ledger_loss ledger_settle(struct ledger *ledger);

#endif
