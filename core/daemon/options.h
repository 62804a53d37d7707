/* SPDX-License-Identifier: Apache-2.0 */
/* The options that the core declares: those of [bpflock], and those that it adds to every plugin's section. */
#ifndef BPFLOCK_DAEMON_OPTIONS_H
#define BPFLOCK_DAEMON_OPTIONS_H

#include <bpflock/plugin.h>

/* Options of [bpflock]. */
extern const struct bpflock_table core_options;

/* Options of every plugin's section. The default of `required` is yes for enforcers and no for observers. */
extern const struct bpflock_table observer_options;
extern const struct bpflock_table enforcer_options;

/* Values of on_exit. */
#define ON_EXIT_UNLOAD 0
#define ON_EXIT_KEEP 1

#endif
