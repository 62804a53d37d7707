/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/memory.h"

/* A guard reads at most this many bytes of a new process's arguments and environment. */
#define STRINGS_MAX 4096

/* The name (to be freed) of an environment variable by which the dynamic linker loads other code; or NULL. */
static char *variable_for_linker(void)
{
	for (char **variable = environ; *variable; variable++)
		if (strncmp(*variable, "LD_", 3) == 0 || strncmp(*variable, "GLIBC_", 6) == 0)
			return xstrndup(*variable, strcspn(*variable, "="));
	return NULL;
}

static size_t size_of_file(const char *path)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char bytes[STRINGS_MAX + 1];
	size_t size = 0;
	ssize_t length;

	if (fd < 0)
		return 0;
	while (size <= STRINGS_MAX && (length = read(fd, bytes, sizeof(bytes))) > 0)
		size += (size_t)length;
	return size;
}

/* Names the cause, as far as this process can find it. */
static void add_remedy(struct report_item *item)
{
	CLEANUP(cleanup_free) char *variable = variable_for_linker();

	if (variable)
		report_remedy(item,
			      "start it without %s in its environment: a process with preloaded code is not "
			      "recognized as bpflock",
			      variable);
	else if (size_of_file("/proc/self/cmdline") + size_of_file("/proc/self/environ") > STRINGS_MAX)
		report_remedy(item,
			      "start it with less than %d bytes of arguments and environment (env -i): the "
			      "guard does not search more for preloaded code",
			      STRINGS_MAX);
	else
		report_remedy(item, "as root in the initial pid namespace, start the bpflock binary in the directory "
				    "of the one that made the pins; or reboot");
}

int guarded_report(const char *path, struct report *report)
{
	add_remedy(report_add(report, REPORT_ERROR, "pins_failed", path,
			      "is guarded: this process is not recognized as bpflock"));
	return -EACCES;
}
