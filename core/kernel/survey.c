/* SPDX-License-Identifier: Apache-2.0 */
/* What a daemon would meet on this machine, one line for each subject. Texts are those of a start, where it has them. */
#include <bpf/bpf.h>
#include <cap-ng.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/checks.h"
#include "kernel/container.h"
#include "kernel/namespaces.h"
#include "util/memory.h"
#include "util/words.h"

/**
 * struct survey - what later checks need of earlier ones
 * @may_load: this process may load programs
 */
struct survey {
	struct kernel *kernel;
	bool may_load;
};

static struct report_item *note(struct report *report, enum report_level level, const char *text, const char *remedy)
{
	struct report_item *item = report_add(report, level, "kernel_limit", NULL, "%s", text);

	if (remedy)
		report_remedy(item, "%s", remedy);
	return item;
}

/* The first line of a file; NULL where it cannot be read. */
static char *read_line(const char *path)
{
	CLEANUP(cleanup_fclose) FILE *stream = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!stream || getline(&line, &size, stream) < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static char *survey_release(struct survey *survey, struct report *report)
{
	struct utsname name;

	(void)survey;
	check_release(report);
	uname(&name);
	return xstrdup(name.release);
}

static char *survey_capabilities(struct survey *survey, struct report *report)
{
	static const struct {
		const char *name;
		unsigned int number;
	} rows[] = { { "CAP_BPF", CAP_BPF },
		     { "CAP_PERFMON", CAP_PERFMON },
		     { "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
		     { "CAP_SETPCAP", CAP_SETPCAP } };
	char *found = xstrdup("");

	survey->may_load = check_capabilities(report) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (capng_have_capability(CAPNG_EFFECTIVE, rows[i].number))
			xappend(&found, ", ", "%s", rows[i].name);
	if (survey->may_load && !strstr(found, "CAP_SYS_ADMIN"))
		note(report, REPORT_WARNING, "programs of another bpflock cannot be looked for", "add CAP_SYS_ADMIN");
	if (survey->may_load && !strstr(found, "CAP_SETPCAP"))
		note(report, REPORT_WARNING, "the daemon cannot narrow its bounding set", "add CAP_SETPCAP");
	return found;
}

static char *name_namespace(bool contained)
{
	return xstrdup(contained ? "its own" : "initial");
}

static char *survey_user_namespace(struct survey *survey, struct report *report)
{
	bool contained = namespaces_user_is_contained();

	(void)survey;
	if (contained)
		note(report, REPORT_ERROR, "capabilities of a user namespace of its own load no BPF programs",
		     "run it as root of the initial user namespace");
	return name_namespace(contained);
}

static char *survey_pid_namespace(struct survey *survey, struct report *report)
{
	bool contained = namespaces_pid_is_contained();

	(void)survey;
	if (contained)
		(void)namespaces_refuse_enforcer(report);
	return name_namespace(contained);
}

/* Before the first bpf(2), as in a daemon. */
static char *survey_network_namespace(struct survey *survey, struct report *report)
{
	(void)survey;
	namespaces_enter_initial_network(report);
	return xstrdup(namespaces_network_is_initial() ? "initial" : "not seen to be the initial one");
}

static char *survey_cgroup_namespace(struct survey *survey, struct report *report)
{
	(void)survey;
	namespaces_report_cgroup(report);
	return name_namespace(namespaces_cgroup_is_contained());
}

static char *survey_bpf(struct survey *survey, struct report *report)
{
	const char *filter = check_seccomp_filter() ? ", under a seccomp filter" : "";
	bool allowed = check_bpf(report) == 0;

	survey->may_load = survey->may_load && allowed;
	return xasprintf("%s%s", allowed ? "allowed" : "refused", filter);
}

static char *survey_btf(struct survey *survey, struct report *report)
{
	check_btf(survey->kernel, report);
	kernel_load_targets(survey->kernel);
	return survey->kernel->btf ? xstrdup("there") : NULL;
}

static char *survey_bpffs(struct survey *survey, struct report *report)
{
	size_t count = report->count;

	(void)survey;
	check_bpffs(report);
	return report->count == count ? xstrdup("mounted") : NULL;
}

static char *survey_trampolines(struct survey *survey, struct report *report)
{
	if (!survey->may_load)
		return xstrdup("not tried: this process may not load programs");
	kernel_probe_trampolines(survey->kernel, report);
	return survey->kernel->no_trampolines ? NULL : xstrdup("no refusal seen");
}

static char *survey_lsm(struct survey *survey, struct report *report)
{
	CLEANUP(cleanup_free) char *remedy = NULL;
	CLEANUP(cleanup_free) char *reason = kernel_refuses_bpf_lsm(survey->kernel, &remedy);

	if (reason)
		note(report, REPORT_ERROR, reason, remedy);
	return survey->kernel->lsms ? xstrdup(survey->kernel->lsms) : NULL;
}

static char *survey_cgroups(struct survey *survey, struct report *report)
{
	size_t count = report->count;

	(void)survey;
	kernel_report_cgroups(report);
	return report->count == count ? xstrdup("mounted") : NULL;
}

static char *survey_lockdown(struct survey *survey, struct report *report)
{
	kernel_report_lockdown(survey->kernel, report);
	return xstrdup(survey->kernel->lockdown ? survey->kernel->lockdown : "none");
}

static char *survey_unprivileged_bpf(struct survey *survey, struct report *report)
{
	char *value = read_line("/proc/sys/kernel/unprivileged_bpf_disabled");

	(void)survey;
	if (value && strcmp(value, "0") == 0)
		note(report, REPORT_WARNING, "every user may load BPF programs",
		     "sysctl -w kernel.unprivileged_bpf_disabled=2, and a file in /etc/sysctl.d for the next boot");
	return value;
}

/* How another LSM takes this process. */
static char *survey_label(const struct kernel *kernel, const char *lsm, const char *path, struct report *report)
{
	CLEANUP(cleanup_free) char *label = NULL;

	if (!kernel->lsms || !words_have(kernel->lsms, ',', lsm))
		return xstrdup(kernel->lsms ? "not active" : "not known");
	label = read_line(path);
	if (!label || strstr(label, "unconfined") || strstr(label, ":spc_t:"))
		return xstrdup("active; does not confine this process");
	note(report, REPORT_WARNING,
	     "this process is confined, and its profile may forbid to pin or to read the list of LSMs",
	     "run it without that profile");
	return xasprintf("active: %s", label);
}

static char *survey_apparmor(struct survey *survey, struct report *report)
{
	return survey_label(survey->kernel, "apparmor", "/proc/self/attr/apparmor/current", report);
}

static char *survey_selinux(struct survey *survey, struct report *report)
{
	return survey_label(survey->kernel, "selinux", "/proc/self/attr/current", report);
}

/* As many programs are named. */
#define NAMED_MAX 5

/* "a, b": the names of programs that the kernel has loaded for LSM hooks; "" where there is none. */
static char *list_lsm_programs(void)
{
	char *names = xstrdup("");
	size_t count = 0;
	__u32 id = 0;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		CLEANUP(cleanup_close) int fd = bpf_prog_get_fd_by_id(id);
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == BPF_PROG_TYPE_LSM &&
		    ++count <= NAMED_MAX)
			xappend(&names, ", ", "%s", info.name);
	}
	if (count > NAMED_MAX)
		xappend(&names, " ", "and %zu more", count - NAMED_MAX);
	return names;
}

