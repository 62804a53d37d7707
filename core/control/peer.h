/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a connection. The daemon has few capabilities, so it cannot compare namespaces by
 * /proc/PID/ns. It reads what /proc shows to everybody.
 */
#ifndef BPFLOCK_CONTROL_PEER_H
#define BPFLOCK_CONTROL_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup/cgroup.h"

/**
 * struct peer - the process that has connected
 * @pid:      in our pid namespace; 0 where it is not visible there
 * @uid:      in our user namespace, when it connected
 * @known:    the members below are those of that process
 * @initial_user: it is in the initial user namespace
 * @initial_namespaces: it is in the pid namespace of our /proc, and in the network namespace of its process 1
 * @status_only: it has given up all else, for this connection: see control_restrict_to_status()
 * @own_cgroup: its cgroup is that of this process, and not the root of the hierarchy
 * @loginuid: as /proc shows it, without its newline; empty where it is not set
 * @comm:     chosen by the process, not trusted
 * @unit:     the last unit of systemd in the path of its cgroup, or empty; not trusted
 */
struct peer {
	pid_t pid;
	uid_t uid;
	bool known;
	bool initial_user;
	bool initial_namespaces;
	bool own_cgroup;
	bool status_only;
	char loginuid[16];
	char comm[64];
	char unit[CGROUP_UNIT_SIZE];
};

/* Of a connected socket. */
void peer_identify(int fd, struct peer *ret);
/* The members that a directory of /proc shows: part of peer_identify(). Returns 0 or a negative errno. */
int peer_read(int proc, struct peer *peer);

#endif
