/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The consumer's side of a BPF ring buffer, by its mapped pages: the layout is the kernel's ABI. libbpf's reader tells
 * the kernel after each record that it is read. This one does so when the lines of many records are written, so that a
 * daemon that is killed before leaves them to its successor.
 */
#ifndef BPFLOCK_BUS_RING_H
#define BPFLOCK_BUS_RING_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct ring - a mapped ring
 * @fd:       of the map; the caller's
 * @id:       the kernel's id of the map
 * @size:     in bytes, a power of two
 * @position: where the next record begins; positions only grow, and a record lies at its position modulo @size
 * @consumer: up to here the kernel knows records as read; written by ring_consume()
 * @producer: up to here programs have taken space
 * @records:  mapped twice in a row, so that a record never wraps
 */
struct ring {
	int fd;
	__u64 id;
	size_t size;
	__u64 position;
	__u64 *consumer;
	const __u64 *producer;
	const char *records;
};

/* Returns 0 or a negative errno. */
int ring_open(int fd, struct ring *ret);
void ring_close(struct ring *ring);

/* Goes to where the kernel knows records as read: others may have read some. */
void ring_rewind(struct ring *ring);

/*
 * The record at *position, which is moved behind it; discarded records are skipped. NULL: there is none, or a program
 * has not submitted it yet. It stays as it is until ring_consume().
 */
const void *ring_next(const struct ring *ring, __u64 *position, size_t *ret_size);

/* Programs may overwrite the records before @position. One that is submitted later wakes the daemon. */
void ring_consume(struct ring *ring);

/* Where the next record will be, and how many bytes wait to be consumed. */
__u64 ring_end(const struct ring *ring);
__u64 ring_used(const struct ring *ring);

#endif
