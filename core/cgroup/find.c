/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "util/memory.h"

/* Deeper than the kernel lets anybody nest by default (cgroup.max.depth is unlimited, memory is not). */
#define DEPTH_MAX 64

static void cleanup_closedir(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* On a 64-bit kernel the inode number is the id. Returns the path below the directory, with its slash. */
static char *find(int parent, const char *name, __u64 id, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(cleanup_closedir) DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !directory)
		close(fd);
	for (const struct dirent *entry; directory && (entry = readdir(directory));) {
		CLEANUP(cleanup_free) char *below = NULL;

		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_ino == id)
			return xasprintf("/%s", entry->d_name);
		below = depth < DEPTH_MAX ? find(fd, entry->d_name, id, depth + 1) : NULL;
		if (below)
			return xasprintf("/%s%s", entry->d_name, below);
	}
	return NULL;
}

char *cgroup_path_of(const char *root, __u64 id)
{
	struct stat status;

	if (stat(root, &status) == 0 && status.st_ino == id)
		return xstrdup("/");
	return find(AT_FDCWD, root, id, 0);
}
