/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequence numbers of one plugin's records. Where a number is missing, another process has read the ring.
 */
#ifndef BPFLOCK_BUS_SEQUENCES_H
#define BPFLOCK_BUS_SEQUENCES_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct sequence - the numbers of one plugin's records on one CPU
 * @before: last number from before this daemon; smaller ones are not looked at: see delivery.h
 * @last:  largest number that was read
 * @taken: how many records were read
 *
 * BPF programs nest, so numbers may arrive out of order.
 */
struct sequence {
	__u64 before;
	__u64 last;
	__u64 taken;
};

/**
 * struct sequences - of one plugin
 * @cpus:      one for each possible CPU
 * @count:     number of @cpus
 * @stolen:    stolen records that the log has reported
 * @suspected: how many numbers were missing at the last call of sequences_take_stolen()
 */
struct sequences {
	struct sequence *cpus;
	size_t count;
	__u64 stolen;
	__u64 suspected;
};

void sequences_begin(struct sequences *sequences, size_t cpus);
void sequences_end(struct sequences *sequences);
/* Forgets all numbers. `stats` are those of each CPU now. */
void sequences_restart(struct sequences *sequences, const struct bpflock_stats *stats);

/* Call it for each record that is read. */
void sequences_take(struct sequences *sequences, const struct bpflock_event *event);

/*
 * How many records are to be reported as stolen: those whose numbers are missing. The number of a record that a program
 * is still writing is missing too. So, unless the plugin has ended, only those count that were missing at the last call
 * as well.
 */
__u64 sequences_take_stolen(struct sequences *sequences, bool ended);

#endif
