/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader room: the life cycle of a plugin's BPF object, and what is pinned of it.
 *
 *	pins		the directory on bpffs: lock, shared maps, one directory per plugin and generation
 *	store		what is pinned, kept by the service manager while no daemon runs
 *	instance	one generation of one plugin: open, load, attach, pin, record, close
 */
#ifndef BPFLOCK_LOADER_LOADER_H
#define BPFLOCK_LOADER_LOADER_H

#include <bpf/libbpf.h>
#include <bpflock/plugin.h>
#include <stdint.h>

#include "config/config.h"
#include "kernel/kernel.h"
#include "plugin/plugin.h"
#include "util/report.h"

/* Collects libbpf's own words instead of printing them; call once, before anything of libbpf. */
void libbpf_log_install(void);
/* The last warning of libbpf since the last call, or "" */
const char *libbpf_log_take(void);

/**
 * struct pins - what this daemon holds on bpffs
 * @directory: fd of PINS_ROOT, locked: only one daemon runs
 * @ring:      fd of the ring that all plugins share
 * @daemon:    fd of the task storage in which this process is marked as the daemon
 * @inherited: PINS_PATH was there before: a predecessor died, or was told to keep it
 */
struct pins {
	int directory;
	int ring;
	int daemon;
	bool inherited;
};

#define PINS_ROOT "/sys/fs/bpf/bpflock"
/* The layout of records and maps below it; a change of either needs another number. */
#define PINS_PATH PINS_ROOT "/v1"

/*
 * Takes the lock, marks this process as the daemon and opens or makes the shared maps. `ring_size` is
 * in bytes, a power of two. Returns 0 or a negative errno, reported; -EBUSY when another daemon runs.
 */
int pins_open(__u64 ring_size, struct pins *ret, struct report *report);
/* Closes everything; what is pinned stays. */
void pins_close(struct pins *pins);
/* For a start that failed: leaves what was there before as it was, and nothing where nothing was. */
void pins_abandon(struct pins *pins);
/* Unpins everything of ours. */
void pins_remove_all(void);
/*
 * Pins again what a predecessor gave to the service manager when it was told to stop: from here on it is
 * as if that one had been killed. Changes nothing where nothing was given.
 */
void pins_restore(struct report *report);

/*
 * Gives everything that is pinned to the service manager, which holds it until the daemon starts again,
 * or drops it when the service has stopped for good. Returns how many objects it was offered: none
 * where there is no such manager. Whether it takes them it does not say.
 */
size_t store_give(struct report *report);
bool store_is_empty(void);
/* Pins what this process got of the manager. PINS_PATH has to be there, and locked. */
void store_take(struct report *report);

/*
 * The generation map that is pinned for a plugin, or a new one, and the number of its next generation.
 * Returns the fd or a negative errno.
 */
int pins_open_generation(const char *plugin, __u64 *ret_next);
/* Makes the directory of a generation and pins the generation map beside it. NULL and errno on failure. */
char *pins_make_generation(const char *plugin, __u64 generation, int generation_map);
/* Removes what is pinned of a plugin but for generation `keep`; 0 keeps nothing, not even the plugin. */
void pins_remove_generations(const char *plugin, __u64 keep);
/* Removes one generation only: of a successor that came to nothing. */
void pins_remove_generation(const char *plugin, __u64 generation);
/* Visits the name of every plugin that has something pinned. */
void pins_each_plugin(void (*visit)(void *context, const char *plugin), void *context);

/**
 * struct instance - one generation of one plugin
 * @plugin:     whose; not owned
 * @section:    the configuration that it was loaded with; not owned
 * @generation: its number, larger than that of any before
 * @links:      of its programs
 * @generation_map: fd, shared with the generations before and after it
 * @lost_map:   fd of the counters of lost records, owned by @object; -1 where it has none
 * @exceptions_map: fd of the cgroups that baseline makes exceptions for, owned by @object; or -1
 * @policy:     the mapped policy of an enforcer, or NULL
 * @counters:   its mapped counters, or NULL
 * @skipped:    sections of the programs that were left out because the kernel lacks their targets; or ""
 * @lost_reported: how many lost records the log has been told of
 */
struct instance {
	const struct plugin *plugin;
	const struct config_section *section;
	__u64 generation;
	struct bpf_object *object;
	struct bpf_link **links;
	size_t link_count;
	int generation_map;
	int lost_map;
	int exceptions_map;
	struct bpflock_policy *policy;
	const struct bpflock_counters *counters;
	char *skipped;
	__u64 lost_reported;
};

/*
 * The steps, in the order in which they are to be called. `predecessor` is the instance that this one
 * replaces in the same process, or NULL. Each returns 0 or a negative errno and
 * reports what failed, with the end of the verifier's log where there is one. instance_free() takes
 * back what was done, but for the pins.
 */
int instance_open(struct instance *instance, const struct instance *predecessor,
		  const struct plugin *plugin, const struct config_section *section,
		  const struct kernel *kernel, const struct pins *pins, struct report *report);
int instance_load(struct instance *instance, struct report *report);
int instance_attach(struct instance *instance, struct report *report);
/* Enforcers only: pins links and policy, so that they outlive the daemon. */
int instance_pin(struct instance *instance, struct report *report);
/* From now on this generation records, and none before it. */
int instance_record(struct instance *instance, struct report *report);
void instance_free(struct instance *instance);

/* How often an operation got a verdict since the instance was loaded, on all CPUs. */
__u64 instance_decisions(const struct instance *instance, __u32 operation, __u32 verdict);

/* Records that found no room since the instance was loaded, on all CPUs. */
__u64 instance_lost(const struct instance *instance);

/*
 * Writes the value of an option to the `const volatile` variable of an object that is not loaded yet.
 * Returns 0, -ENOENT without such a variable, -E2BIG when the value does not fit.
 */
int variable_set(struct bpf_object *object, const char *name, const struct config_value *value);
int variable_set_number(struct bpf_object *object, const char *name, __u64 number);

/* Teaches libbpf to load our sections without its guesses; call once. */
int sections_register(void);
/* Names the kernel function that a program of such a section attaches to. */
int section_set_target(struct bpf_program *program);

/*
 * What a map of global variables will hold, for writing before the object is loaded. libbpf calls it
 * const, and means that its place is.
 */
static inline void *map_contents(struct bpf_map *map, size_t *ret_size)
{
	return (void *)(uintptr_t)bpf_map__initial_value(map, ret_size);
}
#endif
