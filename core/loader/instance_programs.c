/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs of a plugin's object are loaded, and what its table says of them. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "loader/instance.h"
#include "loader/loader.h"
#include "policy/policy.h"
#include "util/memory.h"

static const struct bpflock_program *row_in(const struct plugin *plugin, const struct bpf_program *program)
{
	const struct bpflock_table *table = &plugin->descriptor.programs;
	const struct bpflock_program *rows = table->rows;

	for (__u32 i = 0; i < table->count; i++)
		if (strcmp(rows[i].name, bpf_program__name(program)) == 0)
			return &rows[i];
	return NULL;
}

static const struct bpflock_program *row_of(const struct instance *instance, const struct bpf_program *program)
{
	return row_in(instance->plugin, program);
}

/* A missing program of an observer only costs events. */
static bool is_required(const struct instance *instance, const struct bpf_program *program)
{
	const struct bpflock_program *row = row_of(instance, program);

	return plugin_is_enforcer(instance->plugin) && !(row && row->flags & BPFLOCK_PROGRAM_OPTIONAL);
}

/* A program that would only decide about the host is left out where the policy allows the host everything. */
static bool is_superfluous(const struct instance *instance, const struct bpf_program *program)
{
	const struct bpflock_program *row = row_of(instance, program);

	return row && row->flags & BPFLOCK_PROGRAM_HOST && !policy_denies_host(instance->section);
}

static int fail_without(const struct instance *instance, const struct bpf_program *program, struct report *report)
{
	const struct bpflock_program *row = row_of(instance, program);

	return instance_fail(instance, -EOPNOTSUPP, report,
			     "this kernel has no %s, so that nobody would decide what its program %s does: %s",
			     bpf_program__section_name(program), bpf_program__name(program),
			     row && row->operations ? row->operations : "its author has not said");
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
		if (is_required(instance, program))
			return fail_without(instance, program, report);
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
		const struct bpflock_program *row = row_of(instance, program);

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
		const struct bpflock_program *row = row_in(plugin, program);
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
