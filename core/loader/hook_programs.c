/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <string.h>

#include "loader/loader.h"
#include "loader/pinned_map.h"
#include "util/memory.h"

/* The arguments of hook_programs_each(). */
struct walk {
	int protected;
	void (*visit)(void *context, const struct hook_program *program);
	void *context;
};

static int program_info(__u32 id, struct bpf_prog_info *ret)
{
	CLEANUP(cleanup_close) int fd = bpf_prog_get_fd_by_id(id);
	__u32 size = sizeof(*ret);

	*ret = (struct bpf_prog_info){ 0 };
	return fd < 0 ? fd : bpf_obj_get_info_by_fd(fd, ret, &size);
}

static void visit(struct walk *walk, const struct bpf_prog_info *info, __u32 function, bool overrides)
{
	const struct hook_program program = {
		.id = info->id, .name = info->name, .function = function, .overrides = overrides
	};

	if (!protected_has(walk->protected, BPFLOCK_PROTECTED_PROGRAM, info->id))
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
}
