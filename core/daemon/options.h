/* SPDX-License-Identifier: Apache-2.0 */
/* The options that the core itself declares: its own section's, and those of every plugin's section. */
#ifndef BPFLOCK_DAEMON_OPTIONS_H
#define BPFLOCK_DAEMON_OPTIONS_H

#include <bpflock/plugin.h>

/* Of [bpflock]. */
extern const struct bpflock_table core_options;

/* Of every plugin's section; an enforcer is required unless told otherwise. */
extern const struct bpflock_table observer_options;
extern const struct bpflock_table enforcer_options;

/* Values of on_exit. */
#define ON_EXIT_UNLOAD 0
#define ON_EXIT_KEEP 1

#endif
