/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>

#include "loader/loader.h"
#include "loader/pinned_map.h"
#include "util/clock.h"
#include "util/memory.h"

static const struct pinned_map lineage_map = {
	.name = "lineage",
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct bpflock_lineage),
	.entries = 1,
	.flags = BPF_F_MMAPABLE,
};
static const struct pinned_map account_map = {
	.name = "account",
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct bpflock_account),
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
static const struct pinned_map notes_map = {
	.name = "notes",
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct ledger_notes),
	.entries = 1,
	.flags = BPF_F_MMAPABLE,
};

/* NULL and errno on failure. */
static void *map_memory(int fd, size_t size, int protection)
{
	void *memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int map_shared(struct lineage *lineage)
{
	lineage->shared =
		map_memory(lineage->map, sizeof(*lineage->shared), PROT_READ | PROT_WRITE);
	if (!lineage->shared)
		return -errno;
	lineage->notes =
		map_memory(lineage->notes_map, sizeof(*lineage->notes), PROT_READ | PROT_WRITE);
	if (!lineage->notes)
		return -errno;
	if (!lineage->notes->told_at)
		lineage->notes->told_at = clock_since_boot();
	if (lineage->counters_map < 0)
		return 0;
	lineage->counters =
		map_memory(lineage->counters_map, sizeof(*lineage->counters), PROT_READ);
	return lineage->counters ? 0 : -errno;
}

int lineage_open(const struct plugin *plugin, struct lineage **ret)
{
	CLEANUP(cleanup_free) char *directory = pins_plugin_path(plugin->name);
	struct lineage *lineage = xcalloc(1, sizeof(*lineage));
	int error;

	*lineage = (struct lineage){ .references = 1, .counters_map = -1 };
	lineage->map = pinned_map_open(directory, &lineage_map);
	lineage->account_map = pinned_map_open(directory, &account_map);
	lineage->notes_map = pinned_map_open(directory, &notes_map);
	if (plugin_is_enforcer(plugin))
		lineage->counters_map = pinned_map_open(directory, &counters_map);
	if (lineage->map < 0)
		error = lineage->map;
	else if (lineage->account_map < 0)
		error = lineage->account_map;
	else if (lineage->notes_map < 0)
		error = lineage->notes_map;
	else if (plugin_is_enforcer(plugin) && lineage->counters_map < 0)
		error = lineage->counters_map;
	else
		error = map_shared(lineage);
	if (error)
		lineage_release(lineage);
	else
		*ret = lineage;
	return error;
}

int lineage_pin(const struct lineage *lineage, const char *plugin)
{
	CLEANUP(cleanup_free) char *directory = pins_plugin_path(plugin);
	int error = pinned_map_pin(lineage->map, directory, &lineage_map);

	if (!error)
		error = pinned_map_pin(lineage->account_map, directory, &account_map);
	if (!error)
		error = pinned_map_pin(lineage->notes_map, directory, &notes_map);
	if (!error && lineage->counters_map >= 0)
		error = pinned_map_pin(lineage->counters_map, directory, &counters_map);
	return error;
}

struct lineage *lineage_hold(struct lineage *lineage)
{
	lineage->references++;
	return lineage;
}

void lineage_release(struct lineage *lineage)
{
	if (!lineage || --lineage->references)
		return;
	if (lineage->shared)
		munmap(lineage->shared, sizeof(*lineage->shared));
	if (lineage->notes)
		munmap(lineage->notes, sizeof(*lineage->notes));
	if (lineage->counters)
		munmap((void *)(uintptr_t)lineage->counters, sizeof(*lineage->counters));
	cleanup_close(&lineage->map);
	cleanup_close(&lineage->account_map);
	cleanup_close(&lineage->counters_map);
	cleanup_close(&lineage->notes_map);
	free(lineage);
}

__u64 lineage_decisions(const struct lineage *lineage, __u32 operation, __u32 verdict)
{
	__u64 total = 0;

	for (size_t i = 0; lineage->counters && i < BPFLOCK_COUNTER_STRIPES; i++)
		total += __atomic_load_n(&lineage->counters->decisions[i][operation][verdict],
					 __ATOMIC_RELAXED);
	return total;
}

struct bpflock_account *lineage_accounts(const struct lineage *lineage, size_t *ret_cpus)
{
	int cpus = libbpf_num_possible_cpus();
	struct bpflock_account *accounts;
	__u32 first = 0;

	*ret_cpus = cpus < 0 ? 0 : (size_t)cpus;
	accounts = xcalloc(*ret_cpus, sizeof(*accounts));
	(void)bpf_map_lookup_elem(lineage->account_map, &first, accounts);
	return accounts;
}

struct bpflock_account lineage_account(const struct lineage *lineage)
{
	size_t cpus;
	CLEANUP(cleanup_free) struct bpflock_account *accounts = lineage_accounts(lineage, &cpus);
	struct bpflock_account sum = { 0 };

	for (size_t i = 0; i < cpus; i++) {
		sum.records += accounts[i].records;
		sum.lost += accounts[i].lost;
		if (accounts[i].lost_at > sum.lost_at)
			sum.lost_at = accounts[i].lost_at;
	}
	return sum;
}
