/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "util/memory.h"

static bool is_slice(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_type == DT_DIR && dot && strcmp(dot, ".slice") == 0;
}

static void visit_slice(const char *root, const char *slice, void (*visit)(void *context, const char *slice),
			void *context)
{
	CLEANUP(cleanup_free) char *directory = xasprintf("%s%s", root, slice);
	struct dirent *entry;
	DIR *stream;

	visit(context, slice);
	stream = opendir(directory);
	while (stream && (entry = readdir(stream))) {
		CLEANUP(cleanup_free) char *below = NULL;

		if (!is_slice(entry))
			continue;
		below = xasprintf("%s/%s", slice, entry->d_name);
		visit_slice(root, below, visit, context);
	}
	if (stream)
		closedir(stream);
}

void cgroup_each_slice(const char *root, void (*visit)(void *context, const char *slice), void *context)
{
	visit_slice(root, "", visit, context);
}

struct unit_search {
	const char *root;
	const char *unit;
	__u64 id;
	size_t found;
};

static void search_slice(void *context, const char *slice)
{
	struct unit_search *search = context;
	CLEANUP(cleanup_free) char *path = xasprintf("%s/%s", slice, search->unit);

	if (cgroup_id(search->root, path, &search->id) == 0)
		search->found++;
}

int cgroup_id_of_unit(const char *root, const char *unit, __u64 *ret)
{
	struct unit_search search = { .root = root, .unit = unit };

	cgroup_each_slice(root, search_slice, &search);
	*ret = search.id;
	return search.found == 1 ? 0 : search.found ? -ENOTUNIQ : -ENOENT;
}
