/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has become of one plugin's records, over the lives of several daemons.
 *
 * A daemon that is killed takes records with it that it had read and not written: decisions that were to
 * become one line, and perhaps the line that it was writing. Its struct delivery_state is pinned.
 * From that, and from the sequence numbers, the next daemon works out how many records are missing from the log.
 */
#ifndef BPFLOCK_BUS_DELIVERY_H
#define BPFLOCK_BUS_DELIVERY_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct delivery_state - what a daemon leaves of one plugin for its successor; pinned
 * @reported:  lost records that the log has reported
 * @reported_at: up to when, as bpflock_event.time
 * @accounted: records that the log has accounted for: by their lines, or as lost
 * @accounted_next: what @accounted will be when the line that is being written is there
 * @writing:   sequence number of the record whose line that is; 0 when it stands for several
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
 * struct delivery - of one plugin
 * @state:     the predecessor's and, from then on, its own; NULL while the plugin does not run
 * @inherited: records from before this daemon that the ring had room for, without those that were accounted for and
 *             those that this daemon has read since
 * @before:    for each CPU: the last record from before this daemon
 * @cpus:      how many
 * @again:     the record that the predecessor was writing when it died, or 0
 * @again_cpu: its CPU
 * @again_accounted: it is accounted for already
 * @uncertain: how many records the line stood for that the predecessor was writing, when they were several
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
 * struct delivery_loss - what a predecessor took with it
 * @count:     records that it had read and had not written
 * @uncertain: those of them that may be in the log all the same
 */
struct delivery_loss {
	__u64 count;
	__u64 uncertain;
};

/* Begins with the statistics of each CPU as they are before anything is read. */
void delivery_begin(struct delivery *delivery, struct delivery_state *state,
		    const struct bpflock_stats *stats, size_t cpus);
void delivery_end(struct delivery *delivery);

/* A record has been read. Returns whether a predecessor may have written its line before it died. */
bool delivery_take(struct delivery *delivery, const struct bpflock_event *event);

/*
 * Around the writing of a line. It is that of the record which has just been read, or (NULL) stands for
 * `count` records that were read before.
 */
void delivery_write_begins(struct delivery *delivery, const struct bpflock_event *event, __u64 count);
void delivery_write_ends(struct delivery *delivery);

/* So many records have no line; the log reports them as lost. */
void delivery_gone(struct delivery *delivery, __u64 count);

/* Once all is read that was there at the beginning. */
struct delivery_loss delivery_inherited_loss(struct delivery *delivery);

#endif
