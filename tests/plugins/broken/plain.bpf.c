// SPDX-License-Identifier: GPL-2.0-only
/* Compiled without -g. Programs with relocations, as those of bpflock's headers, clang itself refuses then. */
#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpflock/syscall.bpf.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/" BPFLOCK_SYSCALL(sethostname))
int watch(void *context)
{
	return 0;
}
