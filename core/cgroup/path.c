/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
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

static bool is_id(const char *text, size_t length)
{
	size_t digits = 0;

	while (digits < length && isxdigit((unsigned char)text[digits]))
		digits++;
	return digits == length && length == CGROUP_CONTAINER_SIZE - 1;
}

/* "docker-ID.scope" and the like. Returns the id, or NULL. */
static const char *id_of_scope(const char *name, size_t length)
{
	static const char *const engines[] = { "docker-", "libpod-", "cri-containerd-", "crio-" };

	if (!ends_in(name, length, ".scope"))
		return NULL;
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		size_t prefix = strlen(engines[i]);

		if (strncmp(name, engines[i], prefix) == 0 && is_id(name + prefix, length - prefix - strlen(".scope")))
			return name + prefix;
	}
	return NULL;
}

/* Without systemd: "/docker/ID", "/libpod_parent/libpod-ID", "/kubepods/…/ID". Returns the id, or NULL. */
static const char *id_below_engine(const char *path)
{
	static const char pod[] = "libpod-";
	bool kubernetes = strncmp(path, "/kubepods/", 10) == 0;

	if (!kubernetes && strncmp(path, "/docker/", 8) != 0 && strncmp(path, "/libpod_parent/", 15) != 0)
		return NULL;
	for (path = strchr(path + 1, '/'); path; path = kubernetes ? strchr(path + 1, '/') : NULL) {
		const char *name = path + 1;

		if (strncmp(name, pod, strlen(pod)) == 0)
			name += strlen(pod);
		if (is_id(name, strcspn(name, "/")))
			return name;
	}
	return NULL;
}

void cgroup_container_of(const char *path, char ret[CGROUP_CONTAINER_SIZE])
{
	const char *id = id_below_engine(path);

	for (; !id && *path == '/'; path += 1 + strcspn(path + 1, "/")) {
		size_t length = strcspn(path + 1, "/");

		id = id_of_scope(path + 1, length);
		if (!ends_in(path + 1, length, ".slice"))
			break;
	}
	snprintf(ret, CGROUP_CONTAINER_SIZE, "%.*s", CGROUP_CONTAINER_SIZE - 1, id ? id : "");
}
