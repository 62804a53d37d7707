// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>
#include <bpflock/set.bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "listlock.h"

char LICENSE[] SEC("license") = "GPL";

BPFLOCK_FILES(LISTLOCK_MAX) files SEC(".maps");
BPFLOCK_SET(LISTLOCK_MAX, __u32) numbers SEC(".maps");
BPFLOCK_SET(LISTLOCK_MAX, __u32) users SEC(".maps");
BPFLOCK_SET(LISTLOCK_MAX, char[BPFLOCK_COMM_LEN]) comms SEC(".maps");
BPFLOCK_PORTS(LISTLOCK_MAX) ports SEC(".maps");
BPFLOCK_CIDRS(LISTLOCK_MAX) networks SEC(".maps");
__u32 users_count;
__u32 comms_count;

#define AF_INET 2
#define SOCK_RAW 3

/* 10.0.0.0, to which the protocol of a socket is added */
#define NETWORK 0x0a000000

SEC("lsm/file_open")
int BPF_PROG(open_file, struct file *file, int ret)
{
	if (ret || !bpflock_in_files(&files, file->f_inode))
		return ret;
	return bpflock_decide(LISTLOCK_OPEN, LISTLOCK_DECISION);
}

/* Each list that is not empty has to contain the task. */
static bool is_listed_task(void)
{
	char comm[BPFLOCK_COMM_LEN] = {};
	__u32 uid = (__u32)bpf_get_current_uid_gid();

	bpf_get_current_comm(comm, sizeof(comm));
	return (!users_count || bpflock_in_set(&users, &uid)) && (!comms_count || bpflock_in_set(&comms, comm));
}

SEC("lsm/socket_create")
int BPF_PROG(create, int family, int type, int protocol, int kern, int ret)
{
	__u32 number = protocol;

	if (ret || family != AF_INET || type != SOCK_RAW || !is_listed_task())
		return ret;
	if (!bpflock_in_set(&numbers, &number) && !bpflock_in_ports(&ports, LISTLOCK_MAX, number) &&
	    !bpflock_in_cidrs_ip4(&networks, bpf_htonl(NETWORK + number)))
		return 0;
	return bpflock_decide(LISTLOCK_SOCKET, LISTLOCK_DECISION);
}
