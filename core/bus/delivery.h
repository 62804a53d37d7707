/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a plugin's records have been delivered to the log, over the lives of several daemons.
 *
 * A daemon that is killed loses the records that it had read and not written: decisions that were to become one
 * line, and perhaps the line that it was writing. Its struct delivery_state is pinned. From that, and from the
 * sequence numbers, the next daemon calculates how many records are missing from the log.
 */
#ifndef BPFLOCK_BUS_DELIVERY_H
#define BPFLOCK_BUS_DELIVERY_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct delivery_state - what a daemon leaves of one plugin for its successor; pinned
 * @reported:  lost records that the log has reported
 * @reported_at: losses up to this time are reported; as bpflock_event.time
 * @accounted: records that the log has accounted for: by their lines, or as lost
 * @accounted_next: the value of @accounted after the line that is being written
 * @writing:   sequence number of the record whose line is being written; 0 when the line stands for several
 * @writing_cpu: CPU of that record
 * @reserved:  zero
 */
struct delivery_state {
	__u64 reported;
	__u64 reported_at;
	__u64 accounted;
	__u64 accounted_next;
	__u64 writing;
	__u32 writing_cpu;
	__u32 reserved;
};

/**
 * struct delivery - the delivery of one plugin's records
 * @state:     pinned: inherited from the predecessor, and kept up to date; NULL while the plugin does not run
 * @inherited: records from before this daemon that were in the ring, minus those that are accounted for, minus
 *             those that this daemon has read
 * @before:    for each CPU: the last sequence number from before this daemon
 * @cpus:      number of CPUs in @before
 * @again:     sequence number of the record that the predecessor was writing when it died, or 0
 * @again_cpu: CPU of that record
 * @again_accounted: that record is accounted for already
 * @uncertain: where that line stood for several records: their number
 */
struct delivery {
	struct delivery_state *state;
	__s64 inherited;
	__u64 *before;
	size_t cpus;
	__u64 again;
	__u32 again_cpu;
	bool again_accounted;
	__u64 uncertain;
};

/**
 * struct delivery_loss - the records that a killed predecessor lost
 * @count:     records that it had read and had not written
 * @uncertain: those of them that may nevertheless be in the log
 */
struct delivery_loss {
	__u64 count;
	__u64 uncertain;
};

/* `stats` are those of each CPU, taken before any record is read. */
void delivery_begin(struct delivery *delivery, struct delivery_state *state, const struct bpflock_stats *stats,
		    size_t cpus);
void delivery_end(struct delivery *delivery);

/* Call it for each record that is read. Returns whether a predecessor may have written its line already. */
bool delivery_take(struct delivery *delivery, const struct bpflock_event *event);

/*
 * Call these before and after writing a line: that of the record which was just read (`event`), or one that stands
 * for `count` earlier records (NULL).
 */
void delivery_write_begins(struct delivery *delivery, const struct bpflock_event *event, __u64 count);
void delivery_write_ends(struct delivery *delivery);

/* `count` records get no line: the log reports them as lost. */
void delivery_gone(struct delivery *delivery, __u64 count);

/* Call it after everything is read that was in the ring at delivery_begin(). */
struct delivery_loss delivery_inherited_loss(struct delivery *delivery);

#endif
