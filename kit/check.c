/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpflock-plugin check: looks at plugins as the daemon does before it loads them. It needs no privilege, and who owns
 * the file does not matter. Each file is opened in a process of its own: its constructors run there, and tables that
 * are not there crash it.
 */
#include <argp.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "daemon/settings.h"
#include "kernel/kernel.h"
#include "kit.h"
#include "loader/loader.h"
#include "loader/object_check.h"
#include "util/memory.h"

/**
 * struct check - the arguments
 * @btf:  a file that has the BTF of the kernel; NULL for the running kernel
 * @load: load the programs as well
 */
struct check {
	const char *btf;
	bool load;
	char **files;
	int count;
};

static const struct argp_option options[] = {
	{ "btf", 'b', "FILE", 0, "Look for hooks in this BTF (raw, or in a kernel image), not in the running kernel's",
	  0 },
	{ "load", 'l', NULL, 0, "Load the programs into the running kernel, attach none, and unload them (as root)",
	  0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct check *check = state->input;

	switch (key) {
	case 'b':
		check->btf = argument;
		return 0;
	case 'l':
		check->load = true;
		return 0;
	case ARGP_KEY_ARGS:
		check->files = state->argv + state->next;
		check->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which plugin? Name at least one FILE.so");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	parse,
	"FILE...",
	"Says what is wrong with plugins: their tables, and what of their BPF objects can be seen before they are loaded. "
	"Constructors of the files run, with your privileges.",
	NULL,
	NULL,
	NULL,
};

static void print(const char *path, const struct report *report)
{
	static const char *const levels[] = {
		[REPORT_ERROR] = "error",
		[REPORT_WARNING] = "warning",
		[REPORT_NOTICE] = "notice",
	};

	for (size_t i = 0; i < report->count; i++) {
		const struct report_item *item = &report->items[i];

		printf("%s: %s: %s", path, levels[item->level], item->message);
		if (item->remedy)
			printf(" (%s)", item->remedy);
		putchar('\n');
	}
}

/* Without the BTF of a kernel, nothing is said about hooks. */
static void open_kernel(const struct check *check, struct kernel *ret, struct report *report)
{
	char reason[KIT_REASON_SIZE];

	*ret = (struct kernel){ .lockdown = kernel_lockdown() };
	if (kit_load_btf(check->btf, ret, reason))
		return;
	report_add(report, check->btf ? REPORT_ERROR : REPORT_WARNING, "plugin_failed", NULL,
		   "hooks are not looked for, because %s has no BTF that can be read: %s",
		   check->btf ? check->btf : "this kernel", reason);
}

static void report_left_out(const struct plugin *plugin, const struct bpf_program *program, struct report *report)
{
	/* A row says that another program does its work. */
	bool is_meant = object_program_row(plugin, program);

	report_add(report, is_meant ? REPORT_NOTICE : REPORT_WARNING, "plugin_failed", NULL,
		   "this kernel has no %s: its program %s is left out", bpf_program__section_name(program),
		   bpf_program__name(program));
}

/* What this kernel lacks is left out of a load. */
static void check_hooks(const struct plugin *plugin, struct bpf_object *object, const struct kernel *kernel,
			struct report *report)
{
	struct bpf_program *program;
	size_t missing = 0, left = 0;

	bpf_object__for_each_program(program, object) {
		const char *section = bpf_program__section_name(program);

		if (kernel_has_target(kernel, section)) {
			left++;
			continue;
		}
		bpf_program__set_autoload(program, false);
		if (!kernel_knows_section(section))
			continue;
		missing++;
		if (object_needs_program(plugin, program))
			object_report_missing(plugin, program, report);
		else
			report_left_out(plugin, program, report);
	}
	if (missing && !left)
		report_add(report, REPORT_ERROR, "plugin_failed", NULL,
			   "this kernel has none of the functions that its programs attach to");
}

static void check_self_test(const struct plugin *plugin, struct report *report)
{
	const struct bpflock_program *rows = plugin->descriptor.programs.rows;

	if (!plugin_is_enforcer(plugin))
		return;
	for (__u32 i = 0; i < plugin->descriptor.programs.count; i++)
		if (rows[i].self_test != BPFLOCK_SELF_TEST_NONE)
			return;
	report_remedy(report_add(report, REPORT_WARNING, "plugin_failed", NULL,
				 "no program has a self-test: the daemon will say that the plugin is unverified"),
		      "write self_test(), and .self_test = BPFLOCK_SELF_TEST_PLUGIN in the table of programs");
}

/* As the daemon would load it with the defaults, but what prepare() would leave out is loaded, too. */
static void load(const struct plugin *plugin, struct bpf_object *object, const struct kernel *kernel,
		 struct report *report)
{
	struct config *defaults = settings_defaults(plugin);

	(void)instance_try_load(plugin, object, &defaults->sections[0], kernel, report);
	config_free(defaults);
}

static void check_object(const struct check *check, const struct plugin *plugin, const struct kernel *kernel,
			 struct report *report)
{
	struct bpf_object *object;

	if (object_open(plugin, &object, report) < 0)
		return;
	(void)object_check(plugin, object, report);
	if (kernel->targets)
		check_hooks(plugin, object, kernel, report);
	check_self_test(plugin, report);
	if (check->load && !report->errors)
		load(plugin, object, kernel, report);
	bpf_object__close(object);
}

/* Never returns: the process ends. A plugin is never closed. */
static _Noreturn void check_file(const struct check *check, const char *path)
{
	CLEANUP(cleanup_free) char *resolved = realpath(path, NULL);
	struct report report = { 0 };
	struct kernel kernel;
	struct plugin plugin;

	libbpf_log_install();
	open_kernel(check, &kernel, &report);
	if (check->load && sections_register(&kernel) < 0)
		report_add(&report, REPORT_ERROR, "plugin_failed", NULL, "libbpf refuses handlers of sections");
	settings_open_plugin(resolved ? resolved : path, &kernel, &plugin);
	if (plugin.refusal)
		report_add(&report, REPORT_ERROR, "plugin_refused", NULL, "%s", plugin.refusal);
	else
		check_object(check, &plugin, &kernel, &report);
	print(path, &report);
	if (!report.errors)
		printf("%s: %s\n", path, check->load ? "no mistake, and it can be loaded" : "no mistake found");
	exit(report.errors ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int check_in_child(const struct check *check, const char *path)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0)
		check_file(check, path);
	if (child < 0 || waitpid(child, &status, 0) < 0) {
		fprintf(stderr, "bpflock-plugin: %s: %s\n", path, strerror(errno));
		return EX_OSERR;
	}
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	printf("%s: error: opening it crashes: %s (look at its constructors, and at pointers and counts in its tables)\n",
	       path, strsignal(WTERMSIG(status)));
	return EXIT_FAILURE;
}

int verb_check(int argc, char **argv)
{
	struct check check = { 0 };
	int status = EXIT_SUCCESS;

	argp_parse(&argp, argc, argv, 0, NULL, &check);
	if (check.load && geteuid() != 0) {
		fputs("bpflock-plugin: --load needs root\n", stderr);
		return EX_NOPERM;
	}
	for (int i = 0; i < check.count; i++) {
		int failed = check_in_child(&check, check.files[i]);

		status = failed ? failed : status;
	}
	return status;
}
