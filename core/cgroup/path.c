/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cgroup/cgroup.h"

/* Not "." or "..". Only the last component may be empty, after a slash at the end. */
static bool is_component(const char *text)
{
	size_t length = strcspn(text, "/");

	if (length == 0)
		return !*text;
	return length > 2 || strncmp(text, "..", length) != 0;
}

bool cgroup_is_path(const char *text)
{
	if (text[0] != '/')
		return false;
	for (const char *slash = text; slash; slash = strchr(slash + 1, '/'))
		if (!is_component(slash + 1))
			return false;
	return true;
}

static bool ends_in(const char *name, size_t length, const char *suffix)
{
	size_t end = strlen(suffix);

	return length > end && strncmp(name + length - end, suffix, end) == 0;
}

void cgroup_unit_of(const char *path, char ret[CGROUP_UNIT_SIZE])
{
	ret[0] = '\0';
	while (*path == '/') {
		const char *name = path + 1;
		size_t length = strcspn(name, "/");
		bool unit = ends_in(name, length, ".service") || ends_in(name, length, ".scope");

		if (unit && length < CGROUP_UNIT_SIZE)
			snprintf(ret, CGROUP_UNIT_SIZE, "%.*s", (int)length, name);
		if (!ends_in(name, length, ".slice"))
			return;
		path = name + length;
	}
}
