/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/container.h"

#include <stdlib.h>
#include <unistd.h>

#define NESTED                                                                                                            \
	"; where that is so, the container's host is a container itself, as in Docker in Docker or kind: run bpflock on " \
	"the machine itself, or enable observers only"

/**
 * struct flag - how an engine gives a container what it needs
 * @engine: on the command line of docker and podman
 * @pod:    in a pod's specification; NULL where Kubernetes gives it to each container, or cannot
 */
static const struct flag {
	const char *engine;
	const char *pod;
} flags[] = {
	[CONTAINER_CAPABILITIES] = { "--cap-add=BPF --cap-add=PERFMON --cap-add=SYS_ADMIN --cap-add=SETPCAP",
				     "securityContext.capabilities.add: [BPF, PERFMON, SYS_ADMIN, SETPCAP]" },
	[CONTAINER_USER_NAMESPACE] = { "--userns=host, by an engine that runs as root", "hostUsers: true" },
	[CONTAINER_PID_NAMESPACE] = { "--pid=host" NESTED, "hostPID: true" NESTED },
	[CONTAINER_NETWORK_NAMESPACE] = { "--network=host", "hostNetwork: true" },
	[CONTAINER_CGROUP_NAMESPACE] = { "--cgroupns=host", NULL },
	[CONTAINER_SECCOMP] = { "--cap-add=SYS_ADMIN, or --security-opt seccomp=unconfined",
				"securityContext.seccompProfile.type: Unconfined" },
	[CONTAINER_BPFFS] = { "-v /sys/fs/bpf:/sys/fs/bpf", "a hostPath volume for /sys/fs/bpf" },
	[CONTAINER_APPARMOR] = { "--security-opt apparmor=unconfined",
				 "securityContext.appArmorProfile.type: Unconfined" },
	[CONTAINER_SELINUX] = { "--security-opt label=disable", "securityContext.seLinuxOptions.type: spc_t" },
};

static bool is_pod(void)
{
	return getenv("KUBERNETES_SERVICE_HOST");
}

bool container_is_around(void)
{
	return getenv("container") || is_pod() || access("/.dockerenv", F_OK) == 0 ||
	       access("/run/.containerenv", F_OK) == 0;
}

void container_remedy(struct report_item *item, enum container_need need)
{
	const char *flag = is_pod() ? flags[need].pod : flags[need].engine;

	if (flag && container_is_around())
		report_remedy(item, "%s %s", is_pod() ? "in the pod's specification:" : "start the container with",
			      flag);
}
