/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying strings, with a mark where one was cut (BPFLOCK_CUT), and comparing them with constants. */
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

/* `size` is a constant, and so are the bytes of `constant`: they become part of the instructions. */
static __always_inline bool bpflock_has_bytes(const char *text, const char *constant, __u64 size)
{
	for (__u64 i = 0; i < size; i++)
		if (text[i] != constant[i])
			return false;
	return true;
}

/* The same of whole words. Of the last one only the bytes up to `size` count: the first of a word are its lowest. */
static __always_inline bool bpflock_has_words(const __u64 *text, const char *constant, __u64 size)
{
	__u64 words = size / sizeof(__u64), rest = size % sizeof(__u64), word;

	for (__u64 i = 0; i < words; i++) {
		__builtin_memcpy(&word, constant + i * sizeof(word), sizeof(word));
		if (text[i] != word)
			return false;
	}
	if (!rest)
		return true;
	word = 0;
	__builtin_memcpy(&word, constant + words * sizeof(word), rest);
	return (text[words] & ((1ull << rest * 8) - 1)) == word;
}

#define BPFLOCK_HAS_BYTES(text, constant, size)                                                                \
	({                                                                                                     \
		_Static_assert(sizeof(text) >= sizeof("" constant), "the array has no room for the constant"); \
		__alignof__(text) % sizeof(__u64) || sizeof(text) % sizeof(__u64) ?                            \
			bpflock_has_bytes((text), (constant), (size)) :                                        \
			bpflock_has_words((const __u64 *)(text), (constant), (size));                          \
	})

/*
 * Is the text in this char array the constant, or does it begin with it? The array must have room for the constant with
 * its NUL, and every byte of it must be written, for example by a helper that copies a string. An array that is aligned
 * to 8, and has a multiple of 8 bytes, is compared by eight bytes at a time. No loop and no map is left for the
 * verifier.
 *
 * A char array inside a structure of the kernel (task->comm) must be copied first: the verifier admits only single
 * bytes.
 */
#define bpflock_string_is(text, constant) BPFLOCK_HAS_BYTES(text, constant, sizeof(constant))
#define bpflock_string_starts_with(text, constant) BPFLOCK_HAS_BYTES(text, constant, sizeof(constant) - 1)

#endif
