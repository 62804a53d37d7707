/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpflock-plugin new: writes a plugin that builds, loads, and decides or records, for its author to go on from. The
 * arguments of its program come from the BTF of a kernel.
 */
#include <argp.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "daemon/settings.h"
#include "hook.h"
#include "kernel/kernel.h"
#include "kit.h"
#include "loader/loader.h"
#include "template.h"
#include "templates.h"
#include "util/memory.h"

/**
 * struct new - the arguments
 * @hook: as it was written
 * @btf:  a file that has the BTF of the kernel; NULL for the running kernel
 */
struct new
{
	const char *hook;
	const char *btf;
	struct project project;
};

static const struct argp_option options[] = {
	{ "enforcer", 'e', "HOOK", 0, "It decides about an LSM hook: path_chroot, lsm/path_chroot, lsm.s/file_open",
	  0 },
	{ "observer", 'o', "HOOK", 0, "It logs calls of a hook: also fentry/FUNCTION, fexit/FUNCTION, tp_btf/NAME", 0 },
	{ "btf", 'b', "FILE", 0,
	  "Look for the hook in this BTF (raw, or in a kernel image), not in the running kernel's", 0 },
	{ "meson", 'm', NULL, 0, "Write a meson.build, not a Makefile", 0 },
	{ 0 },
};

static void set_hook(struct argp_state *state, struct new *new, const char *hook, bool is_enforcer)
{
	if (new->hook)
		argp_error(state, "one --enforcer or --observer: a second program is written by hand");
	new->hook = hook;
	new->project.is_enforcer = is_enforcer;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct new *new = state->input;

	switch (key) {
	case 'e':
	case 'o':
		set_hook(state, new, argument, key == 'e');
		return 0;
	case 'b':
		new->btf = argument;
		return 0;
	case 'm':
		new->project.meson = true;
		return 0;
	case ARGP_KEY_ARG:
		if (new->project.name)
			argp_error(state, "one plugin at a time");
		new->project.name = argument;
		return 0;
	case ARGP_KEY_END:
		if (!new->project.name)
			argp_error(state, "which name is the plugin to have?");
		if (!new->hook)
			argp_error(state, "which hook? Give --enforcer HOOK or --observer HOOK");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse, "NAME", "Writes the directory NAME: a plugin that builds and runs as it is.", NULL, NULL, NULL,
};

/**
 * struct file - a file of the project
 * @name: a template as well
 * @text: of an observer, and of an enforcer
 */
static const struct file {
	const char *name;
	const char *text[2];
	mode_t mode;
	enum { ANY_BUILD, MAKE_ONLY, MESON_ONLY } build;
} files[] = {
	{ "@NAME@.h", { TEMPLATE_OBSERVER_PLUGIN_H, TEMPLATE_ENFORCER_PLUGIN_H }, 0666, ANY_BUILD },
	{ "@NAME@.c", { TEMPLATE_OBSERVER_PLUGIN_C, TEMPLATE_ENFORCER_PLUGIN_C }, 0666, ANY_BUILD },
	{ "@NAME@.bpf.c", { TEMPLATE_OBSERVER_PLUGIN_BPF_C, TEMPLATE_ENFORCER_PLUGIN_BPF_C }, 0666, ANY_BUILD },
	{ "README.md", { TEMPLATE_OBSERVER_README_MD, TEMPLATE_ENFORCER_README_MD }, 0666, ANY_BUILD },
	{ "test", { TEMPLATE_OBSERVER_TEST, TEMPLATE_ENFORCER_TEST }, 0777, ANY_BUILD },
	{ "Makefile", { TEMPLATE_MAKEFILE, TEMPLATE_MAKEFILE }, 0666, MAKE_ONLY },
	{ "meson.build", { TEMPLATE_MESON_BUILD, TEMPLATE_MESON_BUILD }, 0666, MESON_ONLY },
};

static bool is_wanted(const struct file *file, const struct project *project)
{
	return file->build == ANY_BUILD || (file->build == MESON_ONLY) == project->meson;
}

static char *path_of(const struct file *file, const struct project *project, const struct template_values *values)
{
	CLEANUP(cleanup_free) char *name = template_fill(file->name, values);

	return xasprintf("%s/%s", project->name, name);
}

static int write_file(const struct file *file, const struct project *project, const struct template_values *values)
{
	CLEANUP(cleanup_free) char *path = path_of(file, project, values);
	CLEANUP(cleanup_free) char *text = template_fill(file->text[project->is_enforcer], values);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%s", text) < 0)
		error = -errno;
	if (close(fd) < 0 && !error)
		error = -errno;
	return error;
}

/* Of what is not there nothing is removed. */
static void remove_files(const struct project *project, const struct template_values *values)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(cleanup_free) char *path = path_of(&files[i], project, values);

		(void)unlink(path);
	}
	(void)rmdir(project->name);
}

