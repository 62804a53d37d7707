/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_UTIL_EMBED_H
#define BPFLOCK_UTIL_EMBED_H

/*
 * Embeds a file, which the assembler finds in its include path (-Wa,-IDIR), from the symbol `name` to `name`_end.
 *
 * The symbols are hidden, so that their addresses need no entry of the global offset table. clang 14 for arm64 refers to
 * such an entry by section and offset; lld then makes one for the section only, and another address is loaded.
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
