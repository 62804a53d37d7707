/* SPDX-License-Identifier: Apache-2.0 */
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
