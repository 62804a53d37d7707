/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index of what programs can attach to. libbpf searches all types of the kernel, one after the other, for each
 * program. The index costs little more than one such search, and a third of the memory that the types take.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "kernel/kernel.h"
#include "util/memory.h"

#define TRACEPOINT_PREFIX "btf_trace_"
/* BPF_MAX_TRAMP_LINKS where BTF does not tell it. The 7.3 kernel tells 36. */
#define PROGRAMS_MAX 38

/* What a section names, by the name under which the kernel's BTF has it. */
static const struct target_kind {
	const char *section;
	const char *btf_prefix;
	bool function;
} target_kinds[] = {
	{ "lsm/", "bpf_lsm_", true }, { "lsm.s/", "bpf_lsm_", true },	       { "fentry/", "", true },
	{ "fexit/", "", true },	      { "tp_btf/", TRACEPOINT_PREFIX, false },
};

/* A type of the kernel: @name is where its name begins in the names of all; @id is 0 in an empty place. */
struct target {
	__u32 name;
	__u32 id;
};

/**
 * struct kernel_targets - a hash table with open addressing
 * @place_count: a power of two
 * @names:       one after the other, each with its NUL
 * @length:      of @names
 */
struct kernel_targets {
	struct target *places;
	__u32 place_count;
	char *names;
	__u32 length;
};

static const struct target_kind *target_kind_of(const char *section)
{
	for (size_t i = 0; i < ARRAY_SIZE(target_kinds); i++)
		if (strncmp(section, target_kinds[i].section, strlen(target_kinds[i].section)) == 0)
			return &target_kinds[i];
	return NULL;
}

/* Functions, and the typedefs that stand for tracepoints; NULL for any other type. */
static const char *target_name(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const char *name;

	if (!btf_is_func(type) && !btf_is_typedef(type))
		return NULL;
	name = btf__name_by_offset(btf, type->name_off);
	if (strncmp(name, TRACEPOINT_PREFIX, strlen(TRACEPOINT_PREFIX)) == 0)
		return btf_is_typedef(type) ? name : NULL;
	return btf_is_func(type) ? name : NULL;
}

/* FNV-1a. */
static __u32 hash_of(const char *name)
{
	__u32 hash = 2166136261;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619;
	return hash;
}

/* The place of a name, or the empty one where it belongs. */
static struct target *find_place(const struct kernel_targets *targets, const char *name)
{
	__u32 mask = targets->place_count - 1, place = hash_of(name) & mask;

	while (targets->places[place].id && strcmp(targets->names + targets->places[place].name, name) != 0)
		place = (place + 1) & mask;
	return &targets->places[place];
}

/* Of functions that share a name, the first counts, as for libbpf. */
static void add_target(struct kernel_targets *targets, const char *name, __u32 id)
{
	struct target *place = find_place(targets, name);
	char *end = targets->names + targets->length;

	if (place->id)
		return;
	*place = (struct target){ .name = targets->length, .id = id };
	targets->length += (__u32)(stpcpy(end, name) - end) + 1;
}

/* The constant of include/linux/bpf.h is the only enumerator of an enumeration without a name. */
static void learn_limit(struct kernel *kernel, const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const struct btf_enum *first;

	if (!btf_is_enum(type) || type->name_off || btf_vlen(type) != 1)
		return;
	first = btf_enum(type);
	if (strcmp(btf__name_by_offset(btf, first->name_off), "BPF_MAX_TRAMP_LINKS") == 0)
		kernel->programs_max = (__u32)first->val;
}

void kernel_index_targets(struct kernel *kernel, const struct btf *btf)
{
	struct kernel_targets *targets = xcalloc(1, sizeof(*targets));
	const __u32 end = btf__type_cnt(btf);
	size_t count = 0, length = 0;

	kernel->programs_max = PROGRAMS_MAX;
	for (__u32 id = 1; id < end; id++) {
		const char *name = target_name(btf, id);

		learn_limit(kernel, btf, id);
		count += name != NULL;
		length += name ? strlen(name) + 1 : 0;
	}
	/* At least half of it stays empty. */
	for (targets->place_count = 1; targets->place_count < 2 * count;)
		targets->place_count *= 2;
	targets->places = xcalloc(targets->place_count, sizeof(*targets->places));
	targets->names = xcalloc(length, 1);
	for (__u32 id = 1; id < end; id++) {
		const char *name = target_name(btf, id);

		if (name)
			add_target(targets, name, id);
	}
	kernel->targets = targets;
}

void kernel_load_targets(struct kernel *kernel)
{
	const struct btf *btf = kernel->btf;
	struct btf *loaded = NULL;

	if (kernel->targets)
		return;
	if (!btf)
		btf = loaded = btf__load_vmlinux_btf();
	if (btf)
		kernel_index_targets(kernel, btf);
	btf__free(loaded);
}

void kernel_free_targets(struct kernel *kernel)
{
	if (!kernel->targets)
		return;
	free(kernel->targets->places);
	free(kernel->targets->names);
	free(kernel->targets);
	kernel->targets = NULL;
}

int kernel_target_id(const struct kernel *kernel, const char *section)
{
	const struct target_kind *kind = target_kind_of(section);
	CLEANUP(cleanup_free) char *name = NULL;
	__u32 id;

	if (!kind || !kernel->targets || (kernel->no_trampolines && kind->function))
		return -ENOENT;
	name = xasprintf("%s%s", kind->btf_prefix, section + strlen(kind->section));
	id = find_place(kernel->targets, name)->id;
	return id ? (int)id : -ENOENT;
}

bool kernel_knows_section(const char *section)
{
	return target_kind_of(section);
}

bool kernel_has_target(const struct kernel *kernel, const char *section)
{
	return kernel_target_id(kernel, section) > 0;
}

int kernel_function_id(const struct kernel *kernel, const char *section)
{
	const struct target_kind *kind = target_kind_of(section);

	return kind && kind->function ? kernel_target_id(kernel, section) : -ENOENT;
}

/* Typedefs of tracepoints are in the same table as functions, under names that no function has. */
void kernel_visit_targets(const struct kernel *kernel, const char *section, kernel_visit_target *visit, void *context)
{
	const struct kernel_targets *targets = kernel->targets;
	const struct target_kind *kind = target_kind_of(section);
	const size_t length = strlen(kind->btf_prefix);

	for (__u32 i = 0; i < targets->place_count; i++) {
		const char *name = targets->names + targets->places[i].name;
		bool is_tracepoint = strncmp(name, TRACEPOINT_PREFIX, strlen(TRACEPOINT_PREFIX)) == 0;

		if (targets->places[i].id && is_tracepoint != kind->function &&
		    strncmp(name, kind->btf_prefix, length) == 0)
			visit(context, name + length);
	}
}

const char *kernel_target_name(const struct kernel *kernel, __u32 id)
{
	const struct kernel_targets *targets = kernel->targets;

	for (__u32 i = 0; targets && i < targets->place_count; i++)
		if (targets->places[i].id == id)
			return targets->names + targets->places[i].name;
	return NULL;
}
