/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cgroup.h"

#include <errno.h>
#include <mntent.h>
#include <string.h>
#include <sys/stat.h>

#include "util/memory.h"

static void cleanup_endmntent(FILE **stream)
{
	if (*stream)
		endmntent(*stream);
}

static char *find_mount(const char *mounts)
{
	CLEANUP(cleanup_endmntent) FILE *stream = setmntent(mounts, "re");
	char buffer[4096];
	struct mntent entry;

	while (stream && getmntent_r(stream, &entry, buffer, sizeof(buffer)))
		if (strcmp(entry.mnt_type, "cgroup2") == 0)
			return xstrdup(entry.mnt_dir);
	return NULL;
}

int config_cgroup_id(const char *mounts, const char *path, __u64 *ret, char **ret_path)
{
	CLEANUP(cleanup_free) char *root = find_mount(mounts);
	struct stat root_status;
	struct stat status;

	*ret_path = NULL;
	if (!root)
		return -ENODEV;
	*ret_path = xasprintf("%s%s", root, path);
	if (stat(root, &root_status) < 0 || stat(*ret_path, &status) < 0)
		return -errno;
	/* A ".." may lead out of the hierarchy. A file of the hierarchy is not a cgroup. */
	if (status.st_dev != root_status.st_dev || !S_ISDIR(status.st_mode))
		return -ENOENT;
	/* On a 64-bit kernel the inode number is the id that bpf_get_current_cgroup_id() returns. */
	*ret = status.st_ino;
	return 0;
}
