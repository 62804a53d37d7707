// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

#include "socketlock.h"

char LICENSE[] SEC("license") = "GPL";

/* The protocol that tests/programs/ask.c asks for. */
#define NO_SUCH_PROTOCOL 255

SEC("lsm/socket_create")
int BPF_PROG(create, int family, int type, int protocol, int kern, int ret)
{
	struct bpflock_outcome outcome;
	struct socketlock_decision *record;

	if (ret || protocol != NO_SUCH_PROTOCOL)
		return ret;
	outcome = bpflock_judge(SOCKETLOCK_SOCKET);
	record = bpflock_decision_begin(&outcome, SOCKETLOCK_DECISION, sizeof(*record));
	if (record) {
		record->family = family;
		record->kind = type;
		bpf_get_current_comm(record->creator, sizeof(record->creator));
		bpflock_decision_submit(&outcome, record);
	}
	return outcome.retval;
}
