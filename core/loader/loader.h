/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader module: the life cycle of a plugin's BPF object, and what is pinned of it.
 *
 *	pins		the directory on bpffs: lock, one directory per plugin and generation
 *	core_maps	what the core pins for itself: the ring, the daemon's mark, its last state
 *	protected	the set of the ids of what is ours
 *	plugin_state	what the generations of one plugin share
 *	fdstore		what is pinned, kept by the service manager while no daemon runs
 *	instance	one generation of one plugin: open, load, attach, pin, record, close
 */
#ifndef BPFLOCK_LOADER_LOADER_H
#define BPFLOCK_LOADER_LOADER_H

#include <bpf/libbpf.h>
#include <bpflock/plugin.h>
#include <bpflock/protected.h>
#include <stdint.h>

#include "bus/delivery.h"
#include "config/config.h"
#include "kernel/kernel.h"
#include "loader/id_gate.h"
#include "plugin/plugin.h"
#include "util/report.h"

/* Collects libbpf's own words instead of printing them; call once, before anything of libbpf. */
void libbpf_log_install(void);
/* The last warning of libbpf since the last call, or "" */
const char *libbpf_log_take(void);

/**
 * struct last_state - what a daemon leaves that is killed
 * @heartbeat: its last sign of life, CLOCK_BOOTTIME in nanoseconds
 * @sink_lost: events that the outputs of its log had lost and that the log had not been told of
 */
struct last_state {
	__u64 heartbeat;
	__u64 sink_lost;
};

/**
 * struct pins - what this daemon holds on bpffs
 * @directory: fd of PINS_ROOT, locked: only one daemon runs
 * @ring:      fd of the ring that all plugins share
 * @old_ring:  fd of the pinned ring of a predecessor, which had another size; or -1
 * @ring_size: of the larger of the two, in bytes
 * @daemon:    fd of the task storage in which this process is marked as the daemon
 * @protected: fd of the set of what is ours: struct bpflock_protected_object
 * @last_state: the daemon's own, for the one that comes after it; pinned
 * @inherited_state: what it was when it was opened: that of a predecessor, or zero
 * @inherited: PINS_PATH was there before: a predecessor died, or was told to keep it
 * @gate:      closed while what is new has no guard yet
 * @last_state_map: fd of @last_state
 */
struct pins {
	int directory;
	int ring;
	int old_ring;
	__u64 ring_size;
	int daemon;
	int protected;
	struct last_state *last_state;
	struct last_state inherited_state;
	bool inherited;
	struct id_gate gate;
	int last_state_map;
};

#define PINS_CLOSED                                                                                \
	{                                                                                          \
		.directory = -1, .ring = -1, .old_ring = -1, .daemon = -1, .protected = -1,        \
		.last_state_map = -1                                                               \
	}

#define PINS_ROOT BPFLOCK_PINS
/* The layout of records and maps below it; a change of either needs another number. */
#define PINS_PATH PINS_ROOT "/v1"

/* The map's own name: by it the rings of other daemons are found. */
#define PINNED_RING_NAME "bpflock_ring"

/*
 * Takes the lock, marks this process as the daemon and opens or makes the shared maps. `ring_size` is
 * in bytes, a power of two. `hide`: as by pins_hide(). Returns 0 or a negative errno, reported; -EBUSY when another
 * daemon runs.
 */
int pins_open(__u64 ring_size, bool hide, struct pins *ret, struct report *report);
/* A guard is to come: until pins_show() no contained task gets what is made. Returns 0 or a negative errno, reported. */
int pins_hide(struct pins *pins, struct report *report);
void pins_show(struct pins *pins);
/* Pins the shared maps that are not pinned yet: nothing of ours can be opened by its path before. Returns as above. */
int pins_pin_shared(const struct pins *pins, struct report *report);
/* Closes everything; what is pinned stays. */
void pins_close(struct pins *pins);
/*
 * Takes the lock and nothing else. Returns its fd; -ENOENT when nothing is pinned; or a negative errno,
 * reported, -EBUSY when a daemon runs.
 */
int pins_lock(struct report *report);
/* For a start that failed: leaves what was there before as it was, and nothing where nothing was. */
void pins_abandon(struct pins *pins);
/*
 * Visits the paths of what other layouts of ours have pinned. They are reported and taken away once they are
 * replaced, never used: what they hold is for another version to know.
 */
