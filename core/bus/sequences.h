/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequence numbers of one plugin's records. Where a number is missing and the record was not lost, another
 * process has read the ring.
 */
#ifndef BPFLOCK_BUS_SEQUENCES_H
#define BPFLOCK_BUS_SEQUENCES_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct sequence - the numbers of one plugin's records on one CPU
 * @first: smallest number that was read
 * @last:  largest number that was read
 * @taken: how many records were read
 *
 * BPF programs nest, so numbers may arrive out of order.
 */
struct sequence {
	__u64 first;
	__u64 last;
	__u64 taken;
};

/**
 * struct sequences - of one plugin
 * @cpus:      one for each possible CPU
 * @count:     number of @cpus
 * @stolen:    stolen records that the log has reported
 * @suspected: how many looked stolen at the last call of sequences_take_stolen()
 */
struct sequences {
	struct sequence *cpus;
	size_t count;
	__u64 stolen;
	__u64 suspected;
};

void sequences_begin(struct sequences *sequences, size_t cpus);
void sequences_end(struct sequences *sequences);
/* Forgets all numbers. */
void sequences_restart(struct sequences *sequences);

/* Call it for each record that is read. */
void sequences_take(struct sequences *sequences, const struct bpflock_event *event);

/*
 * How many numbers are missing between those that were read. `before`, or NULL, has for each CPU the last number from
 * before this daemon: then numbers are also missing between that one and the first that was read.
 */
__u64 sequences_missing(const struct sequences *sequences, const __u64 *before);

/*
 * `stolen`: how many records look stolen now. Returns how many of them are to be reported. A record that a program is
 * still writing looks stolen too. So, unless the plugin has ended, only those count that looked stolen at the last
 * call as well.
 */
__u64 sequences_take_stolen(struct sequences *sequences, __u64 stolen, bool ended);

#endif
