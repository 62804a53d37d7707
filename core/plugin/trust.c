/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/trust.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "util/filesystem.h"
#include "util/memory.h"

static int refuse(int error, char **ret_reason, char *reason)
{
	*ret_reason = reason;
	return error;
}

static int trust_owner_and_mode(const char *path, const struct stat *status, char **ret_reason)
{
	if (file_is_of_another_user(status))
		return refuse(-EPERM, ret_reason,
			      xasprintf("%s belongs to user %u, not to root", path, status->st_uid));
	if (file_is_writable_by_others(status))
		return refuse(-EPERM, ret_reason,
			      xasprintf("%s is writable by its group or by others (mode %04o)", path,
					status->st_mode & 07777));
	return 0;
}

static int trust_path(const char *path, char **ret_reason)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return refuse(-errno, ret_reason, xasprintf("%s: %s", path, strerror(errno)));
	return trust_owner_and_mode(path, &status, ret_reason);
}

/* Checks "/" and each directory down to `path`, which is absolute and resolved. */
static int trust_each_directory(char *path, char **ret_reason)
{
	int error = trust_path("/", ret_reason);

	for (char *slash = strchr(path + 1, '/'); !error && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		error = trust_path(path, ret_reason);
		*slash = '/';
	}
	return error ? error : trust_path(path, ret_reason);
}

static int resolve(const char *path, char **ret, char **ret_reason)
{
	*ret = realpath(path, NULL);
	return *ret ? 0 : refuse(-errno, ret_reason, xasprintf("%s: %s", path, strerror(errno)));
}

int trust_directory(const char *path, char **ret_path, char **ret_reason)
{
	int error = resolve(path, ret_path, ret_reason);

	return *ret_path ? trust_each_directory(*ret_path, ret_reason) : error;
}

int trust_file(const char *path, char **ret_path, char **ret_reason)
{
	struct stat status;
	int error;

	if (lstat(path, &status) < 0)
		return refuse(-errno, ret_reason, xasprintf("%s: %s", path, strerror(errno)));
	if (S_ISLNK(status.st_mode))
		return refuse(-ELOOP, ret_reason, xasprintf("%s is a symbolic link", path));
	if (!S_ISREG(status.st_mode))
		return refuse(-EINVAL, ret_reason, xasprintf("%s is not a regular file", path));
	error = resolve(path, ret_path, ret_reason);
	return *ret_path ? trust_each_directory(*ret_path, ret_reason) : error;
}
