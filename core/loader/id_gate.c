/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/id_gate.h"

#include <errno.h>
#include <stdint.h>

#include "id_gate.bpf.o.h" /* makes the build create the object below first */
#include "loader/loader.h"
#include "util/embed.h"
#include "util/memory.h"

EMBED(id_gate_object, "id_gate.bpf.o");

static int attach(struct id_gate *gate)
{
	struct bpf_program *program;
	size_t i = 0;

	bpf_object__for_each_program(program, gate->object) {
		gate->links[i] = bpf_program__attach(program);
		if (!gate->links[i++])
			return -errno;
	}
	return 0;
}

int id_gate_close(struct id_gate *gate)
{
	size_t size = (uintptr_t)id_gate_object_end - (uintptr_t)id_gate_object;
	const struct bpf_program *last;
	int error;

	gate->object = bpf_object__open_mem(id_gate_object, size, NULL);
	if (!gate->object)
		return -errno;
	error = sections_load(gate->object, &last);
	if (!error)
		error = attach(gate);
	if (error)
		id_gate_open(gate);
	return error;
}

void id_gate_open(struct id_gate *gate)
{
	for (size_t i = 0; i < ARRAY_SIZE(gate->links); i++)
		bpf_link__destroy(gate->links[i]);
	bpf_object__close(gate->object);
	*gate = (struct id_gate){ 0 };
}