void pins_each_other_layout(void (*visit)(void *context, const char *path), void *context);
void pins_remove_layout(const char *path);
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
size_t fdstore_give(struct report *report);
bool fdstore_is_empty(void);
/* Pins what this process got of the manager. PINS_PATH has to be there, and locked. */
void fdstore_take(struct report *report);

/* The new ring takes the place of the old one, once the new programs write to it. Returns 0 or a negative errno. */
int core_maps_replace_ring(struct pins *pins);

/* The directory of a plugin (to be freed). */
char *pins_plugin_path(const char *plugin);
bool pins_have_plugin(const char *plugin);
/* The largest generation that is pinned of a plugin, or 0. */
__u64 pins_last_generation(const char *plugin);
/* Makes the directory of a plugin; *ret_made says whether it was not there. Returns 0 or a negative errno. */
int pins_make_plugin(const char *plugin, bool *ret_made);
/* Makes the directory of a generation in it. NULL and errno on failure. */
char *pins_make_generation(const char *plugin, __u64 generation);
/* Removes what is pinned of a plugin but for generation `keep`; 0 keeps nothing, not even the plugin. */
void pins_remove_generations(const char *plugin, __u64 keep);
/* Of the directory (to be freed), whether it is there or not. */
char *pins_generation_path(const char *plugin, __u64 generation);
/* Until removed pins hold nothing any more: what a descriptor holds then ends when it is closed, and not later. */
void pins_await_removal(void);
/* Removes one generation only: that of a successor that failed. */
void pins_remove_generation(const char *plugin, __u64 generation);
/* Visits the name of every plugin that has something pinned. */
void pins_each_plugin(void (*visit)(void *context, const char *plugin), void *context);

/*
 * Puts an object (fd) of a kind, BPFLOCK_PROTECTED_*, into the set of what is ours, or takes it out.
 * protected_add() returns 0 or a negative errno.
 */
int protected_add(int protected, __u32 kind, int fd);
void protected_remove(int protected, __u32 kind, int fd);
bool protected_has(int protected, __u32 kind, __u32 id);
/* Takes out what is there no more: of predecessors. Needs CAP_SYS_ADMIN, without which nothing is taken out. */
void protected_sweep(int protected);

/**
 * struct plugin_state - what the generations of one plugin share: maps that outlive each of them
 * @references: generations of this process that hold it
 * @map:        fd of @shared
 * @stats_map:  fd of a struct bpflock_stats for each CPU
 * @counters_map: fd of @counters; -1 for an observer
 * @delivery_map: fd of @delivery
 * @delivery:   the daemon's own; no program knows of it
 * @counters:   the decisions of an enforcer, or NULL
 */
struct plugin_state {
	unsigned int references;
	int map;
	int stats_map;
	int counters_map;
	int delivery_map;
	struct bpflock_state *shared;
	struct delivery_state *delivery;
	const struct bpflock_counters *counters;
};

/* What a predecessor has pinned of it, or a new one. Returns 0 or a negative errno. */
int plugin_state_open(const struct plugin *plugin, struct plugin_state **ret);
/* Pins it in the plugin's directory. Returns 0 or a negative errno. */
int plugin_state_pin(const struct plugin_state *state, const char *plugin);
struct plugin_state *plugin_state_hold(struct plugin_state *state);
void plugin_state_release(struct plugin_state *state);

/* How often an operation got a verdict, on all CPUs, since the state was made. */
__u64 plugin_state_decisions(const struct plugin_state *state, __u32 operation, __u32 verdict);
/* The statistics of each possible CPU (to be freed). */
struct bpflock_stats *plugin_state_cpu_stats(const struct plugin_state *state, size_t *ret_cpus);
/* The sum over all CPUs; the time is that of the last loss on any. */
struct bpflock_stats plugin_state_stats(const struct plugin_state *state);

/**
 * struct instance - one generation of one plugin
 * @plugin:     whose; not owned
 * @section:    the configuration that it was loaded with; not owned
 * @generation: its number, larger than that of any before
 * @links:      of its programs
 * @state:      shared with the generations before and after it
 * @exceptions_map: fd of the cgroups that baseline makes exceptions for, owned by @object; or -1
 * @exceptions: what fills that map; NULL where there are none
 * @next_exceptions: of a configuration that is being prepared; it fills the same map
 * @policy:     the mapped policy of an enforcer, or NULL
 * @protected:  fd of the set of what is ours; not owned
 * @skipped:    sections of the programs that were left out because the kernel lacks their targets; or ""
 * @made_directory: nothing was pinned of the plugin before this generation
 */
