/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file in memory that looks like the kernel's ring buffer, so that the bus can be used without BPF. Whoever includes
 * it defines MEMORY_RING_SIZE and MEMORY_RING_ID.
 */
#ifndef BPFLOCK_TESTS_MEMORY_RING_H
#define BPFLOCK_TESTS_MEMORY_RING_H

#include <bpf/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* As the kernel maps it: the consumer's page, the producer's, and the records twice. */
static char *memory_ring;
static int memory_ring_fd;

/* In the place of libbpf's, which asks the kernel. */
int bpf_obj_get_info_by_fd(int fd, void *info, __u32 *size)
{
	struct bpf_map_info *map = info;

	(void)fd;
	(void)size;
	map->id = MEMORY_RING_ID;
	map->max_entries = MEMORY_RING_SIZE;
	return 0;
}

static inline size_t memory_ring_length(void)
{
	return 2 * (size_t)sysconf(_SC_PAGESIZE) + 2 * MEMORY_RING_SIZE;
}

/* Returns 0, or -1 with errno. */
static inline int memory_ring_open(void)
{
	memory_ring_fd = memfd_create("ring", MFD_CLOEXEC);
	if (memory_ring_fd < 0 || ftruncate(memory_ring_fd, (off_t)memory_ring_length()) < 0)
		return -1;
	memory_ring = mmap(NULL, memory_ring_length(), PROT_READ | PROT_WRITE, MAP_SHARED, memory_ring_fd, 0);
	return memory_ring == MAP_FAILED ? -1 : 0;
}

static inline void memory_ring_close(void)
{
	munmap(memory_ring, memory_ring_length());
	close(memory_ring_fd);
}

static inline __u64 *memory_ring_consumer(void)
{
	return (__u64 *)memory_ring;
}

static inline __u64 *memory_ring_producer(void)
{
	return (__u64 *)(memory_ring + sysconf(_SC_PAGESIZE));
}

/* The header of the record at this position. */
static inline __u32 *memory_ring_at(__u64 position)
{
	return (__u32 *)(memory_ring + 2 * sysconf(_SC_PAGESIZE) + (position & (MEMORY_RING_SIZE - 1)));
}

/* The kernel maps the records twice in a row. Here, what wraps is copied to both places. Returns the record's header. */
static inline __u32 *memory_ring_put(const void *bytes, size_t size)
{
	__u64 *producer = memory_ring_producer(), offset = *producer & (MEMORY_RING_SIZE - 1);
	__u32 *header = memory_ring_at(*producer);
	size_t end = offset + BPF_RINGBUF_HDR_SZ + size;

	header[0] = (__u32)size;
	header[1] = 0;
	memcpy(header + 2, bytes, size);
	if (end > MEMORY_RING_SIZE)
		memcpy(memory_ring_at(0), (char *)memory_ring_at(0) + MEMORY_RING_SIZE, end - MEMORY_RING_SIZE);
	__atomic_store_n(producer, *producer + (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8, __ATOMIC_RELEASE);
	return header;
}

#endif
