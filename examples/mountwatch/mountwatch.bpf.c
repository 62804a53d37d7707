// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/event.bpf.h>
#include <bpflock/string.bpf.h>

#include <bpf/bpf_tracing.h>

#include "mountwatch.h"

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/sb_mount")
int BPF_PROG(mount, const char *source, const void *path, const char *fstype, unsigned long flags, void *data, int ret)
{
	struct mountwatch_mount *event;

	event = bpflock_event_begin(MOUNTWATCH_MOUNT, sizeof(*event));
	if (!event)
		return ret;
	event->flags = flags;
	bpflock_copy_kernel_string(event->source, sizeof(event->source), source);
	bpflock_copy_kernel_string(event->fstype, sizeof(event->fstype), fstype);
	bpflock_event_submit(event);
	return ret;
}
