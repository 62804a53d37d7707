/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of one plugin's records, as they were read: a number that is missing, though its record found room in
 * the ring, was read by another process.
 */
#ifndef BPFLOCK_BUS_SEQUENCES_H
#define BPFLOCK_BUS_SEQUENCES_H

#include <bpflock/event.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct sequence - the numbers of one plugin's records on one CPU
 * @first: smallest that was read
 * @last:  largest that was read
 * @taken: how many were read
 *
 * Programs nest, so two numbers may come in the wrong order.
 */
struct sequence {
	__u64 first;
	__u64 last;
	__u64 taken;
};

/**
 * struct sequences - of one plugin
 * @cpus:      one for each possible CPU
 * @count:     how many
 * @stolen:    records that the log knows to be stolen
 * @suspected: how many looked stolen the last time
 */
struct sequences {
	struct sequence *cpus;
	size_t count;
	__u64 stolen;
	__u64 suspected;
};

void sequences_begin(struct sequences *sequences, size_t cpus);
void sequences_end(struct sequences *sequences);
/* The numbers begin anew. */
void sequences_restart(struct sequences *sequences);

/* A record has been read. */
void sequences_take(struct sequences *sequences, const struct bpflock_event *event);

/*
 * How many numbers are missing between those that were read, and behind the last one from before this daemon: `before`
 * has it for each CPU, or is NULL.
 */
__u64 sequences_missing(const struct sequences *sequences, const __u64 *before);

/*
 * How many of `stolen`, which look stolen now, are to be reported: a record that another CPU is still writing looks so
 * as well, so they must have looked stolen the last time too, unless the plugin has ended.
 */
__u64 sequences_take_stolen(struct sequences *sequences, __u64 stolen, bool ended);

#endif
