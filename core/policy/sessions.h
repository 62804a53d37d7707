/* SPDX-License-Identifier: Apache-2.0 */
/* Login sessions of logind. Without libsystemd there are none. */
#ifndef BPFLOCK_POLICY_SESSIONS_H
#define BPFLOCK_POLICY_SESSIONS_H

struct sessions;

/* Why sessions cannot be watched here, as a fixed text; NULL where they can. */
const char *sessions_unavailable(void);

int sessions_open(struct sessions **ret);
struct sessions *sessions_close(struct sessions *sessions);

/* Becomes readable when sessions have changed, until sessions_flush(). */
int sessions_fd(const struct sessions *sessions);
void sessions_flush(struct sessions *sessions);

/* Visits the path of the cgroup of each session that is active on a seat of this machine. */
void sessions_each_active_local(const struct sessions *sessions, void (*visit)(void *context, const char *cgroup),
				void *context);

#endif
