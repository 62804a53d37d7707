// SPDX-License-Identifier: GPL-2.0-only
/* witness has no program of its own: it sees what the programs of others record. */
#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";
