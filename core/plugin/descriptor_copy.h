/* SPDX-License-Identifier: Apache-2.0 */
/* Copying the descriptor that a plugin exports. Private to the plugin module. */
#ifndef BPFLOCK_PLUGIN_DESCRIPTOR_COPY_H
#define BPFLOCK_PLUGIN_DESCRIPTOR_COPY_H

#include <bpflock/plugin.h>

/*
 * Copies a descriptor of any minor version to the core's layout, with all its tables. Returns 0, or -EINVAL with
 * *ret_reason (to be freed). Release the copy in both cases.
 */
int descriptor_copy(const struct bpflock_plugin *exported, struct bpflock_plugin *copy, char **ret_reason);
void descriptor_release(struct bpflock_plugin *descriptor);

/* Sets *ret_reason to this text (to be freed), and returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int refuse(char **ret_reason, const char *format, ...);

#endif
