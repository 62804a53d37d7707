// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/event.bpf.h>

#include <bpf/bpf_tracing.h>

#include "forgetful.h"

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/path_chroot")
int BPF_PROG(forget_task, const void *path, int ret)
{
	struct forgetful_chroot *event = bpflock_event_begin_no_task(FORGETFUL_NOBODY, sizeof(*event));

	if (event)
		bpflock_event_submit(event);
	return ret;
}

SEC("lsm/path_chroot")
int BPF_PROG(forget, const void *path, int ret)
{
	struct forgetful_chroot *event = bpflock_event_begin(FORGETFUL_CHROOT, sizeof(*event));

	if (event)
		bpflock_event_submit(event);
	return ret;
}
