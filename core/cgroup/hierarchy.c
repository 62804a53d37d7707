/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/magic.h>
#include <mntent.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup/cgroup.h"
#include "util/filesystem.h"
#include "util/memory.h"

static void cleanup_endmntent(FILE **stream)
{
	if (*stream)
		endmntent(*stream);
}

char *cgroup_root(const char *mounts)
{
	CLEANUP(cleanup_endmntent) FILE *stream = NULL;
	char buffer[4096];
	struct mntent entry;

	if (filesystem_is(CGROUP_ROOT, CGROUP2_SUPER_MAGIC))
		return xstrdup(CGROUP_ROOT);
	stream = setmntent(mounts, "re");
	while (stream && getmntent_r(stream, &entry, buffer, sizeof(buffer)))
		if (strcmp(entry.mnt_type, "cgroup2") == 0)
			return xstrdup(entry.mnt_dir);
	return NULL;
}

int cgroup_id(const char *root, const char *path, __u64 *ret)
{
	CLEANUP(cleanup_free) char *directory = xasprintf("%s%s", root, path);
	struct stat root_status;
	struct stat status;

	if (stat(root, &root_status) < 0 || stat(directory, &status) < 0)
		return -errno;
	/* A file of the hierarchy is not a cgroup, and what is mounted above a cgroup is another directory. */
	if (!S_ISDIR(status.st_mode))
		return -ENOTDIR;
	if (status.st_dev != root_status.st_dev)
		return -EXDEV;
	/* On a 64-bit kernel the inode number is the id that bpf_get_current_cgroup_id() returns. */
	*ret = status.st_ino;
	return 0;
}