static int write_files(const struct project *project)
{
	struct template_values *values = template_values_of(project);
	int error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files) && !error; i++)
		if (is_wanted(&files[i], project))
			error = write_file(&files[i], project, values);
	if (error)
		remove_files(project, values);
	template_values_free(values);
	return error;
}

static int write_project(const struct project *project, struct report *report)
{
	int error = mkdir(project->name, 0777) < 0 ? -errno : write_files(project);

	if (error == -EEXIST)
		report_remedy(
			report_add(report, REPORT_ERROR, "new", NULL, "%s exists, and is left as it is", project->name),
			"choose another name, or another directory to work in");
	else if (error)
		report_add(report, REPORT_ERROR, "new", NULL, "the directory %s cannot be written: %s", project->name,
			   strerror(-error));
	return error ? EX_CANTCREAT : EXIT_SUCCESS;
}

static int open_btf(const struct new *new, struct kernel *ret, struct report *report)
{
	char reason[KIT_REASON_SIZE];

	*ret = (struct kernel){ 0 };
	if (kit_load_btf(new->btf, ret, reason))
		return EXIT_SUCCESS;
	report_remedy(
		report_add(report, REPORT_ERROR, "new", NULL, "%s has no BTF that can be read: %s",
			   new->btf ? new->btf : "the running kernel", reason),
		"name a kernel's BTF by --btf: the file /sys/kernel/btf/vmlinux of another machine, or a vmlinux");
	return EX_NOINPUT;
}

static int refuse_enforcer(const struct hook *hook, struct report *report)
{
	if (!hook_is_lsm(hook))
		report_remedy(
			report_add(report, REPORT_ERROR, "new", NULL, "a program of %s cannot decide", hook->section),
			"use --observer, or an LSM hook");
	else if (!hook->has_result)
		report_remedy(report_add(report, REPORT_ERROR, "new", NULL,
					 "%s cannot decide: the hook returns nothing", hook->section),
			      "use --observer, or a hook that the kernel calls before");
	return report->errors ? EX_USAGE : EXIT_SUCCESS;
}

static int check_name(const char *name, struct report *report)
{
	CLEANUP(cleanup_free) char *reason = settings_refuse_name(name);

	if (!reason)
		return EXIT_SUCCESS;
	report_add(report, REPORT_ERROR, "new", NULL, "no plugin can be called '%s': %s", name, reason);
	return EX_USAGE;
}

/* Nothing is written before all of it is checked. */
static int make_project(struct new *new, struct kernel *kernel, struct report *report)
{
	struct project *project = &new->project;
	int status = check_name(project->name, report);

	if (!status)
		status = open_btf(new, kernel, report);
	if (!status && hook_find(new->hook, kernel, &project->hook, report) < 0)
		status = EX_USAGE;
	if (!status && project->is_enforcer)
		status = refuse_enforcer(&project->hook, report);
	return status ? status : write_project(project, report);
}

static void print(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct report_item *item = &report->items[i];

		fprintf(stderr, "bpflock-plugin: %s", item->message);
		if (item->remedy)
			fprintf(stderr, " (%s)", item->remedy);
		fputc('\n', stderr);
	}
}

int verb_new(int argc, char **argv)
{
	struct new new = { 0 };
	struct kernel kernel = { 0 };
	struct report report = { 0 };
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &new);
	libbpf_log_install();
	status = make_project(&new, &kernel, &report);
	print(&report);
	report_clear(&report);
	hook_clear(&new.project.hook);
	kernel_free_targets(&kernel);
	btf__free(kernel.btf);
	return status;
}
