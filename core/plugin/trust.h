/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_PLUGIN_TRUST_H
#define BPFLOCK_PLUGIN_TRUST_H

/*
 * May code from this file run in the daemon? It must be a regular file, not a symbolic link. The file and every
 * directory above it must belong to root or to the daemon's user, and nobody else may write to them. A sticky directory
 * is no exception: somebody who may create files there could win a race.
 *
 * Returns 0 with *ret_path: the path without symbolic links (to be freed). It is to be used to open the file: in it
 * nobody else can exchange anything. Or a negative errno with *ret_reason: a text (to be freed) that names the path.
 */
int trust_file(const char *path, char **ret_path, char **ret_reason);

/* The same for a directory. */
int trust_directory(const char *path, char **ret_path, char **ret_reason);

#endif
