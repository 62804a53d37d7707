/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_LOADER_FILE_ID_H
#define BPFLOCK_LOADER_FILE_ID_H

#include <bpflock/set.h>
#include <sys/types.h>

/* A device number as in the kernel's own structures (MKDEV in include/linux/kdev_t.h). */
__u64 kernel_device(dev_t device);

/* What the kernel calls the file or directory at this path. Returns 0 or a negative errno. */
int file_id(const char *path, struct bpflock_file_id *ret);

#endif
