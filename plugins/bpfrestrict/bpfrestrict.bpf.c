// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfrestrict: decides about each call of bpf(2).
 *
 * The operation is the number of the command (enum bpf_cmd), or the type of a program that is to be loaded. The
 * attributes are the kernel's copy, which the caller cannot change any more. Requests of programs, by bpf_sys_bpf(),
 * come here as well: they are made in the name of the task that runs the program.
 */
#include <bpflock/policy.bpf.h>
#include <bpflock/protected.bpf.h>

#include <bpf/bpf_tracing.h>

#include "bpfrestrict.h"

char LICENSE[] SEC("license") = "GPL";

/* A type that this version does not know is decided as prog_load. */
static __always_inline __u32 operation_of(int command, const union bpf_attr *attributes)
{
	if (command == BPF_PROG_LOAD && attributes->prog_type < BPFRESTRICT_TYPES)
		return BPFRESTRICT_LOAD(attributes->prog_type);
	return (__u32)command;
}

/* The kernel has not checked the name yet. The last byte stays zero. */
static __always_inline void copy_name(char *to, const char *from)
{
#pragma unroll
	for (int i = 0; i < BPFRESTRICT_NAME_LEN - 1; i++)
		to[i] = from[i];
}

static __always_inline int record_with_name(struct bpflock_outcome *outcome, const char *name)
{
	struct bpfrestrict_request *record = bpflock_decision_begin(outcome, BPFRESTRICT_REQUEST, sizeof(*record));

	if (record) {
		copy_name(record->name, name);
		bpflock_decision_submit(outcome, record);
	}
	return outcome->retval;
}

/* Some kernel before 6.18 added an argument to the hook, so only the first two are named. */
SEC("lsm/bpf")
int BPF_PROG(br_request, int command, union bpf_attr *attributes)
{
	struct bpflock_outcome outcome = bpflock_judge(operation_of(command, attributes));

	if (command == BPF_MAP_CREATE)
		return record_with_name(&outcome, attributes->map_name);
	if (command == BPF_PROG_LOAD)
		return record_with_name(&outcome, attributes->prog_name);
	return bpflock_record_outcome(&outcome, BPFRESTRICT_REQUEST);
}

/*
 * A daemon that takes over from a dead one needs bpf(2) before it can mark itself. It first shows itself by unlocking
 * the directory of the pins. Whoever is allowed that could also remove the pins. The guard's program has decided about
 * it when the function returns.
 */
SEC("fexit/security_file_lock")
int BPF_PROG(br_mark_daemon, struct file *file, unsigned int command, int ret)
{
	__u32 marked = 1;

	if (ret || !bpflock_is_pin(file->f_path.dentry))
		return 0;
	bpf_task_storage_get(&bpflock_daemon, bpf_get_current_task_btf(), &marked, BPF_LOCAL_STORAGE_GET_F_CREATE);
	bpflock_show_run();
	return 0;
}
