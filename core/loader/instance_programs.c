/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs of a plugin's object are loaded, and what its table says of them. */
#include <bpf/libbpf.h>
#include <errno.h>

#include "loader/instance.h"
#include "loader/loader.h"
#include "loader/object_check.h"
#include "policy/policy.h"
#include "util/memory.h"

/* A program that would only decide about the host is left out where the policy allows the host everything. */
static bool is_superfluous(const struct instance *instance, const struct bpf_program *program)
{
	const struct bpflock_program *row = object_program_row(instance->plugin, program);

	return row && row->flags & BPFLOCK_PROGRAM_HOST &&
	       !policy_denies_host(&instance->plugin->operations, instance->section);
}

int instance_select_programs(struct instance *instance, const struct kernel *kernel, struct report *report)
{
	struct bpf_program *program;
	size_t left = 0;

	/* A plugin that only reads the records of others has an object without programs. */
	instance->skipped = xstrdup("");
	bpf_object__for_each_program(program, instance->object) {
		const char *section = bpf_program__section_name(program);

		if (is_superfluous(instance, program)) {
			bpf_program__set_autoload(program, false);
			continue;
		}
		if (kernel_has_target(kernel, section)) {
			left++;
			continue;
		}
		if (object_needs_program(instance->plugin, program)) {
			object_report_missing(instance->plugin, program, report);
			return -EOPNOTSUPP;
		}
		bpf_program__set_autoload(program, false);
		xappend(&instance->skipped, ",", "%s", section);
	}
	if (left == 0 && *instance->skipped)
		return instance_fail(instance, -EOPNOTSUPP, report,
				     "this kernel has none of the functions that its programs attach to (%s)",
				     instance->skipped);
	return 0;
}

void instance_list_programs(struct instance *instance)
{
	struct bpf_program *program;
	__u32 number = 0;

	if (!plugin_is_enforcer(instance->plugin))
		return;
	instance->programs = xcalloc(BPFLOCK_PROGRAMS_MAX, sizeof(*instance->programs));
	bpf_object__for_each_program(program, instance->object) {
		const struct bpflock_program *row = object_program_row(instance->plugin, program);

		if (bpf_program__autoload(program))
			instance->programs[instance->program_count++] = (struct instance_program){
				.number = number,
				.hook = bpf_program__section_name(program),
				.self_test = row ? row->self_test : BPFLOCK_SELF_TEST_NONE,
			};
		number++;
	}
}

void programs_each(const struct plugin *plugin, const struct kernel *kernel,
		   void (*visit)(void *context, const struct program *program), void *context)
{
	size_t size = (size_t)(plugin->descriptor.object_end - plugin->descriptor.object);
	struct bpf_object *object = bpf_object__open_mem(plugin->descriptor.object, size, NULL);
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		const struct bpflock_program *row = object_program_row(plugin, program);
		const char *section = bpf_program__section_name(program);
		const struct program described = {
			.hook = section,
			.operations = row ? row->operations : NULL,
			.optional = row && row->flags & BPFLOCK_PROGRAM_OPTIONAL,
			.missing = !kernel_has_target(kernel, section),
		};

		visit(context, &described);
	}
	bpf_object__close(object);
}