static char *survey_programs(struct survey *survey, struct report *report)
{
	char *names;

	if (!survey->may_load || !capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		return xstrdup("cannot be listed");
	names = list_lsm_programs();
	if (!*names) {
		free(names);
		return xstrdup("none");
	}
	note(report, REPORT_NOTICE,
	     "LSM programs are loaded, by other agents or by a bpflock: of two programs on one hook the newest decides first",
	     NULL);
	return names;
}

/**
 * struct check - one row of the survey
 * @need: what an engine has to give where the check fails in a container
 */
struct check {
	const char *name;
	char *(*run)(struct survey *survey, struct report *report);
	enum container_need need;
};

static const struct check checks[] = {
	{ "kernel", survey_release, CONTAINER_NEEDS_NOTHING },
	{ "capabilities", survey_capabilities, CONTAINER_CAPABILITIES },
	{ "user namespace", survey_user_namespace, CONTAINER_USER_NAMESPACE },
	{ "pid namespace", survey_pid_namespace, CONTAINER_PID_NAMESPACE },
	{ "network namespace", survey_network_namespace, CONTAINER_NETWORK_NAMESPACE },
	{ "cgroup namespace", survey_cgroup_namespace, CONTAINER_CGROUP_NAMESPACE },
	{ "bpf(2)", survey_bpf, CONTAINER_SECCOMP },
	{ "BTF", survey_btf, CONTAINER_NEEDS_NOTHING },
	{ "bpffs", survey_bpffs, CONTAINER_BPFFS },
	{ "trampolines", survey_trampolines, CONTAINER_NEEDS_NOTHING },
	{ "BPF LSM", survey_lsm, CONTAINER_NEEDS_NOTHING },
	{ "cgroup v2", survey_cgroups, CONTAINER_NEEDS_NOTHING },
	{ "kernel lockdown", survey_lockdown, CONTAINER_NEEDS_NOTHING },
	{ "unprivileged BPF", survey_unprivileged_bpf, CONTAINER_NEEDS_NOTHING },
	{ "AppArmor", survey_apparmor, CONTAINER_APPARMOR },
	{ "SELinux", survey_selinux, CONTAINER_SELINUX },
	{ "BPF LSM programs", survey_programs, CONTAINER_NEEDS_NOTHING },
};

void kernel_survey(struct kernel *kernel, kernel_visit_finding *visit, void *context)
{
	struct survey survey = { .kernel = kernel };

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct report report = { 0 };
		CLEANUP(cleanup_free) char *found = checks[i].run(&survey, &report);
		struct kernel_finding finding = { .check = checks[i].name, .found = found };

		for (size_t j = 0; j < report.count; j++) {
			container_remedy(&report.items[j], checks[i].need);
			finding.item = &report.items[j];
			visit(context, &finding);
		}
		if (!report.count)
			visit(context, &finding);
		report_clear(&report);
	}
}
