/* SPDX-License-Identifier: Apache-2.0 */
#include "util/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/memory.h"

int process_start_time(pid_t pid, __u64 *ret)
{
	CLEANUP(cleanup_free) char *path = xasprintf("/proc/%d/stat", pid);
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char line[1024] = "";
	const char *behind_name;
	unsigned long long started;
	char state;

	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		return -errno;
	/* The name is in parentheses, and may contain some. The start is field 22; the one behind the name is field 3. */
	behind_name = strrchr(line, ')');
	if (!behind_name ||
	    sscanf(behind_name + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &state, &started) != 2)
		return -EPROTO;
	if (state == 'Z' || state == 'X')
		return -ESRCH;
	*ret = started;
	return 0;
}
