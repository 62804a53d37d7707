/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a plugin's records have been delivered to the log, over the lives of several daemons.
 *
 * A daemon that is killed loses the records that it had read and not written: decisions that were to become one
 * line, and perhaps the line that it was writing. Its struct delivery_state is pinned. From that, and from the
 * sequence numbers, the next daemon calculates how many records are missing from the log.
 *
 * One rule keeps these accounts right whenever the daemon is killed: what the log has told is counted after the line
 * was written. Before that, the state says what the line is about to tell. If a successor finds that, it does not know
 * whether the line is in the log. It tells the same again, and marks it.
 */
#ifndef BPFLOCK_BUS_DELIVERY_H
#define BPFLOCK_BUS_DELIVERY_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct delivery_state - what a daemon leaves of one plugin for its successor; pinned
 * @reported: records that found no space in the ring, as far as the log has reported them
 * @reported_next: the value of @reported after the line that is being written
 * @reported_at: losses up to this time are reported; as bpflock_event.time
 * @accounted: records that the log has accounted for: by their lines, or as lost
 * @accounted_next: the value of @accounted after the line that is being written
 * @uncertain: of the records that dead daemons have not accounted for: how many may be in the log
 * @writing:   sequence number of the record whose line is being written; 0 when the line stands for several
 * @writing_cpu: CPU of that record
 * @reserved:  zero
 * @submitted: records of user space that the log was given; they are in no other number
 */
struct delivery_state {
	__u64 reported;
	__u64 reported_next;
	__u64 reported_at;
	__u64 accounted;
	__u64 accounted_next;
	__u64 uncertain;
	__u64 writing;
	__u32 writing_cpu;
	__u32 reserved;
	__u64 submitted;
};

/**
 * struct delivery - the delivery of one plugin's records
 * @state:     pinned: inherited from the predecessor, and kept up to date; NULL while the plugin does not run
 * @inherited: records from before this daemon, minus those that are accounted for, minus those that this daemon has
 *             read
 * @before:    for each CPU: the last sequence number from before this daemon
 * @cpus:      number of CPUs in @before
 * @again:     sequence number of the record that the predecessor was writing when it died, or 0
 * @again_cpu: CPU of that record
 * @again_accounted: that record is accounted for already
 */
struct delivery {
	struct delivery_state *state;
	__s64 inherited;
	__u64 *before;
	size_t cpus;
	__u64 again;
	__u32 again_cpu;
	bool again_accounted;
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

/* `stats` are those of each CPU, taken before any record is read. */
void delivery_begin(struct delivery *delivery, struct delivery_state *state, const struct bpflock_stats *stats,
		    size_t cpus);
void delivery_end(struct delivery *delivery);

/* Has a predecessor written the line of a record? */
enum delivered { DELIVERED_NOT, DELIVERED_MAYBE, DELIVERED };

/* Call it for each record that is read. */
enum delivered delivery_take(struct delivery *delivery, const struct bpflock_event *event);

/*
 * Call these before and after writing a line: that of the record which was just read (`event`), or one that stands
 * for `count` earlier records (NULL).
 */
void delivery_write_begins(struct delivery *delivery, const struct bpflock_event *event, __u64 count);
void delivery_write_ends(struct delivery *delivery);

/*
 * What dead predecessors had read and not written. Call it after everything is read that was in the ring at
 * delivery_begin(), and then the functions below.
 */
struct delivery_loss delivery_inherited_loss(struct delivery *delivery);

/* Call these before and after writing lines that report `count` records as lost. */
void delivery_loss_begins(struct delivery *delivery, __u64 count);
void delivery_loss_ends(struct delivery *delivery);

/*
 * The same for records that found no space in the ring. `lost` is the kernel's count of them. Returns what is to be
 * reported. `time`: all losses up to this time are in that count.
 */
struct delivery_loss delivery_ring_loss_begins(struct delivery_state *state, __u64 lost);
void delivery_ring_loss_ends(struct delivery_state *state, __u64 time);

#endif
