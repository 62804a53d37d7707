/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for what does not fit on the stack of 512 bytes, while a program runs.
 *
 *	BPFLOCK_SCRATCH(struct paths) paths SEC(".maps");
 *
 *	struct paths *both = bpflock_scratch_begin(&paths);
 *
 *	if (!both)
 *		return -ENOMEM;
 *	…
 *	bpflock_scratch_end(both);
 *
 * It belongs to the task and not to the CPU. The kernel may suspend a program, and run the same one for another task on
 * that CPU: it would overwrite what the CPU has. Nor can tasks use up each other's memory so.
 *
 * A task keeps the memory until it ends: the size times the number of tasks that have run the program.
 */
#ifndef BPFLOCK_SCRATCH_BPF_H
#define BPFLOCK_SCRATCH_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>

/* The type of a map of scratch space. */
#define BPFLOCK_SCRATCH(content)                         \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_TASK_STORAGE); \
		__uint(map_flags, BPF_F_NO_PREALLOC);    \
		__type(key, int);                        \
		__type(                                  \
			value, struct {                  \
				__u64 is_taken;          \
				content bytes;           \
			});                              \
	}

/*
 * The memory of the current task, with what the task has left there. NULL: the kernel has none, or a program that this
 * one interrupts uses it. Then a program that decides must deny. Every path of the program ends it, or the task never
 * gets it again.
 */
static __always_inline void *bpflock_scratch_begin(void *map)
{
	__u64 *is_taken = bpf_task_storage_get(map, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!is_taken || *is_taken)
		return NULL;
	*is_taken = 1;
	return is_taken + 1;
}

static __always_inline void bpflock_scratch_end(void *bytes)
{
	((__u64 *)bytes)[-1] = 0;
}

#endif
