/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_UTIL_EMBED_H
#define BPFLOCK_UTIL_EMBED_H

/*
 * Embeds a file, which the assembler finds in its include path (-Wa,-IDIR), from the symbol `name` to `name`_end.
 *
 * The symbols are hidden: clang would load the address of others from the GOT, and its assembler names them there by
 * section and offset, for which linkers for arm64 make no entry.
 */
#define EMBED(name, file)                                                        \
	__asm__(".pushsection .rodata.embedded, \"a\"\n"                         \
		".balign 8\n" #name ":\n"                                        \
		".incbin \"" file "\"\n" #name "_end:\n"                         \
		".byte 0\n"                                                      \
		".popsection\n");                                                \
	extern const unsigned char name[] __attribute__((visibility("hidden"))); \
	extern const unsigned char name##_end[] __attribute__((visibility("hidden")))

#endif
