/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "loader/kept_maps.h"
#include "loader/loader.h"
#include "loader/pinned_map.h"
#include "util/clock.h"
#include "util/memory.h"

static const struct pinned_map state_map = {
	.name = "state",
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct bpflock_state),
	.entries = 1,
	.flags = BPF_F_MMAPABLE,
};
static const struct pinned_map stats_map = {
	.name = "stats",
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct bpflock_stats),
	.entries = 1,
};
static const struct pinned_map counters_map = {
	.name = "counters",
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct bpflock_counters),
	.entries = 1,
	.flags = BPF_F_MMAPABLE,
};
static const struct pinned_map grants_map = {
	.name = "grants",
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct bpflock_grants),
	.entries = 1,
	.flags = BPF_F_MMAPABLE,
};
static const struct pinned_map delivery_map = {
	.name = "delivery",
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct delivery_state),
	.entries = 1,
	.flags = BPF_F_MMAPABLE,
};

/* NULL and errno on failure. */
static void *map_memory(int fd, size_t size, int protection)
{
	void *memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int map_shared(struct plugin_state *state)
{
	state->shared = map_memory(state->map, sizeof(*state->shared), PROT_READ | PROT_WRITE);
	if (!state->shared)
		return -errno;
	state->delivery = map_memory(state->delivery_map, sizeof(*state->delivery), PROT_READ | PROT_WRITE);
	if (!state->delivery)
		return -errno;
	if (!state->delivery->reported_at)
		state->delivery->reported_at = clock_since_boot();
	if (state->counters_map < 0)
		return 0;
	state->counters = map_memory(state->counters_map, sizeof(*state->counters), PROT_READ);
	if (!state->counters)
		return -errno;
	state->kernel_grants = map_memory(state->grants_map, sizeof(*state->kernel_grants), PROT_READ | PROT_WRITE);
	if (!state->kernel_grants)
		return -errno;
	state->grants = xcalloc(1, sizeof(*state->grants));
	*state->grants = *state->kernel_grants;
	return 0;
}

int plugin_state_open(const struct plugin *plugin, struct plugin_state **ret)
{
	CLEANUP(cleanup_free) char *directory = pins_plugin_path(plugin->name);
	struct plugin_state *state = xcalloc(1, sizeof(*state));
	int error;

	*state = (struct plugin_state){ .references = 1, .counters_map = -1, .grants_map = -1 };
	state->map = pinned_map_open(directory, &state_map);
	state->stats_map = pinned_map_open(directory, &stats_map);
	state->delivery_map = pinned_map_open(directory, &delivery_map);
	if (plugin_is_enforcer(plugin)) {
		state->counters_map = pinned_map_open(directory, &counters_map);
		state->grants_map = pinned_map_open(directory, &grants_map);
	}
	if (state->map < 0)
		error = state->map;
	else if (state->stats_map < 0)
		error = state->stats_map;
	else if (state->delivery_map < 0)
		error = state->delivery_map;
	else if (plugin_is_enforcer(plugin) && state->counters_map < 0)
		error = state->counters_map;
	else if (plugin_is_enforcer(plugin) && state->grants_map < 0)
		error = state->grants_map;
	else
		error = map_shared(state);
	if (error)
		plugin_state_release(state);
	else
		*ret = state;
	return error;
}

char *plugin_state_stale_pin(const struct plugin *plugin)
{
	static const struct pinned_map *const kinds[] = { &state_map, &stats_map, &delivery_map, &counters_map,
							  &grants_map };
	CLEANUP(cleanup_free) char *directory = pins_plugin_path(plugin->name);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *path = xasprintf("%s/%s", directory, kinds[i]->name);
		CLEANUP(cleanup_close) int fd = pinned_map_check(path, kinds[i]);

		if (fd == -EPERM)
			return path;
		free(path);
	}
	return NULL;
}

/* Its maps, in the order in which they are pinned; the last two are there for enforcers only. */
struct state_map {
	int fd;
	const struct pinned_map *kind;
};

#define STATE_MAPS 5

