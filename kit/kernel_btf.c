/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "kernel/kernel.h"
#include "kit.h"

bool kit_load_btf(const char *file, struct kernel *kernel, char ret_reason[KIT_REASON_SIZE])
{
	kernel->btf = file ? btf__parse(file, NULL) : btf__load_vmlinux_btf();
	if (!kernel->btf) {
		/* libbpf has errors of its own. */
		(void)libbpf_strerror(errno, ret_reason, KIT_REASON_SIZE);
		return false;
	}
	kernel_load_targets(kernel);
	return true;
}
