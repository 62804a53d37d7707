/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/namespaces.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "kernel/container.h"
#include "util/memory.h"

/*
 * The inode of the initial pid namespace: PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h, and
 * PID_NS_INIT_INO of <linux/nsfs.h> where that is new enough.
 */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCU
/* PROC_USER_INIT_INO of the same header. */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDU
/* PROC_CGROUP_INIT_INO. */
#define INITIAL_CGROUP_NAMESPACE 0xEFFFFFFBU

/* The inode of a namespace; 0 where it cannot be read. */
static ino_t namespace_at(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 ? 0 : status.st_ino;
}

/* Not pid_for_children, which may differ: it is the namespace of future children. */
ino_t namespaces_own_pid(void)
{
	return namespace_at("/proc/self/ns/pid");
}

static bool is_contained(ino_t own, ino_t initial)
{
	return own && own != initial;
}

bool namespaces_pid_is_contained(void)
{
	return is_contained(namespaces_own_pid(), INITIAL_PID_NAMESPACE);
}

bool namespaces_user_is_contained(void)
{
	return is_contained(namespace_at("/proc/self/ns/user"), INITIAL_USER_NAMESPACE);
}

bool namespaces_user_is_initial(const struct stat *status)
{
	return status->st_ino == INITIAL_USER_NAMESPACE;
}

bool namespaces_cgroup_is_contained(void)
{
	return is_contained(namespace_at("/proc/self/ns/cgroup"), INITIAL_CGROUP_NAMESPACE);
}

struct report_item *namespaces_refuse_enforcer(struct report *report)
{
	struct report_item *item = report_add(report, REPORT_ERROR, "namespace_refused", NULL,
					      "an enforcer does not run in a pid namespace of its own: after a crash "
					      "it could not take over what is pinned");

	report_remedy(item, "start the container with --pid=host, or enable observers only");
	container_remedy(item, CONTAINER_PID_NAMESPACE);
	return item;
}

void namespaces_report_cgroup(struct report *report)
{
	struct report_item *item;

	if (!namespaces_cgroup_is_contained())
		return;
	item = report_add(report, REPORT_WARNING, "namespace_kept", NULL,
			  "bpflock is in a cgroup namespace of its own: of the cgroups in the configuration it only "
			  "finds those below its own cgroup");
	report_remedy(item, "start the container with --cgroupns=host");
	container_remedy(item, CONTAINER_CGROUP_NAMESPACE);
}

/* Is this process seen to be in another network namespace than process 1? Only who may trace process 1 can see that. */
static bool is_seen_elsewhere(void)
{
	ino_t own = namespace_at("/proc/self/ns/net"), initial = namespace_at("/proc/1/ns/net");

	return own && initial && own != initial;
}

static int enter_network_of_init(void)
{
	CLEANUP(cleanup_close) int init = pidfd_open(1, 0);

	return init < 0 || setns(init, CLONE_NEWNET) < 0 ? -errno : 0;
}

bool namespaces_network_is_initial(void)
{
	ino_t own = namespace_at("/proc/self/ns/net");

	return own && own == namespace_at("/proc/1/ns/net") && namespaces_own_pid() == INITIAL_PID_NAMESPACE;
}

void namespaces_enter_initial_network(struct report *report)
{
	struct report_item *item;
	int error;

	/* Only in the initial pid namespace process 1 is the first process of the machine. */
	if (namespaces_own_pid() != INITIAL_PID_NAMESPACE || !is_seen_elsewhere())
		return;
	error = enter_network_of_init();
	if (!error)
		return;
	item = report_add(report, REPORT_WARNING, "namespace_kept", NULL,
			  "cannot enter the initial network namespace: %s; a guard may take this process "
			  "for a contained one",
			  strerror(-error));
	report_remedy(item, "start the container with --network=host, or with CAP_SYS_ADMIN");
	container_remedy(item, CONTAINER_NETWORK_NAMESPACE);
}
