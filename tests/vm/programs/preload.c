// SPDX-License-Identifier: Apache-2.0
/*
 * preload.so: for LD_PRELOAD. Before the program begins it loads a BPF program that reads kernel memory, and prints
 * "preloaded allowed" or "preloaded denied".
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static __attribute__((constructor)) void read_kernel(void)
{
	/* bpf_probe_read_kernel(stack - 8, 8, NULL) */
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD, .dst_reg = BPF_REG_1, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_TRACEPOINT,
		.insn_cnt = sizeof(insns) / sizeof(*insns),
		.insns = (uint64_t)(uintptr_t)insns,
		.license = (uint64_t)(uintptr_t) "GPL",
	};
	long program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));

	puts(program < 0 ? "preloaded denied" : "preloaded allowed");
	fflush(stdout);
	if (program >= 0)
		close((int)program);
}