static size_t list_maps(const struct plugin_state *state, struct state_map ret[STATE_MAPS])
{
	const struct state_map maps[] = {
		{ state->map, &state_map },
		{ state->stats_map, &stats_map },
		{ state->delivery_map, &delivery_map },
		{ state->counters_map, &counters_map },
		{ state->grants_map, &grants_map },
	};

	memcpy(ret, maps, sizeof(maps));
	return state->counters_map < 0 ? STATE_MAPS - 2 : STATE_MAPS;
}

int plugin_state_pin(const struct plugin_state *state, const char *plugin)
{
	CLEANUP(cleanup_free) char *directory = pins_plugin_path(plugin);
	struct state_map maps[STATE_MAPS];
	size_t count = list_maps(state, maps);
	int error = 0;

	for (size_t i = 0; !error && i < count; i++)
		error = pinned_map_pin(maps[i].fd, directory, maps[i].kind->name);
	return error ? error : kept_maps_pin(state, directory);
}

char *plugin_state_lost_pin(const struct plugin_state *state, const char *plugin)
{
	CLEANUP(cleanup_free) char *directory = pins_plugin_path(plugin);
	struct state_map maps[STATE_MAPS];
	size_t count = list_maps(state, maps);
	char *lost = NULL;

	for (size_t i = 0; !lost && i < count; i++)
		lost = pinned_map_lost(maps[i].fd, directory, maps[i].kind);
	return lost ? lost : kept_maps_lost_pin(state, directory);
}

struct plugin_state *plugin_state_hold(struct plugin_state *state)
{
	assert(state->references > 0);
	state->references++;
	return state;
}

void plugin_state_release(struct plugin_state *state)
{
	if (!state)
		return;
	assert(state->references > 0);
	if (--state->references > 0)
		return;
	if (state->shared)
		munmap(state->shared, sizeof(*state->shared));
	if (state->delivery)
		munmap(state->delivery, sizeof(*state->delivery));
	if (state->counters)
		munmap((void *)(uintptr_t)state->counters, sizeof(*state->counters));
	if (state->kernel_grants)
		munmap(state->kernel_grants, sizeof(*state->kernel_grants));
	free(state->grants);
	cleanup_close(&state->map);
	cleanup_close(&state->stats_map);
	cleanup_close(&state->counters_map);
	cleanup_close(&state->grants_map);
	cleanup_close(&state->delivery_map);
	kept_maps_close(state);
	free(state);
}

__u64 plugin_state_decisions(const struct plugin_state *state, __u32 operation, __u32 verdict)
{
	const struct bpflock_counters *counters = state->counters;
	__u64 total = 0;

	for (size_t i = 0; counters && i < BPFLOCK_COUNTER_STRIPES; i++) {
		const __u64 *count = &counters->beyond[i][verdict];

		if (operation < BPFLOCK_OPERATIONS_MAX)
			count = &counters->decisions[i][operation][verdict];
		total += __atomic_load_n(count, __ATOMIC_RELAXED);
	}
	return total;
}

struct bpflock_stats *plugin_state_cpu_stats(const struct plugin_state *state, size_t *ret_cpus)
{
	int cpus = libbpf_num_possible_cpus();
	struct bpflock_stats *stats;
	__u32 first = 0;

	*ret_cpus = cpus < 0 ? 0 : (size_t)cpus;
	stats = xcalloc(*ret_cpus, sizeof(*stats));
	(void)bpf_map_lookup_elem(state->stats_map, &first, stats);
	return stats;
}

struct bpflock_stats plugin_state_stats(const struct plugin_state *state)
{
	size_t cpus;
	CLEANUP(cleanup_free) struct bpflock_stats *stats = plugin_state_cpu_stats(state, &cpus);
	struct bpflock_stats sum = { 0 };

	for (size_t i = 0; i < cpus; i++) {
		sum.records += stats[i].records;
		sum.lost += stats[i].lost;
		if (stats[i].lost_at > sum.lost_at)
			sum.lost_at = stats[i].lost_at;
	}
	return sum;
}
