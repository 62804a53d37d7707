// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/event.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/path_chroot")
int BPF_PROG(watch_root, const void *path, int ret)
{
	struct bpflock_event *event = bpflock_event_begin(1, sizeof(*event));

	if (event)
		bpflock_event_submit(event);
	return ret;
}
