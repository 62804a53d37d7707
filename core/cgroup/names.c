/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cgroup/cgroup.h"
#include "util/clock.h"
#include "util/memory.h"

#define REMEMBERED 256

/* Cgroups may come and go faster than they can be found. Then the daemon has better things to do. */
#define BUDGET_MAX (NANOSECONDS / 5)
#define BUDGET_SHARE 20

/**
 * struct cgroup_names - the names that are remembered
 * @items:  by the last bits of their ids; one with the id 0 is unused. A cgroup that was not found has no names.
 * @budget: how long may be searched, in nanoseconds
 * @since:  when @budget was right, in nanoseconds since boot
 */
struct cgroup_names {
	char *root;
	struct cgroup_name items[REMEMBERED];
	__s64 budget;
	__u64 since;
};

struct cgroup_names *cgroup_names_open(const char *root)
{
	struct cgroup_names *names = xcalloc(1, sizeof(*names));

	names->root = xstrdup(root);
	names->budget = BUDGET_MAX;
	names->since = clock_since_boot();
	return names;
}

static void forget(struct cgroup_name *name)
{
	free(name->unit);
	free(name->container);
	*name = (struct cgroup_name){ 0 };
}

static void read_name(struct cgroup_names *names, struct cgroup_name *name, __u64 id)
{
	CLEANUP(cleanup_free) char *path = cgroup_path_of(names->root, id);
	char unit[CGROUP_UNIT_SIZE] = "", container[CGROUP_CONTAINER_SIZE] = "";

	if (path) {
		cgroup_unit_of(path, unit);
		cgroup_container_of(path, container);
	}
	*name = (struct cgroup_name){ .id = id, .unit = xstrdup(unit), .container = xstrdup(container) };
}

static void spend(struct cgroup_names *names, __u64 begun)
{
	__u64 now = clock_since_boot();

	names->budget -= (__s64)(now - begun);
	names->since = now;
}

static bool may_search(struct cgroup_names *names, __u64 now)
{
	names->budget += (__s64)((now - names->since) / BUDGET_SHARE);
	if (names->budget > (__s64)BUDGET_MAX)
		names->budget = BUDGET_MAX;
	names->since = now;
	return names->budget > 0;
}

const struct cgroup_name *cgroup_names_find(struct cgroup_names *names, __u64 id)
{
	struct cgroup_name *name = &names->items[id % REMEMBERED];
	__u64 now;

	if (!id)
		return NULL;
	if (name->id == id)
		return name;
	now = clock_since_boot();
	if (!may_search(names, now))
		return NULL;
	forget(name);
	read_name(names, name, id);
	spend(names, now);
	return name;
}

struct cgroup_names *cgroup_names_close(struct cgroup_names *names)
{
	if (!names)
		return NULL;
	for (size_t i = 0; i < REMEMBERED; i++)
		forget(&names->items[i]);
	free(names->root);
	free(names);
	return NULL;
}
