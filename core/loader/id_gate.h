/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protects new objects at a start, until the guard runs. No task outside the initial namespaces gets any map or
 * program by its id (ENOENT, as if there were none). Nor may it trace a process of the initial namespaces.
 */
#ifndef BPFLOCK_LOADER_ID_GATE_H
#define BPFLOCK_LOADER_ID_GATE_H

#include <bpf/libbpf.h>

#define ID_GATE_PROGRAMS 2

/**
 * struct id_gate - open when it is all zero
 */
struct id_gate {
	struct bpf_object *object;
	struct bpf_link *links[ID_GATE_PROGRAMS];
};

/* Returns 0, or a negative errno, and then the gate is open. */
int id_gate_close(struct id_gate *gate);
/* Accepts a gate that is open already. */
void id_gate_open(struct id_gate *gate);

#endif
