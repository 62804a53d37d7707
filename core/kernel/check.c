/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <cap-ng.h>
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/utsname.h>
#include <sysexits.h>

#include "kernel/kernel.h"
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

static __attribute__((format(printf, 3, 4))) void missing(struct report *report, const char *what, const char *remedy,
							  ...)
{
	CLEANUP(cleanup_free) char *text = NULL;
	va_list args;

	va_start(args, remedy);
	text = xvasprintf(remedy, args);
	va_end(args);
	report_remedy(report_add(report, REPORT_ERROR, "kernel_requirement", NULL, "%s", what), "%s", text);
}

static bool have_capabilities(void)
{
	if (capng_get_caps_process() < 0)
		return false;
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		return true;
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF) && capng_have_capability(CAPNG_EFFECTIVE, CAP_PERFMON);
}

static bool has_seccomp_filter(void)
{
	CLEANUP(cleanup_fclose) FILE *status = fopen("/proc/self/status", "re");
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (status && !found && getline(&line, &size, status) > 0)
		found = strncmp(line, "Seccomp:\t2", strlen("Seccomp:\t2")) == 0;
	return found;
}

/* Where this process may not use bpf(2) in spite of its capabilities: what refuses it, with the remedy. */
static const char *refuser(void)
{
	if (namespaces_user_is_contained())
		return "it is in a user namespace of its own: run it as root of the initial user namespace, in a "
		       "container without --userns and not rootless";
	if (has_seccomp_filter())
		return "probably by its seccomp filter: run the container with --privileged, or with "
		       "--cap-add SYS_ADMIN and a seccomp profile that allows bpf";
	return "run it as root with all capabilities, in a container with --privileged";
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

int kernel_check(const struct kernel *kernel, struct report *report)
{
	size_t errors = report->errors;
	CLEANUP(cleanup_free) char *refused = NULL;
	struct utsname name;
	int error;

	if (!have_capabilities()) {
		missing(report, "this process may not load BPF programs",
			"run it as root, or with CAP_BPF and CAP_PERFMON");
		return EX_NOPERM;
	}
	error = try_bpf();
	if (error) {
		refused = xasprintf("the system call bpf(2) is refused to this process: %s", strerror(-error));
		missing(report, refused, "%s", refuser());
		return EX_NOPERM;
	}
	uname(&name);
	if (is_too_old(name.release))
		missing(report, "the kernel is too old", "this is %s; bpflock needs %d.%d or newer", name.release,
			OLDEST_MAJOR, OLDEST_MINOR);
	if (!kernel->btf)
		missing(report, "the kernel has no type information (/sys/kernel/btf/vmlinux)",
			"mount sysfs, or run a kernel built with CONFIG_DEBUG_INFO_BTF=y");
	if (!filesystem_is(BPFFS, BPF_FS_MAGIC))
		missing(report, "there is no bpffs on " BPFFS, "mount -t bpf bpf " BPFFS);
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

char *kernel_refuses_bpf_lsm(const struct kernel *kernel)
{
	if (kernel->no_trampolines)
		return xasprintf("this kernel loads LSM programs and attaches none of them");
	if (!kernel->lsms)
		return xasprintf("cannot tell whether bpf is among the active LSMs: mount securityfs on "
				 "/sys/kernel/security");
	if (!words_have(kernel->lsms, ',', "bpf"))
		return xasprintf("bpf is not among the active LSMs, so the kernel would never call its "
				 "programs: boot with lsm=%s,bpf",
				 kernel->lsms);
	return NULL;
}
