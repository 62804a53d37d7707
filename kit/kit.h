/* SPDX-License-Identifier: Apache-2.0 */
/* bpflock-plugin, the tool of plugin authors: one file per verb. */
#ifndef BPFLOCK_KIT_H
#define BPFLOCK_KIT_H

#include <stdbool.h>

struct kernel;

/* Each gets its own name and arguments, and returns the exit status. */
int verb_check(int argc, char **argv);
int verb_doc(int argc, char **argv);
int verb_new(int argc, char **argv);

#define KIT_REASON_SIZE 128

/*
 * Loads the BTF of a kernel, and its hooks, from a file (raw, or a kernel image), or of the running kernel where it is
 * NULL. Where there is none, this returns false, and why.
 */
bool kit_load_btf(const char *file, struct kernel *kernel, char ret_reason[KIT_REASON_SIZE]);

#endif
