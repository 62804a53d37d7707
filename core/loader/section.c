/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own handling of the sections that attach to a function of the kernel.
 *
 * libbpf finds out by trying whether the kernel has bpf_probe_read_user(): it loads a program that
 * reads kernel memory. Where the kernel's lockdown=confidentiality denies that, libbpf concludes that
 * all the newer helpers are missing and puts the old ones in, which are denied as well. Our programs
 * read user memory only, so what it has replaced is put back just before the load. (An object that
 * does read kernel memory is refused there by name: see object_uses_helper().)
 *
 * The target comes from our index: see core/kernel/targets.c. And each program learns its number: see
 * bpflock_program_number() in <bpflock/policy.bpf.h>.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <bpflock/policy.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "loader/loader.h"
#include "util/memory.h"

static __s32 restored_helper(__s32 helper)
{
	switch (helper) {
	case BPF_FUNC_probe_read:
		return BPF_FUNC_probe_read_user;
	case BPF_FUNC_probe_read_str:
		return BPF_FUNC_probe_read_user_str;
	default:
		return helper;
	}
}

#define SLEEPABLE "lsm.s/"

/* What sections_load() loads. libbpf does not tell to which object a program belongs. */
static struct bpf_object *loading;
/* The last one that was prepared: where the load fails, it was this one. */
static struct bpf_program *prepared;

/* Its place in the object. */
static __s32 program_number(const struct bpf_program *program)
{
	struct bpf_program *other;
	__s32 number = 0;

	bpf_object__for_each_program(other, loading) {
		if (other == program)
			break;
		number++;
	}
	return number;
}

/* At this point libbpf has appended the functions that the program calls. */
static int edit_instructions(struct bpf_program *program)
{
	size_t count = bpf_program__insn_cnt(program);
	CLEANUP(cleanup_free) struct bpf_insn *insns = xcalloc(count, sizeof(*insns));
	__s32 number = program_number(program);

	memcpy(insns, bpf_program__insns(program), count * sizeof(*insns));
	for (size_t i = 0; i < count; i++) {
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == 0)
			insns[i].imm = restored_helper(insns[i].imm);
		if (insns[i].code == (BPF_ALU64 | BPF_MOV | BPF_K) && insns[i].imm == BPFLOCK_PROGRAM_NUMBER)
			insns[i].imm = number;
	}
	return bpf_program__set_insns(program, insns, count);
}

/* `cookie` is the struct kernel. */
static int prepare_load(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct kernel *kernel = (const struct kernel *)cookie;
	const char *section = bpf_program__section_name(program);
	int id = kernel_target_id(kernel, section);

	prepared = program;
	if (id < 0)
		return id;
	opts->attach_btf_id = (__u32)id;
	if (strncmp(section, SLEEPABLE, strlen(SLEEPABLE)) == 0)
		opts->prog_flags |= BPF_F_SLEEPABLE;
	return edit_instructions(program);
}

static int attach(const struct bpf_program *program, long cookie, struct bpf_link **ret)
{
	(void)cookie;
	if (bpf_program__type(program) == BPF_PROG_TYPE_LSM)
		*ret = bpf_program__attach_lsm(program);
	else
		*ret = bpf_program__attach_trace(program);
	return *ret ? 0 : -errno;
}

static const struct section {
	const char *pattern;
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
} sections[] = {
	{ "lsm+", BPF_PROG_TYPE_LSM, BPF_LSM_MAC },
	{ "lsm.s+", BPF_PROG_TYPE_LSM, BPF_LSM_MAC },
	{ "fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY },
	{ "fexit+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT },
	{ "tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP },
};

int sections_register(struct kernel *kernel)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .cookie = (long)kernel, .prog_prepare_load_fn = prepare_load,
		    .prog_attach_fn = attach);

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		int handle = libbpf_register_prog_handler(sections[i].pattern, sections[i].type,
							  sections[i].attach_type, &handler);

		if (handle < 0)
			return handle;
	}
	return 0;
}

int sections_load(struct bpf_object *object, const struct bpf_program **ret_failed)
{
	int error;

	loading = object;
	prepared = NULL;
	error = bpf_object__load(object);
	loading = NULL;
	*ret_failed = prepared;
	return error;
}
