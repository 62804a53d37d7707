/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <string.h>

#include "loader/loader.h"
#include "loader/pinned_map.h"
#include "util/memory.h"

/* The arguments of hook_programs_each(). @btf is loaded for the first program that is not bpflock's. */
struct walk {
	int protected;
	struct btf *btf;
	void (*visit)(void *context, const struct hook_program *program);
	void *context;
};

/* From the kernel's BTF. "" for a function of a module: bpflock has no hooks there. */
static const char *function_name(struct walk *walk, __u32 type_id)
{
	const struct btf_type *type;

	if (!walk->btf)
		walk->btf = btf__load_vmlinux_btf();
	type = walk->btf ? btf__type_by_id(walk->btf, type_id) : NULL;
	return type && btf_is_func(type) ? btf__name_by_offset(walk->btf, type->name_off) : "";
}

static int program_info(__u32 id, struct bpf_prog_info *ret)
{
	CLEANUP(cleanup_close) int fd = bpf_prog_get_fd_by_id(id);
	__u32 size = sizeof(*ret);

	*ret = (struct bpf_prog_info){ 0 };
	return fd < 0 ? fd : bpf_obj_get_info_by_fd(fd, ret, &size);
}

static void visit(struct walk *walk, const struct bpf_prog_info *info, __u32 function, bool overrides)
{
	struct hook_program program = { .id = info->id, .name = info->name, .overrides = overrides };

	if (protected_has(walk->protected, BPFLOCK_PROTECTED_PROGRAM, info->id))
		return;
	program.function = function_name(walk, function);
	walk->visit(walk->context, &program);
}

/* Attached or not: the kernel shows the hook of each loaded LSM program. */
static void visit_lsm_programs(struct walk *walk)
{
	struct bpf_prog_info info;
	__u32 id = 0;

	while (bpf_prog_get_next_id(id, &id) == 0)
		if (program_info(id, &info) == 0 && info.type == BPF_PROG_TYPE_LSM)
			visit(walk, &info, info.attach_btf_id, true);
}

static void visit_tracing_link(struct walk *walk, __u32 id)
{
	CLEANUP(cleanup_close) int fd = bpf_link_get_fd_by_id(id);
	struct bpf_link_info link = { 0 };
	struct bpf_prog_info info;
	__u32 size = sizeof(link);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &link, &size) < 0 || link.type != BPF_LINK_TYPE_TRACING ||
	    program_info(link.prog_id, &info) < 0 || info.type != BPF_PROG_TYPE_TRACING)
		return;
	visit(walk, &info, link.tracing.target_btf_id, link.tracing.attach_type == BPF_MODIFY_RETURN);
}

void hook_programs_each(int protected, void (*visitor)(void *context, const struct hook_program *program),
			void *context)
{
	struct walk walk = { .protected = protected, .visit = visitor, .context = context };
	__u32 link = 0;

	visit_lsm_programs(&walk);
	while (bpf_link_get_next_id(link, &link) == 0)
		visit_tracing_link(&walk, link);
	btf__free(walk.btf);
}
