/* SPDX-License-Identifier: Apache-2.0 */
#include "control/permission.h"

struct refusal permission_refuse(const struct peer *peer, enum control_access access, bool restricted)
{
	if (!peer->known)
		return (struct refusal){
			"the client cannot be identified: it has ended, or /proc does not show it to bpflock",
			"keep the client running until it has the reply, and start bpflock's container with --pid=host",
		};
	if (peer->uid != 0 || !peer->initial_user)
		return (struct refusal){
			"the client is not root (user 0 in the initial user namespace)",
			"run it as root of the host",
		};
	if (access != CONTROL_STATUS && peer->status_only)
		return (struct refusal){
			"the client has called StatusOnly on this connection",
			"use another connection",
		};
	if (access != CONTROL_CHANGE || peer->pid == 1 || peer->own_cgroup)
		return (struct refusal){ 0 };
	if (restricted)
		return (struct refusal){
			"a guard is configured with profile = restricted: only process 1 and the daemon's own cgroup "
			"may do this",
			"use systemctl reload or stop, or run the client in the daemon's cgroup: docker exec NAME "
			"bpflockctl",
		};
	if (!peer->initial_namespaces)
		return (struct refusal){
			"the client is neither in the initial pid and network namespaces nor in the daemon's cgroup",
			"run it on the host, or in the daemon's container: docker exec NAME bpflockctl",
		};
	return (struct refusal){ 0 };
}
