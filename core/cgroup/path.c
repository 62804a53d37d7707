/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "util/memory.h"

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

static bool is_unit(const char *name, size_t length)
{
	static const char *const suffixes[] = { ".service", ".scope" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix && strncmp(name + length - suffix, suffixes[i], suffix) == 0)
			return true;
	}
	return false;
}

void cgroup_unit_of(const char *path, char ret[CGROUP_UNIT_SIZE])
{
	ret[0] = '\0';
	for (const char *name = path; *name; name += strcspn(name, "/")) {
		size_t length = strcspn(++name, "/");

		if (is_unit(name, length) && length < CGROUP_UNIT_SIZE)
			snprintf(ret, CGROUP_UNIT_SIZE, "%.*s", (int)length, name);
	}
}
