/* SPDX-License-Identifier: Apache-2.0 */
#include "control/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "kernel/namespaces.h"
#include "util/memory.h"

#ifndef SO_PEERPIDFD /* since Linux 6.5 */
#define SO_PEERPIDFD 77
#endif

/* More than the lines that are looked for, which stand at the beginning. */
#define FILE_MAX 8192

/* The beginning of a file, as text (to be freed); NULL where it cannot be read. */
static char *read_at(int directory, const char *name)
{
	CLEANUP(cleanup_close) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	char *text = xcalloc(1, FILE_MAX);
	size_t length = 0;
	ssize_t count = -1;

	while (fd >= 0 && (count = read(fd, text + length, FILE_MAX - 1 - length)) > 0)
		length += (size_t)count;
	if (count == 0 || length == FILE_MAX - 1)
		return text;
	free(text);
	return NULL;
}

/* What follows `prefix` in the line that begins with it (to be freed), or NULL. */
static char *line_after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line ? 1 : 0)
		if (strncmp(line, prefix, length) == 0)
			return xstrndup(line + length, strcspn(line + length, "\n"));
	return NULL;
}

/* The kernel shows the pid in each namespace from that of /proc down to that of the process. */
static bool is_in_pid_namespace_of_proc(const char *status)
{
	CLEANUP(cleanup_free) char *pids = line_after(status, "NSpid:\t");

	return pids && !strchr(pids, '\t');
}

/* Each network namespace has files of its own in /proc/PID/net. */
static bool is_in_network_of_init(int proc)
{
	struct stat own, initial;

	return fstatat(proc, "net/dev", &own, 0) == 0 && stat("/proc/1/net/dev", &initial) == 0 &&
	       own.st_ino == initial.st_ino;
}

/*
 * A user namespace may map all ids like the initial one, if root made it. Over such a namespace root has all
 * capabilities, so its number can be read. That of a process with more capabilities in the initial one cannot.
 */
static bool is_in_initial_user_namespace(int proc, const char *uid_map)
{
	unsigned int inside, outside, count;
	struct stat namespace;

	if (sscanf(uid_map, "%u %u %u", &inside, &outside, &count) != 3)
		return false;
	if (inside != 0 || outside != 0 || count != UINT32_MAX)
		return false;
	return fstatat(proc, "ns/user", &namespace, 0) < 0 || namespaces_user_is_initial(&namespace);
}

/*
 * The root of the hierarchy holds every process that was not put into another cgroup, so it does not show who belongs
 * together. In a cgroup namespace "/" may be another cgroup; only such a one has the file.
 */
static bool is_own_cgroup(const char *path)
{
	CLEANUP(cleanup_free) char *text = read_at(AT_FDCWD, "/proc/self/cgroup");
	CLEANUP(cleanup_free) char *own = text ? line_after(text, "0::") : NULL;

	if (!own || strcmp(own, path) != 0)
		return false;
	return strcmp(path, "/") != 0 || access("/sys/fs/cgroup/cgroup.type", F_OK) == 0;
}

/* A value of one line. One that is too long is cut. */
static void copy_line(int proc, const char *name, char *ret, size_t size)
{
	CLEANUP(cleanup_free) char *text = read_at(proc, name);

	snprintf(ret, size, "%.*s", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
}

int peer_read(int proc, struct peer *peer)
{
	CLEANUP(cleanup_free) char *status = read_at(proc, "status");
	CLEANUP(cleanup_free) char *uid_map = read_at(proc, "uid_map");
	CLEANUP(cleanup_free) char *cgroups = read_at(proc, "cgroup");
	CLEANUP(cleanup_free) char *cgroup = cgroups ? line_after(cgroups, "0::") : NULL;

	if (!status || !uid_map || !cgroups)
		return -ESRCH;
	peer->initial_user = is_in_initial_user_namespace(proc, uid_map);
	peer->initial_namespaces = is_in_pid_namespace_of_proc(status) && is_in_network_of_init(proc);
	peer->own_cgroup = cgroup && is_own_cgroup(cgroup);
	copy_line(proc, "comm", peer->comm, sizeof(peer->comm));
	copy_line(proc, "loginuid", peer->loginuid, sizeof(peer->loginuid));
	if (strcmp(peer->loginuid, "4294967295") == 0)
		peer->loginuid[0] = '\0';
	if (cgroup)
		cgroup_unit_of(cgroup, peer->unit);
	return 0;
}

/* Before Linux 6.5 another process may have got the pid between connect(2) and here. */
static int open_pidfd(int fd, pid_t pid)
{
	socklen_t size = sizeof(int);
	int pidfd;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0)
		return pidfd;
	return errno == ENOPROTOOPT ? pidfd_open(pid, 0) : -1;
}

static bool has_ended(int pidfd)
{
	struct pollfd poller = { .fd = pidfd, .events = POLLIN };

	return poll(&poller, 1, 0) != 0;
}

/*
 * The directory of /proc belongs to one process, also when its pid gets another owner. If the process that has
 * connected runs after it was opened, it is that process's.
 */
static int open_proc(int pidfd, pid_t pid)
{
	CLEANUP(cleanup_free) char *path = xasprintf("/proc/%d", pid);
	int proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0 || !has_ended(pidfd))
		return proc;
	close(proc);
	return -1;
}

void peer_identify(int fd, struct peer *ret)
{
	CLEANUP(cleanup_close) int pidfd = -1;
	CLEANUP(cleanup_close) int proc = -1;
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	*ret = (struct peer){ .uid = (uid_t)-1 };
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return;
	ret->pid = credentials.pid;
	ret->uid = credentials.uid;
	if (ret->pid <= 0)
		return;
	pidfd = open_pidfd(fd, ret->pid);
	if (pidfd >= 0)
		proc = open_proc(pidfd, ret->pid);
	ret->known = proc >= 0 && peer_read(proc, ret) == 0;
}
