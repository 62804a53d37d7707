/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Shared by bpfrestrict's BPF programs and its descriptor. */
#ifndef BPFRESTRICT_H
#define BPFRESTRICT_H

#include <bpflock/policy.h>

/* Types of events. */
#define BPFRESTRICT_REQUEST 1

/*
 * The kernel's numbers of program types (enum bpf_prog_type) from 0 to below this are operations. They never change,
 * because they are part of the interface of bpf(2).
 */
#define BPFRESTRICT_TYPES 33

/* To load a program of a type. */
#define BPFRESTRICT_LOAD(type) BPFLOCK_OPERATION_OWN(type)

#define BPFRESTRICT_NAME_LEN 16 /* BPF_OBJ_NAME_LEN */

/* Of BPFRESTRICT_REQUEST. Where nothing gets a name, the record ends before it. */
struct bpfrestrict_request {
	struct bpflock_decision decision;
	char name[BPFRESTRICT_NAME_LEN];
};

#endif
