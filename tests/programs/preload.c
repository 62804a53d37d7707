// SPDX-License-Identifier: Apache-2.0
/*
 * preload.so: for LD_PRELOAD. Before the program begins it loads a BPF program that reads kernel memory, and prints
 * "preloaded allowed" or "preloaded denied".
 */
#include <stdio.h>

#include "helper_call.h"

static __attribute__((constructor)) void read_kernel(void)
{
	int error = load_program_that_calls(BPF_FUNC_probe_read_kernel, BPF_REG_1, BPF_REG_2, BPF_REG_3);

	puts(error ? "preloaded denied" : "preloaded allowed");
	fflush(stdout);
}
