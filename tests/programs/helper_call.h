/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a BPF program that calls one helper, by bpf(2) alone. */
#ifndef HELPER_CALL_H
#define HELPER_CALL_H

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "result.h"

/* An instruction as it lies in memory; the compiler warns of the bit-fields of struct bpf_insn. */
#define INSTRUCTION(op, to, from, offset, number)                                                           \
	((uint64_t)(uint32_t)(number) << 32 | (uint64_t)(uint16_t)(offset) << 16 | (uint64_t)(from) << 12 | \
	 (uint64_t)(to) << 8 | (op))

/*
 * Both helpers take a buffer of the program's, its length, and an address that may be anything, each in
 * registers of its own. A verifier that is denied a helper says EINVAL, as if it did not know it.
 */
static inline int load_program_that_calls(int helper, __u8 buffer, __u8 length, __u8 address)
{
	const uint64_t program[] = {
		INSTRUCTION(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 0),
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, buffer, BPF_REG_10, 0, 0),
		INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, buffer, 0, 0, -8),
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, length, 0, 0, 8),
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, address, 0, 0, 0),
		INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, helper),
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.insns = (uintptr_t)program,
		.insn_cnt = sizeof(program) / sizeof(*program),
		.license = (uintptr_t) "GPL",
	};
	int error = closed((int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));

	return error == -EINVAL ? -EPERM : error;
}

#endif
