/* SPDX-License-Identifier: Apache-2.0 */
/* The set of protected objects. The id of a removed object does no harm: ids are not reused until the counter wraps. */
#include <bpf/bpf.h>
#include <errno.h>

#include "loader/loader.h"
#include "loader/pinned_map.h"
#include "util/memory.h"

static __u32 program_id(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

static __u32 link_id(int fd)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

static const struct {
	__u32 (*id)(int fd);
	int (*get_fd)(__u32 id);
} kinds[] = {
	[BPFLOCK_PROTECTED_MAP] = { pinned_map_id, bpf_map_get_fd_by_id },
	[BPFLOCK_PROTECTED_PROGRAM] = { program_id, bpf_prog_get_fd_by_id },
	[BPFLOCK_PROTECTED_LINK] = { link_id, bpf_link_get_fd_by_id },
};

__u32 protected_id(__u32 kind, int fd)
{
	return kinds[kind].id(fd);
}

int protected_add(int protected, __u32 kind, int fd)
{
	const struct bpflock_protected_object object = { .kind = kind, .id = kinds[kind].id(fd) };
	const __u8 present = 1;

	if (!object.id)
		return -errno;
	return bpf_map_update_elem(protected, &object, &present, BPF_ANY) < 0 ? -errno : 0;
}

void protected_remove(int protected, __u32 kind, int fd)
{
	const struct bpflock_protected_object object = { .kind = kind, .id = kinds[kind].id(fd) };

	(void)bpf_map_delete_elem(protected, &object);
}

bool protected_has(int protected, __u32 kind, __u32 id)
{
	const struct bpflock_protected_object object = { .kind = kind, .id = id };
	__u8 present;

	return bpf_map_lookup_elem(protected, &object, &present) == 0;
}

static bool is_gone(const struct bpflock_protected_object *object)
{
	CLEANUP(cleanup_close) int fd = -1;

	if (object->kind < BPFLOCK_PROTECTED_MAP || object->kind >= ARRAY_SIZE(kinds))
		return true;
	fd = kinds[object->kind].get_fd(object->id);
	return fd < 0 && errno == ENOENT;
}

void protected_sweep(int protected)
{
	CLEANUP(cleanup_free) struct bpflock_protected_object *gone = NULL;
	struct bpflock_protected_object object, *previous = NULL;
	size_t count = 0;

	while (bpf_map_get_next_key(protected, previous, &object) == 0) {
		previous = &object;
		if (!is_gone(&object))
			continue;
		gone = xreallocarray(gone, count + 1, sizeof(*gone));
		gone[count++] = object;
	}
	/* Not within the loop above: after a deleted key, bpf_map_get_next_key() starts again with the first one. */
	for (size_t i = 0; i < count; i++)
		(void)bpf_map_delete_elem(protected, &gone[i]);
}
