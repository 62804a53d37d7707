/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying strings into a record, with a mark where one was cut (BPFLOCK_CUT). */
#ifndef BPFLOCK_STRING_BPF_H
#define BPFLOCK_STRING_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpflock/event.h>

/*
 * A kernel string that is not an array in a structure of known type, such as bprm->filename. Such a
 * string cannot be dereferenced directly. bpf_snprintf reads it. Unlike bpf_probe_read_kernel_str, it is
 * not refused under the kernel's lockdown=confidentiality.
 */
static __always_inline void bpflock_copy_kernel_string(char *to, __u32 size, const char *from)
{
	static const char format[] = "%s";
	__u64 argument = (__u64)from;
	long length = bpf_snprintf(to, size, format, &argument, sizeof(argument));

	if (length < 0)
		to[0] = '\0';
	else if (length > size)
		to[size - 1] = BPFLOCK_CUT;
}

/* A string of the current process. It may be paged out, and other threads may change it: never decide by it. */
static __always_inline void bpflock_copy_user_string(char *to, __u32 size, const char *from)
{
	long length = bpf_probe_read_user_str(to, size, from);
	char next = '\0';

	if (length <= 0)
		to[0] = '\0';
	else if (length == size && !bpf_probe_read_user(&next, 1, from + size - 1) && next)
		to[size - 1] = BPFLOCK_CUT;
}

#endif
