/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a daemon that runs although its lock and its pins are not where they belong: somebody has removed them, or they
 * are on another bpffs. Its last state is a map, which it keeps as long as it lives.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/namespaces.h"
#include "loader/loader.h"
#include "util/clock.h"
#include "util/memory.h"
#include "util/process.h"

/* The kernel keeps 15 bytes of "bpflock_last_state". */
#define LAST_STATE_NAME "bpflock_last_st"
/* A daemon writes its heartbeat at least this often: see core/daemon/daemon.c. */
#define HEARTBEAT_SECONDS 30

static int read_last_state(__u32 id, struct last_state *ret)
{
	CLEANUP(cleanup_close) int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info), first = 0;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return -errno;
	if (strcmp(info.name, LAST_STATE_NAME) != 0 || info.value_size != sizeof(*ret))
		return -EINVAL;
	return bpf_map_lookup_elem(fd, &first, ret) < 0 ? -errno : 0;
}

/* In another pid namespace its process cannot be looked for. */
static bool is_alive(const struct last_state *state)
{
	__u64 started;

	if (!state->pid) /* of a start that has not come to its end: while it lasts, the lock is where it belongs */
		return false;
	if (state->pid_namespace != namespaces_own_pid())
		return clock_since_boot() - state->heartbeat < HEARTBEAT_SECONDS * NANOSECONDS;
	return process_start_time((pid_t)state->pid, &started) == 0 && started == state->started;
}

bool other_daemon_runs(__u64 *ret_pid)
{
	struct last_state state = { 0 };
	__u32 id = 0;

	while (bpf_map_get_next_id(id, &id) == 0) {
		if (read_last_state(id, &state) < 0 || !is_alive(&state))
			continue;
		*ret_pid = state.pid;
		return true;
	}
	return false;
}
