// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/event.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* bpf_probe_read_user_str() calls that function: the program would run inside itself, which the kernel skips. */
SEC("fentry/strncpy_from_user_nofault")
int BPF_PROG(skip_me)
{
	struct bpflock_event *event = bpflock_event_begin(1, sizeof(*event));
	char text[8];

	bpf_probe_read_user_str(text, sizeof(text), (void *)0);
	if (event)
		bpflock_event_submit(event);
	return 0;
}
