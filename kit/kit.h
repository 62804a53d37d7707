/* SPDX-License-Identifier: Apache-2.0 */
/* bpflock-plugin, the tool of plugin authors: one file per verb. */
#ifndef BPFLOCK_KIT_H
#define BPFLOCK_KIT_H

/* Each gets its own name and arguments, and returns the exit status. */
int verb_check(int argc, char **argv);
int verb_doc(int argc, char **argv);
int verb_new(int argc, char **argv);

#endif
