/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about files and mounts that several modules ask. */
#ifndef BPFLOCK_UTIL_FILESYSTEM_H
#define BPFLOCK_UTIL_FILESYSTEM_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Whether the path is on a file system of this kind: a number of <linux/magic.h>. */
static inline bool filesystem_is(const char *path, unsigned int magic)
{
	struct statfs status;

	return statfs(path, &status) == 0 && (unsigned int)status.f_type == magic;
}

/* Whether neither root nor this user owns the file. */
static inline bool file_is_of_another_user(const struct stat *status)
{
	return status->st_uid != 0 && status->st_uid != geteuid();
}

static inline bool file_is_writable_by_others(const struct stat *status)
{
	return status->st_mode & (S_IWGRP | S_IWOTH);
}

#endif
