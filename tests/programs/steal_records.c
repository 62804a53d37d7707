// SPDX-License-Identifier: Apache-2.0
/* steal_records RING COUNT: reads that many records from a pinned ring, as nobody but the daemon should. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

static int steal(void *context, void *bytes, size_t size)
{
	int *left = context;

	(void)bytes;
	(void)size;
	return --*left > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	int left = argc == 3 ? atoi(argv[2]) : 0;
	struct ring_buffer *ring;
	int fd = left > 0 ? bpf_obj_get(argv[1]) : -1;

	ring = fd < 0 ? NULL : ring_buffer__new(fd, steal, &left, NULL);
	if (!ring) {
		perror("steal_records");
		return 2;
	}
	(void)ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return left;
}