struct instance {
	const struct plugin *plugin;
	const struct config_section *section;
	__u64 generation;
	struct bpf_object *object;
	struct bpf_link **links;
	size_t link_count;
	struct plugin_state *state;
	int exceptions_map;
	struct exceptions *exceptions;
	struct exceptions *next_exceptions;
	struct bpflock_policy *policy;
	int protected;
	char *skipped;
	bool made_directory;
};

/*
 * The steps, in the order in which they are to be called. `predecessor` is the instance that this one
 * replaces in the same process, or NULL. Each returns 0 or a negative errno and
 * reports what failed, with the end of the verifier's log where there is one. instance_free() takes
 * back what was done, but for the pins.
 */
int instance_open(struct instance *instance, const struct instance *predecessor,
		  const struct plugin *plugin, const struct config_section *section,
		  struct kernel *kernel, const struct pins *pins, struct report *report);
int instance_load(struct instance *instance, struct report *report);
/*
 * Adds the exceptions of a section to those that there are. One of the two below follows: the first removes
 * what only the section before named, the second what was added.
 */
int instance_prepare_exceptions(struct instance *instance, const struct config_section *section,
				struct report *report);
void instance_commit_exceptions(struct instance *instance);
void instance_discard_exceptions(struct instance *instance);
/* Becomes readable when instance_refresh_exceptions() is due; -1 where there are none. */
int instance_exceptions_fd(const struct instance *instance);
int instance_refresh_exceptions(struct instance *instance);
int instance_attach(struct instance *instance, struct report *report);
/* Pins what the generations share, and of an enforcer links and policy, so that they outlive the daemon. */
int instance_pin(struct instance *instance, struct report *report);
/* Removes the pins of this generation, which has failed. */
void instance_unpin(const struct instance *instance);
/* From now on this generation records, and none before it. */
void instance_record(struct instance *instance);
/* Its objects are no longer said to be ours: what is pinned of it goes as well. */
void instance_unprotect(const struct instance *instance);
/* What a predecessor has left of a plugin that does not run here: for its final records and counters. Or NULL. */
struct instance *instance_of_predecessor(const struct plugin *plugin);
/* Its programs run no more, unless they are pinned; then they keep their exceptions. */
void instance_detach(struct instance *instance);
void instance_free(struct instance *instance);

/*
 * Writes the value of an option to the `const volatile` variable of an object that is not loaded yet.
 * Returns 0, -ENOENT without such a variable, -E2BIG when the value does not fit.
 */
int variable_set(struct bpf_object *object, const char *name, const struct config_value *value);
int variable_set_number(struct bpf_object *object, const char *name, __u64 number);

/* Visits the programs of other bpflock daemons: those that write to a ring which is not one of `pins`. */
void foreign_links_each(const struct pins *pins,
			void (*visit)(void *context, const char *program, __u32 link), void *context);

/**
 * struct hook_program - a program of somebody else on a function of the kernel
 * @function:  as BTF names it: "bpf_lsm_" and the hook, say; "" for one of a module, or where the kernel does not tell
 * @overrides: what it returns becomes, or takes the place of, what the kernel decides
 */
struct hook_program {
	__u32 id;
	const char *name;
	const char *function;
	bool overrides;
};

/* Visits such programs, as far as this process may see them (CAP_SYS_ADMIN). `protected` is the set of what is ours. */
void hook_programs_each(int protected, void (*visit)(void *context, const struct hook_program *program), void *context);

/*
 * Teaches libbpf to load our sections without its guesses; call once. Whoever loads programs calls
 * kernel_load_targets() before. Returns 0 or a negative errno.
 */
int sections_register(struct kernel *kernel);

/*
 * What a map of global variables will hold, for writing before the object is loaded. libbpf calls it
 * const, and means that its place is.
 */
static inline void *map_contents(struct bpf_map *map, size_t *ret_size)
{
	return (void *)(uintptr_t)bpf_map__initial_value(map, ret_size);
}
#endif
