/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Before each record; a length and, in its highest two bits, BPF_RINGBUF_BUSY_BIT and BPF_RINGBUF_DISCARD_BIT. */
struct ring_header {
	__u32 length;
	__u32 page_offset;
};

_Static_assert(sizeof(struct ring_header) == BPF_RINGBUF_HDR_SZ, "the layout of the kernel");

static void *map(int fd, size_t size, int protection, off_t offset)
{
	void *memory = mmap(NULL, size, protection, MAP_SHARED, fd, offset);

	return memory == MAP_FAILED ? NULL : memory;
}

int ring_open(int fd, struct ring *ret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	const char *pages;

	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return -errno;
	*ret = (struct ring){ .fd = fd, .id = info.id, .size = info.max_entries };
	ret->consumer = map(fd, page, PROT_READ | PROT_WRITE, 0);
	if (!ret->consumer)
		return -errno;
	pages = map(fd, page + 2 * ret->size, PROT_READ, (off_t)page);
	if (!pages) {
		int error = -errno;

		ring_close(ret);
		return error;
	}
	ret->producer = (const __u64 *)pages;
	ret->records = pages + page;
	ring_rewind(ret);
	return 0;
}

void ring_close(struct ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (ring->producer)
		munmap((void *)(uintptr_t)ring->producer, page + 2 * ring->size);
	if (ring->consumer)
		munmap(ring->consumer, page);
	*ring = (struct ring){ 0 };
}

void ring_rewind(struct ring *ring)
{
	ring->position = __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

__u64 ring_end(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

__u64 ring_used(const struct ring *ring)
{
	return ring_end(ring) - __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

static __u64 round_up(__u64 length)
{
	return (length + 7) & ~7ull;
}

/*
 * Whoever can map the ring can write any number for the consumer's position. Then what lies there is no header, and all
 * is skipped; the numbers of the records tell that they are missing.
 */
const void *ring_next(const struct ring *ring, __u64 *position, size_t *ret_size)
{
	__u64 end = ring_end(ring);

	while (*position < end) {
		const struct ring_header *header =
			(const struct ring_header *)(ring->records + (*position & (ring->size - 1) & ~7ull));
		__u32 length = __atomic_load_n(&header->length, __ATOMIC_ACQUIRE);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		*ret_size = length & ~BPF_RINGBUF_DISCARD_BIT;
		*position += round_up(sizeof(*header) + *ret_size);
		if (*position > end)
			*position = end;
		else if (!(length & BPF_RINGBUF_DISCARD_BIT))
			return header + 1;
	}
	return NULL;
}

/*
 * The kernel wakes the daemon for a record that is submitted when all before it are consumed. The barrier is between
 * that store and the next look at the records: either the kernel sees the new position, or the daemon the record.
 */
void ring_consume(struct ring *ring)
{
	__atomic_store_n(ring->consumer, ring->position, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
