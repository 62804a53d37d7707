/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "util/memory.h"

/*
 * An update of a map of maps waits for a grace period: maybe_wait_bpf_programs() in kernel/bpf/syscall.c. It only fails
 * without memory; then programs have had the time of three system calls to finish.
 */
static void wait_by_map_of_maps(void)
{
	CLEANUP(cleanup_close) int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(int), sizeof(int), 1, NULL);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = inner < 0 ? 0 : (__u32)inner);
	CLEANUP(cleanup_close)
	int outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL, sizeof(int), sizeof(int), 1, &opts);
	const int key = 0;

	(void)bpf_map_update_elem(outer, &key, &inner, BPF_ANY);
}

/* This command of membarrier() waits for one (kernel/sched/membarrier.c). A kernel with nohz_full CPUs refuses it. */
void kernel_wait_for_grace_period(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		wait_by_map_of_maps();
}
