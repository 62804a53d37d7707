/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/pinned_map.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/memory.h"

static int check_map(int fd, const struct pinned_map *kind)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return -EPERM; /* a program or a link */
	if (info.type != kind->type || info.key_size != kind->key_size || info.value_size != kind->value_size ||
	    info.map_flags != kind->flags)
		return -EPERM;
	if (kind->map_name && strcmp(info.name, kind->map_name) != 0)
		return -EPERM;
	return kind->entries && info.max_entries != kind->entries ? -EPERM : 0;
}

int pinned_map_check(const char *path, const struct pinned_map *kind)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return errno == EPERM ? -EACCES : -errno;
	if (check_map(fd, kind) < 0) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/* What all kinds of BPF objects tell first. Maps and links are numbered apart: the third member tells them apart. */
struct identity {
	__u32 type;
	__u32 id;
	__u32 key_size_or_program;
};

static int identify(int fd, struct identity *ret)
{
	__u32 size = sizeof(*ret);

	*ret = (struct identity){ 0 };
	return bpf_obj_get_info_by_fd(fd, ret, &size);
}

bool pinned_is(const char *path, int fd)
{
	CLEANUP(cleanup_close) int pinned = bpf_obj_get(path);
	struct identity found, expected;

	return pinned >= 0 && identify(pinned, &found) == 0 && identify(fd, &expected) == 0 &&
	       memcmp(&found, &expected, sizeof(found)) == 0;
}

char *pinned_map_lost(int fd, const char *directory, const struct pinned_map *kind)
{
	char *path = xasprintf("%s/%s", directory, kind->name);

	if (!pinned_is(path, fd))
		return path;
	free(path);
	return NULL;
}

__u32 pinned_map_id(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

int pinned_map_open(const char *directory, const struct pinned_map *kind)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = kind->flags);
	CLEANUP(cleanup_free) char *path = xasprintf("%s/%s", directory, kind->name);
	CLEANUP(cleanup_free)
	char *name = kind->map_name ? xstrdup(kind->map_name) : xasprintf("bpflock_%.7s", kind->name);
	int fd = pinned_map_check(path, kind);

	if (fd != -ENOENT)
		return fd;
	fd = bpf_map_create(kind->type, name, kind->key_size, kind->value_size, kind->entries, &opts);
	return fd < 0 ? -errno : fd;
}

int pinned_map_pin(int fd, const char *directory, const char *name)
{
	CLEANUP(cleanup_free) char *path = xasprintf("%s/%s", directory, name);
	int error = bpf_obj_pin(fd, path) < 0 ? -errno : 0;

	return error == -EEXIST && pinned_is(path, fd) ? 0 : error;
}
