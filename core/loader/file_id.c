/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device and inode numbers of a file as its inode in the kernel has them. stat(2) gives others for files in
 * overlayfs (its getattr() may answer with those of a layer) and in subvolumes of btrfs. The kernel shows its own in
 * /proc/PID/fdinfo ("ino", since Linux 5.14) and in /proc/PID/mountinfo (i_sb->s_dev).
 */
#include "loader/file_id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/memory.h"

/* As MKDEV() of linux/kdev_t.h. */
__u64 kernel_device(dev_t device)
{
	return (__u64)major(device) << 20 | minor(device);
}

/* Leaves *inode as it is on kernels that do not show it. Returns 0 or a negative errno. */
static int read_fdinfo(int fd, int *ret_mount, __u64 *inode)
{
	CLEANUP(cleanup_free) char *path = xasprintf("/proc/self/fdinfo/%d", fd);
	char line[128];
	FILE *file = fopen(path, "re");

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		(void)sscanf(line, "mnt_id: %d", ret_mount);
		(void)sscanf(line, "ino: %llu", inode);
	}
	fclose(file);
	return *ret_mount < 0 ? -ENODATA : 0;
}

/* Returns 0 or a negative errno. */
static int device_of_mount(int mount, __u64 *ret)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	CLEANUP(cleanup_free) char *line = NULL;
	unsigned int major_number, minor_number;
	int error = -ENOENT, number;
	size_t size = 0;

	if (!file)
		return -errno;
	while (error && getline(&line, &size, file) > 0) {
		if (sscanf(line, "%d %*d %u:%u", &number, &major_number, &minor_number) != 3 || number != mount)
			continue;
		*ret = kernel_device(makedev(major_number, minor_number));
		error = 0;
	}
	fclose(file);
	return error;
}

int file_id(const char *path, struct bpflock_file_id *ret)
{
	CLEANUP(cleanup_close) int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat status;
	int mount = -1, error;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	*ret = (struct bpflock_file_id){ .inode = status.st_ino };
	error = read_fdinfo(fd, &mount, &ret->inode);
	return error ? error : device_of_mount(mount, &ret->device);
}
