/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/limits.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "util/memory.h"

/**
 * struct function - a function of the kernel to which programs are attached
 * @id:      of its type in the kernel's BTF
 * @ours:    programs of bpflock's future instances
 * @plugins: whose they are: names, separated by commas
 * @others:  programs of others
 * @programs: which: "ID (NAME)", separated by commas
 */
struct function {
	__u32 id;
	size_t ours;
	char *plugins;
	size_t others;
	char *programs;
};

struct limits {
	const struct kernel *kernel;
	struct function *functions;
	size_t count;
};

static struct function *find_function(struct limits *limits, __u32 id)
{
	struct function *function;

	for (size_t i = 0; i < limits->count; i++)
		if (limits->functions[i].id == id)
			return &limits->functions[i];
	limits->functions = xreallocarray(limits->functions, limits->count + 1, sizeof(*limits->functions));
	function = &limits->functions[limits->count++];
	*function = (struct function){ .id = id, .plugins = xstrdup(""), .programs = xstrdup("") };
	return function;
}

static void add_other(void *context, const struct hook_program *program)
{
	struct function *function = find_function(context, program->function);

	function->others++;
	xappend(&function->programs, ", ", "%u (%s)", program->id, program->name);
}

struct limits *limits_open(const struct kernel *kernel, int protected)
{
	struct limits *limits = xcalloc(1, sizeof(*limits));

	limits->kernel = kernel;
	hook_programs_each(protected, add_other, limits);
	return limits;
}

struct limits *limits_close(struct limits *limits)
{
	for (size_t i = 0; i < limits->count; i++) {
		free(limits->functions[i].plugins);
		free(limits->functions[i].programs);
	}
	free(limits->functions);
	free(limits);
	return NULL;
}

static void refuse(const struct limits *limits, const struct function *function, const struct instance *instance,
		   const struct bpf_program *program, size_t ours, struct report *report)
{
	CLEANUP(cleanup_free) char *others = xstrdup("none");
	struct report_item *item;

	if (function->others) {
		free(others);
		others = xasprintf("%zu: %s", function->others, function->programs);
	}
	item = report_add(report, REPORT_ERROR, "plugin_failed", NULL,
			  "what is attached to %s could not be replaced by a new generation, which runs beside the old "
			  "one for a moment: the kernel attaches at most %u programs there, bpflock has %zu (%s%s%s), "
			  "others have %s",
			  bpf_program__section_name(program), limits->kernel->programs_max, ours, function->plugins,
			  *function->plugins ? ", " : "", instance->plugin->name, others);
	report_plugin(item, instance->plugin->name);
	report_remedy(item, "disable one of these plugins%s", function->others ? ", or stop those programs" : "");
}

/* The function that a program of the instance is attached to; 0 for none. */
static __u32 function_of(const struct limits *limits, const struct bpf_program *program)
{
	int id = kernel_function_id(limits->kernel, bpf_program__section_name(program));

	return bpf_program__autoload(program) && id > 0 ? (__u32)id : 0;
}

/* How many programs of the instance are attached where this one is; 0 where one before it is attached there as well. */
static size_t count_from(const struct limits *limits, const struct instance *instance, const struct bpf_program *first)
{
	__u32 id = function_of(limits, first);
	struct bpf_program *program;
	bool before = true;
	size_t count = 0;

	if (!id)
		return 0;
	bpf_object__for_each_program(program, instance->object) {
		before = before && program != first;
		if (function_of(limits, program) != id)
			continue;
		if (before)
			return 0;
		count++;
	}
	return count;
}

int limits_add(struct limits *limits, const struct instance *instance, struct report *report)
{
	struct bpf_program *program;
	struct function *function;

	bpf_object__for_each_program(program, instance->object) {
		size_t count = count_from(limits, instance, program);

		if (!count)
			continue;
		function = find_function(limits, function_of(limits, program));
		if (2 * (function->ours + count) + function->others <= limits->kernel->programs_max)
			continue;
		refuse(limits, function, instance, program, function->ours + count, report);
		return -E2BIG;
	}
	bpf_object__for_each_program(program, instance->object) {
		size_t count = count_from(limits, instance, program);

		if (!count)
			continue;
		function = find_function(limits, function_of(limits, program));
		function->ours += count;
		xappend(&function->plugins, ", ", "%s", instance->plugin->name);
	}
	return 0;
}
