/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a plugin's records have been delivered to the log, over the lives of several daemons.
 *
 * The daemon reads a batch of records from the ring, writes their lines, and then moves the ring's consumer position.
 * If it is killed before, the next daemon reads the batch again. Its lines may then be in the log twice, and say so.
 *
 * Two kinds of records would still be lost with a daemon: decisions that were read and are to become one line later,
 * and records that are to be reported as lost. Its struct delivery_state is pinned. From that, and from the sequence
 * numbers, the next daemon calculates how many records are missing from the log.
 *
 * These accounts are right whenever the daemon is killed, because one store settles a batch: that of the consumer
 * position. Before it, the state says what the position will be and what is accounted for then.
 */
#ifndef BPFLOCK_BUS_DELIVERY_H
#define BPFLOCK_BUS_DELIVERY_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "bus/ring.h"

/**
 * struct delivery_state - what a daemon leaves of one plugin for its successor; pinned
 * @reported: records that found no space in the ring, as far as the log has reported them
 * @reported_next: the value of @reported after the line that is being written
 * @reported_at: losses up to this time are reported; as bpflock_event.time
 * @accounted: records that the log has accounted for: by their lines, or as lost
 * @accounted_next: the value of @accounted after the lines that are being written
 * @telling:  how many of these lines' records are not in the ring any more
 * @ring:     id of the ring of the two positions
 * @position_next: the ring's consumer position after the lines that are being written; 0 where it stays
 * @again_until: records before this position may be in the log already, by a daemon that was killed
 * @uncertain: of the records that dead daemons have not accounted for: how many may be in the log
 * @submitted: records of user space that the log was given; they are in no other number
 */
struct delivery_state {
	__u64 reported;
	__u64 reported_next;
	__u64 reported_at;
	__u64 accounted;
	__u64 accounted_next;
	__u64 telling;
	__u64 ring;
	__u64 position_next;
	__u64 again_until;
	__u64 uncertain;
	__u64 submitted;
};

/**
 * struct delivery - the delivery of one plugin's records
 * @state:     pinned: inherited from the predecessor, and kept up to date; NULL while the plugin does not run
 * @inherited: records from before this daemon, minus those that are accounted for, minus those that this daemon has
 *             read
 * @before:    for each CPU: the last sequence number from before this daemon
 * @cpus:      number of CPUs in @before
 * @again:     records whose lines the predecessor was writing, minus those that were read again
 * @told:      records for which the batch has lines that are not settled
 * @earlier:   those of them that were read in an earlier batch
 */
struct delivery {
	struct delivery_state *state;
	__s64 inherited;
	__u64 *before;
	size_t cpus;
	__u64 again;
	__u64 told;
	__u64 earlier;
};

/**
 * struct delivery_loss - records that have no line
 * @count:     their number
 * @uncertain: those of them that may nevertheless be in the log, or reported already, by a daemon that was killed
 */
struct delivery_loss {
	__u64 count;
	__u64 uncertain;
};

/* `stats` are those of each CPU, taken before any record is read. The ring is the one whose records are read now. */
void delivery_begin(struct delivery *delivery, struct delivery_state *state, const struct bpflock_stats *stats,
		    size_t cpus, const struct ring *ring);
void delivery_end(struct delivery *delivery);

/* Call it for each record that is read, at this position of the ring. Returns whether the log may have it already. */
bool delivery_take(struct delivery *delivery, const struct bpflock_event *event, const struct ring *ring,
		   __u64 position);

/* The batch has a line for `count` records; `earlier`: which were read before the batch. */
void delivery_tell(struct delivery *delivery, __u64 count, bool earlier);

/*
 * Call these before and after the lines of a batch are written, and the second one after the ring is consumed.
 * `position` is then its consumer position; 0 where nothing was read.
 */
void delivery_settle_begins(struct delivery *delivery, const struct ring *ring, __u64 position);
void delivery_settle_ends(struct delivery *delivery);

/*
 * What dead predecessors had read and not written. Call it after everything is read that was in the ring at
 * delivery_begin(), and then the functions below.
 */
struct delivery_loss delivery_inherited_loss(struct delivery *delivery);

/* Call these before and after writing lines that report `count` records as lost, between batches. */
void delivery_loss_begins(struct delivery *delivery, __u64 count);
void delivery_loss_ends(struct delivery *delivery);

/*
 * The same for records that found no space in the ring. `lost` is the kernel's count of them. Returns what is to be
 * reported. `time`: all losses up to this time are in that count.
 */
struct delivery_loss delivery_ring_loss_begins(struct delivery_state *state, __u64 lost);
void delivery_ring_loss_ends(struct delivery_state *state, __u64 time);

#endif
