// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* The protocol that tests/programs/ask.c asks for. */
#define NO_SUCH_PROTOCOL 255
#define AF_UNIX 1

SEC("lsm/socket_create")
int BPF_PROG(create, int family, int type, int protocol, int kern, int ret)
{
	if (ret || protocol != NO_SUCH_PROTOCOL)
		return ret;
	return bpflock_decide(0, family == AF_UNIX ? 1 : 2);
}
