/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_PLUGIN_TRUST_H
#define BPFLOCK_PLUGIN_TRUST_H

/*
 * May code from this file run as the daemon? A regular file, not a symbolic link; it and every
 * directory above it belong to root or to the daemon's own user, and nobody else may write to them.
 * A sticky directory is no exception: whoever may create a file in it may win a race.
 *
 * Returns 0, or a negative errno with *ret_reason set to a text naming the path at fault (to be freed).
 */
int trust_file(const char *path, char **ret_reason);

/* The same for a directory. */
int trust_directory(const char *path, char **ret_reason);

#endif
