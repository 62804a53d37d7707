/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <cap-ng.h>
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/utsname.h>
#include <sysexits.h>

#include "kernel/checks.h"
#include "kernel/container.h"
#include "kernel/namespaces.h"
#include "util/filesystem.h"
#include "util/memory.h"
#include "util/words.h"

/*
 * Before 5.13 the kernel called locked_down for `bpf_read` each time that a program read kernel memory, not when the
 * program was loaded. A program on that hook could then recurse.
 */
#define OLDEST_MAJOR 5
#define OLDEST_MINOR 13

#define BPFFS "/sys/fs/bpf"

static __attribute__((format(printf, 3, 4))) struct report_item *missing(struct report *report, const char *what,
									 const char *remedy, ...)
{
	struct report_item *item = report_add(report, REPORT_ERROR, "kernel_requirement", NULL, "%s", what);
	CLEANUP(cleanup_free) char *text = NULL;
	va_list args;

	va_start(args, remedy);
	text = xvasprintf(remedy, args);
	va_end(args);
	report_remedy(item, "%s", text);
	return item;
}

static bool have_capabilities(void)
{
	if (capng_get_caps_process() < 0)
		return false;
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		return true;
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF) && capng_have_capability(CAPNG_EFFECTIVE, CAP_PERFMON);
}

bool check_seccomp_filter(void)
{
	CLEANUP(cleanup_fclose) FILE *status = fopen("/proc/self/status", "re");
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (status && !found && getline(&line, &size, status) > 0)
		found = strncmp(line, "Seccomp:\t2", strlen("Seccomp:\t2")) == 0;
	return found;
}

/* A map that nobody uses; a process that may not make it could not open what is pinned either. */
static int try_bpf(void)
{
	CLEANUP(cleanup_close) int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(int), sizeof(int), 1, NULL);

	return map < 0 ? -errno : 0;
}

static bool is_too_old(const char *release)
{
	char *end;
	long major = strtol(release, &end, 10);
	long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
}

int check_capabilities(struct report *report)
{
	if (!have_capabilities()) {
		container_remedy(missing(report, "this process may not load BPF programs",
					 "run it as root, or with CAP_BPF and CAP_PERFMON"),
				 CONTAINER_CAPABILITIES);
		return -EPERM;
	}
	return 0;
}

/* Where this process may not use bpf(2) in spite of its capabilities: what refuses it, with the remedy. */
static void report_refuser(struct report *report, const char *refused)
{
	if (namespaces_user_is_contained())
		container_remedy(missing(report, refused,
					 "it is in a user namespace of its own: run it as root of the initial user "
					 "namespace, in a container without --userns and not rootless"),
				 CONTAINER_USER_NAMESPACE);
	else if (check_seccomp_filter())
		container_remedy(missing(report, refused,
					 "probably by its seccomp filter: run it without, or with one that allows bpf"),
				 CONTAINER_SECCOMP);
	else
		missing(report, refused, "run it as root with all capabilities, in a container with --privileged");
}

int check_bpf(struct report *report)
{
	int error = try_bpf();
	CLEANUP(cleanup_free) char *refused = NULL;

	if (!error)
		return 0;
	refused = xasprintf("the system call bpf(2) is refused to this process: %s", strerror(-error));
	report_refuser(report, refused);
	return error;
}

void check_release(struct report *report)
{
	struct utsname name;

	uname(&name);
	if (is_too_old(name.release))
		missing(report, "the kernel is too old", "this is %s; bpflock needs %d.%d or newer", name.release,
			OLDEST_MAJOR, OLDEST_MINOR);
}

void check_btf(const struct kernel *kernel, struct report *report)
{
	if (!kernel->btf)
		missing(report, "the kernel has no type information (/sys/kernel/btf/vmlinux)",
			"mount sysfs, or run a kernel built with CONFIG_DEBUG_INFO_BTF=y");
}

void check_bpffs(struct report *report)
{
	if (!filesystem_is(BPFFS, BPF_FS_MAGIC))
		container_remedy(missing(report, "there is no bpffs on " BPFFS, "mount -t bpf bpf " BPFFS),
				 CONTAINER_BPFFS);
}

int kernel_check(const struct kernel *kernel, struct report *report)
{
	size_t errors = report->errors;

	if (check_capabilities(report) < 0 || check_bpf(report) < 0)
		return EX_NOPERM;
	check_release(report);
	check_btf(kernel, report);
	check_bpffs(report);
	return report->errors > errors ? EX_UNAVAILABLE : 0;
}

bool kernel_is_confidential(const struct kernel *kernel)
{
	return kernel->lockdown && strcmp(kernel->lockdown, "confidentiality") == 0;
}

void kernel_report_lockdown(const struct kernel *kernel, struct report *report)
{
	if (kernel->lockdown)
		report_add(report, REPORT_NOTICE, "kernel_lockdown", NULL,
			   "the kernel's own lockdown=%s is in force: bpflock is not asked about what that denies, and "
			   "`allow` cannot undo it",
			   kernel->lockdown);
}

void kernel_report_cgroups(struct report *report)
{
	if (!filesystem_is("/sys/fs/cgroup", CGROUP2_SUPER_MAGIC) &&
	    !filesystem_is("/sys/fs/cgroup/unified", CGROUP2_SUPER_MAGIC))
		report_remedy(report_add(report, REPORT_NOTICE, "kernel_limit", NULL,
					 "no cgroup v2 hierarchy is mounted below /sys/fs/cgroup: cgroupid is that of "
					 "the root in every line"),
			      "boot with systemd.unified_cgroup_hierarchy=1");
}

static char *refuse_lsm(const char *reason, char *remedy, char **ret_remedy)
{
	*ret_remedy = remedy;
	return xstrdup(reason);
}

char *kernel_refuses_bpf_lsm(const struct kernel *kernel, char **ret_remedy)
{
	CLEANUP(cleanup_free) char *list = NULL;

	if (kernel->no_trampolines)
		return refuse_lsm("this kernel loads LSM programs and attaches none of them",
				  xstrdup(NO_TRAMPOLINES_REMEDY), ret_remedy);
	if (!kernel->lsms)
		return refuse_lsm("cannot tell whether bpf is among the active LSMs",
				  xstrdup("mount securityfs on /sys/kernel/security, in a container by "
					  "-v /sys/kernel/security:/sys/kernel/security:ro"),
				  ret_remedy);
	if (words_have(kernel->lsms, ',', "bpf"))
		return NULL;
	if (kernel->targets && !kernel_has_target(kernel, "lsm/file_open"))
		return refuse_lsm("this kernel has no BPF LSM", xstrdup("boot a kernel built with CONFIG_BPF_LSM=y"),
				  ret_remedy);
	list = xasprintf("lsm=%s,bpf", kernel->lsms);
	return refuse_lsm("bpf is not among the active LSMs, so the kernel would never call its programs",
			  boot_remedy(list), ret_remedy);
}
