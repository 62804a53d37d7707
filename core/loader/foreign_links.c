/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "loader/loader.h"
#include "loader/pinned_map.h"
#include "util/memory.h"

/* Far more maps than any program of bpflock uses. */
#define MAPS_MAX 64

/**
 * struct walk - the arguments of foreign_links_each()
 * @rings: the ids of this daemon's rings; 0 for none
 */
struct walk {
	__u32 rings[2];
	void (*visit)(void *context, const char *program, __u32 link);
	void *context;
};

static bool is_ring(__u32 id)
{
	CLEANUP(cleanup_close) int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == BPF_MAP_TYPE_RINGBUF &&
	       strcmp(info.name, PINNED_RING_NAME) == 0;
}

/* Does the program write to a ring of another bpflock? */
static bool is_foreign(const struct bpf_prog_info *info, const __u32 *maps, const __u32 *rings)
{
	for (__u32 i = 0; i < info->nr_map_ids && i < MAPS_MAX; i++)
		if (is_ring(maps[i]))
			return maps[i] != rings[0] && maps[i] != rings[1];
	return false;
}

static void visit_link(const struct walk *walk, __u32 link)
{
	CLEANUP(cleanup_close) int link_fd = bpf_link_get_fd_by_id(link);
	CLEANUP(cleanup_close) int program = -1;
	struct bpf_link_info link_info = { 0 };
	__u32 maps[MAPS_MAX] = { 0 };
	struct bpf_prog_info info = { .map_ids = (__u64)(uintptr_t)maps, .nr_map_ids = MAPS_MAX };
	__u32 size = sizeof(link_info);

	if (link_fd < 0 || bpf_obj_get_info_by_fd(link_fd, &link_info, &size) < 0)
		return;
	program = bpf_prog_get_fd_by_id(link_info.prog_id);
	size = sizeof(info);
	if (program >= 0 && bpf_obj_get_info_by_fd(program, &info, &size) == 0 && is_foreign(&info, maps, walk->rings))
		walk->visit(walk->context, info.name, link);
}

void foreign_links_each(const struct pins *pins, void (*visit)(void *context, const char *program, __u32 link),
			void *context)
{
	const struct walk walk = {
		.rings = { pinned_map_id(pins->ring), pinned_map_id(pins->old_ring) },
		.visit = visit,
		.context = context,
	};
	__u32 link = 0;

	while (bpf_link_get_next_id(link, &link) == 0)
		visit_link(&walk, link);
}
