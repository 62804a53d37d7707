/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sessions.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

#include "util/memory.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-login.h>
#include <unistd.h>

struct sessions {
	sd_login_monitor *monitor;
};

const char *sessions_unavailable(void)
{
	if (access("/run/systemd/sessions", F_OK) < 0)
		return "no logind has run here: there is no /run/systemd/sessions";
	return NULL;
}

int sessions_open(struct sessions **ret)
{
	struct sessions *sessions = xcalloc(1, sizeof(*sessions));
	int error = sd_login_monitor_new("session", &sessions->monitor);

	if (error < 0) {
		free(sessions);
		return error;
	}
	*ret = sessions;
	return 0;
}

struct sessions *sessions_close(struct sessions *sessions)
{
	if (sessions)
		sd_login_monitor_unref(sessions->monitor);
	free(sessions);
	return NULL;
}

int sessions_fd(const struct sessions *sessions)
{
	return sd_login_monitor_get_fd(sessions->monitor);
}

void sessions_flush(struct sessions *sessions)
{
	(void)sd_login_monitor_flush(sessions->monitor);
}

/*
 * A session with a seat is at this machine. Each seat has one active session. One that was logged out stays active
 * while it has a process: its state is "closing" then.
 */
static bool is_active_local(const char *session)
{
	CLEANUP(cleanup_free) char *seat = NULL;
	CLEANUP(cleanup_free) char *state = NULL;

	return sd_session_get_seat(session, &seat) >= 0 && sd_session_is_remote(session) == 0 &&
	       sd_session_is_active(session) > 0 && sd_session_get_state(session, &state) >= 0 &&
	       strcmp(state, "active") == 0;
}

void sessions_each_active_local(const struct sessions *sessions, void (*visit)(void *context, const char *cgroup),
				void *context)
{
	char **list = NULL;
	int count = sd_get_sessions(&list);

	(void)sessions;
	for (int i = 0; i < count; i++) {
		CLEANUP(cleanup_free) char *cgroup = NULL;
		uid_t uid;

		if (is_active_local(list[i]) && sd_session_get_uid(list[i], &uid) >= 0) {
			cgroup = xasprintf("/user.slice/user-%u.slice/session-%s.scope", uid, list[i]);
			visit(context, cgroup);
		}
		free(list[i]);
	}
	free(list);
}

#else

const char *sessions_unavailable(void)
{
	return "this bpflock was built without libsystemd";
}

int sessions_open(struct sessions **ret)
{
	(void)ret;
	return -EOPNOTSUPP;
}

struct sessions *sessions_close(struct sessions *sessions)
{
	(void)sessions;
	return NULL;
}

int sessions_fd(const struct sessions *sessions)
{
	(void)sessions;
	return -1;
}

void sessions_flush(struct sessions *sessions)
{
	(void)sessions;
}

void sessions_each_active_local(const struct sessions *sessions, void (*visit)(void *context, const char *cgroup),
				void *context)
{
	(void)sessions;
	(void)visit;
	(void)context;
}

#endif
