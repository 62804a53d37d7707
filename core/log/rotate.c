/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "log/sink.h"

static int name_at(const char *path, __u64 number, char ret[PATH_MAX])
{
	int length = snprintf(ret, PATH_MAX, "%s.%" PRIu64, path, (uint64_t)number);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* A missing file is not an error. */
static int shift(const char *path, __u64 number)
{
	char from[PATH_MAX], to[PATH_MAX];
	int error = name_at(path, number, from);

	if (!error)
		error = name_at(path, number + 1, to);
	if (!error && rename(from, to) < 0 && errno != ENOENT)
		error = -errno;
	return error;
}

static int shift_all(const char *path, __u64 keep)
{
	int error = 0;

	for (__u64 number = keep; !error && number > 0; number--)
		error = shift(path, number - 1);
	return error;
}

/*
 * PATH itself is renamed first, to PATH.0. This may fail (a read-only directory, an append-only file). If the other
 * files were renamed before, each new attempt would shift them once more. A PATH.0 that exists already was left by a
 * daemon that was killed in between.
 */
int log_rotate(const char *path, __u64 keep)
{
	char first[PATH_MAX];
	int error = name_at(path, 0, first);

	if (error < 0)
		return error;
	if (!keep)
		return unlink(path) < 0 ? -errno : 0;
	if (access(first, F_OK) == 0)
		error = shift_all(path, keep);
	if (error < 0)
		return error;
	if (rename(path, first) < 0)
		return -errno;
	error = shift_all(path, keep);
	if (error < 0)
		rename(first, path);
	return error;
}
