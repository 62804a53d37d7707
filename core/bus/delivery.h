/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has become of one plugin's records, over the lives of several daemons.
 *
 * A daemon that is killed takes records with it that it had read and not written: decisions that were to
 * become one line, and perhaps the line that it was writing. Its notes are pinned. From these,
 * and from the sequence numbers, the next daemon works out how many records are missing from the log.
 */
#ifndef BPFLOCK_BUS_DELIVERY_H
#define BPFLOCK_BUS_DELIVERY_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct ledger_notes - what a daemon leaves of one plugin for its successor; pinned
 * @told:      lost records that the log has been told of
 * @told_at:   up to when, as bpflock_event.time
 * @settled:   records that the log has told of: by their lines, or as gone
 * @settled_next: what @settled will be when the line that is being written is there
 * @writing:   sequence number of the record whose line that is; 0 when it stands for several
 * @writing_cpu: CPU of that record
 * @reserved:  zero
 */
struct ledger_notes {
	__u64 told;
	__u64 told_at;
	__u64 settled;
	__u64 settled_next;
	__u64 writing;
	__u32 writing_cpu;
	__u32 reserved;
};

/**
 * struct ledger - of one plugin
 * @notes:     the predecessor's and, from then on, its own; NULL while the plugin does not run
 * @inherited: records from before this daemon that are neither lost nor settled, less those read since
 * @before:    for each CPU: the last record from before this daemon
 * @cpus:      how many
 * @again:     the record that the predecessor was writing when it died, or 0
 * @again_cpu: its CPU
 * @again_settled: it is settled already
 * @uncertain: how many records the line stood for that the predecessor was writing, when they were several
 */
struct ledger {
	struct ledger_notes *notes;
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
void ledger_begin(struct ledger *ledger, struct ledger_notes *notes,
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
