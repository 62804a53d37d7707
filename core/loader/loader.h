/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader module: the life cycle of a plugin's BPF object, and its pins.
 *
 *	pins		the directory on bpffs: lock, one directory per plugin and generation
 *	core_maps	the maps that the core pins: the ring, the daemon's mark, its last state
 *	protected	the set of the ids of protected objects
 *	plugin_state	the maps that the generations of one plugin share
 *	fdstore		gives pinned objects to the service manager while no daemon runs
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
#include "log/log.h"
#include "plugin/plugin.h"
#include "util/report.h"

/* The map of an enforcer's object that holds its policy. */
#define POLICY_MAP ".data.policy"

/* Keeps libbpf's warnings instead of printing them. Call it once, before any other function of libbpf. */
void libbpf_log_install(void);
/* The last warning of libbpf since the last call, or "" */
const char *libbpf_log_take(void);

/**
 * struct last_state - the state of the daemon, for its successor after a kill
 * @heartbeat: the last time at which it was seen to run, CLOCK_BOOTTIME in nanoseconds
 * @started:   when its process was started, in clock ticks since boot
 * @pid:       its process
 * @pid_namespace: inode of the pid namespace that numbers it so
 * @sinks:     what the outputs of its log had lost
 */
struct last_state {
	__u64 heartbeat;
	__u64 started;
	__u64 pid;
	__u64 pid_namespace;
	struct log_kept sinks;
};

/**
 * struct pins - the daemon's pin directory and shared maps
 * @directory: fd of PINS_ROOT, locked: only one daemon runs
 * @ring:      fd of the ring that all plugins share
 * @old_ring:  fd of a predecessor's pinned ring of another size; or -1
 * @ring_size: size of @ring, in bytes
 * @daemon:    fd of the task storage in which this process is marked as the daemon
 * @protected: fd of the set of protected objects: struct bpflock_protected_object
 * @last_state: the state of this daemon, for its successor; mapped, pinned
 * @inherited_heartbeat: that of @last_state when it was opened: of a predecessor, or zero
 * @inherited: PINS_PATH existed before: a predecessor died, or stopped with on_exit = keep
 * @gate:      closed while new objects have no guard yet
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
	__u64 inherited_heartbeat;
	bool inherited;
	struct id_gate gate;
	int last_state_map;
};

#define PINS_CLOSED                                                                                              \
	{                                                                                                        \
		.directory = -1, .ring = -1, .old_ring = -1, .daemon = -1, .protected = -1, .last_state_map = -1 \
	}

#define PINS_ROOT BPFLOCK_PINS
/* The number is that of the layout of records and maps. A change of either needs another number. */
#define PINS_PATH PINS_ROOT "/v1"

/* The kernel's name of the map. Rings of other daemons are found by it. */
#define PINNED_RING_NAME "bpflock_ring"

/*
 * Unlocks the directory of the pins. So enforcers that a dead daemon left can see this process (lsm/file_lock) before it
 * calls bpf(2), which they may deny to everybody else. Call it first. Returns 0 or -EACCES: a guard does not recognize it.
 */
int pins_show_process(struct report *report);

/*
 * Takes the lock, marks this process as the daemon, and opens or makes the shared maps. `ring_size` is in bytes, a
 * power of two. With `hide` it also does what pins_hide() does. Returns 0 or a negative errno, reported; -EALREADY when
 * another daemon runs.
 */
int pins_open(__u64 ring_size, bool hide, struct pins *ret, struct report *report);
/*
 * For a change that starts a guard: until pins_show() no contained task can open new objects by their ids. Returns 0
 * or a negative errno, reported.
 */
int pins_hide(struct pins *pins, struct report *report);
void pins_show(struct pins *pins);
/*
 * Pins the shared maps that are not pinned yet. Call it when the guard runs: before that nothing can be opened by its
 * path. Returns 0 or a negative errno, reported.
 */
int pins_pin_shared(const struct pins *pins, struct report *report);
/*
 * Compares the directories, the shared pins and the daemon's mark with what they should be. What somebody has removed or
 * changed is an error, and is put right; other pins below a directory that is made anew are pinned by their plugins.
 * Returns 0, or a negative errno where something could not be put right, reported.
 */
int pins_mend(struct pins *pins, struct report *report);
/* Closes everything. Pins stay. */
void pins_close(struct pins *pins);
/*
 * Only takes the lock. Returns its fd; -ENOENT when nothing is pinned; or a negative errno, reported: -EALREADY when a
 * daemon runs.
 */
int pins_lock(struct report *report);
/* For a start that failed: removes the pins, unless a predecessor had left some. Those stay as they are. */
void pins_abandon(struct pins *pins);
/*
 * Visits the paths of pins of other layouts. They are never read, because only other versions know their content.
 */
void pins_each_other_layout(void (*visit)(void *context, const char *path), void *context);
/* Each of these returns 0, or a negative errno: then something is left, and in force. */
int pins_remove_layout(const char *path);
/* Unpins everything of this layout. */
int pins_remove_all(void);
/* Reports what one of them could not remove, of a plugin or (NULL) of all. Nothing where its result is 0. */
void pins_report_kept(const char *plugin, int error, struct report *report);
/* Reports a pin that somebody has removed or replaced, of a plugin or (NULL) of all. */
void pins_report_lost(const char *plugin, const char *path, struct report *report);
/*
 * Does another daemon run, whose pins this process does not find? Found by its map, for which this needs CAP_SYS_ADMIN.
 */
bool other_daemon_runs(__u64 *ret_pid);
/*
 * Pins again what a predecessor gave to the service manager when it stopped. From here on that predecessor counts as
 * killed. Changes nothing where nothing was given.
 */
void pins_restore(struct report *report);

/*
 * Gives everything that is pinned to the service manager. It keeps the objects until the daemon starts again, and
 * drops them when the service has stopped for good. Returns how many objects were offered: 0 without a service
 * manager. It does not answer whether it has accepted them.
 */
size_t fdstore_give(struct report *report);
bool fdstore_is_empty(void);
/* Pins what this process got from the service manager. PINS_PATH must exist, and be locked. */
void fdstore_take(struct report *report);

/* Pins the new ring in place of the old one. Call it when the new programs run. Returns 0 or a negative errno. */
int core_maps_replace_ring(struct pins *pins);

/* The directory of a plugin (to be freed). */
char *pins_plugin_path(const char *plugin);
bool pins_have_plugin(const char *plugin);
/* The largest pinned generation of a plugin, or 0. */
__u64 pins_last_generation(const char *plugin);
/* Makes the directory of a plugin. *ret_made: it did not exist before. Returns 0 or a negative errno. */
int pins_make_plugin(const char *plugin, bool *ret_made);
/* Makes the directory of a generation. Returns its path (to be freed); NULL and errno on failure. */
char *pins_make_generation(const char *plugin, __u64 generation);
/*
 * Removes the pins of all generations of a plugin except `keep`; 0: of all. What they share stays. Returns 0, or a
 * negative errno: then something is left, and in force.
 */
int pins_remove_generations(const char *plugin, __u64 keep);
/* Removes everything of the plugin. Returns the same. */
int pins_remove_plugin(const char *plugin);
/* The path of a generation's directory (to be freed), whether it exists or not. */
char *pins_generation_path(const char *plugin, __u64 generation);
/* Waits until the kernel has released removed pins. Then closing the last descriptor of an object frees it at once. */
void pins_await_removal(void);
/* Removes one generation only: that of a successor that failed. */
int pins_remove_generation(const char *plugin, __u64 generation);
/* Visits the name of every plugin that has something pinned. */
void pins_each_plugin(void (*visit)(void *context, const char *plugin), void *context);

/*
 * The set of protected objects. `kind` is BPFLOCK_PROTECTED_*, `fd` the object. protected_add() returns 0 or a
 * negative errno.
 */
int protected_add(int protected, __u32 kind, int fd);
/* The id of an object, which names it in the set. */
__u32 protected_id(__u32 kind, int fd);
void protected_remove(int protected, __u32 kind, int fd);
bool protected_has(int protected, __u32 kind, __u32 id);
/* Removes the ids of objects that do not exist any more. Needs CAP_SYS_ADMIN: without it nothing is removed. */
void protected_sweep(int protected);

/**
 * struct plugin_state - the maps that the generations of one plugin share
 * @references: number of generations in this process that use it
 * @map:        fd of @shared
 * @stats_map:  fd of a struct bpflock_stats for each CPU
 * @counters_map: fd of @counters; -1 for an observer
 * @delivery_map: fd of @delivery
 * @delivery:   used by the daemon only, not by BPF programs
 * @counters:   the decisions of an enforcer, or NULL
 * @grants_map: fd of @kernel_grants; -1 for an observer
 * @kernel_grants: of an enforcer; NULL for an observer
 * @grants:     what @kernel_grants were when this process found or wrote them
 * @kept:       those that the plugin's table of kept maps names
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
	int grants_map;
	struct bpflock_grants *kernel_grants;
	struct bpflock_grants *grants;
	struct kept_map *kept;
	size_t kept_count;
};

/*
 * Removes the pins of a plugin's kept maps, while no daemon runs. `pin` is NAME_VERSION. Returns 0, or -ENOENT where
 * nothing of the plugin is pinned.
 */
int kept_maps_remove(const char *plugin, void (*visit)(void *context, const char *pin, int error), void *context);

/* Opens what a predecessor has pinned, or makes new maps. Returns 0 or a negative errno. */
int plugin_state_open(const struct plugin *plugin, struct plugin_state **ret);
/* After that has failed with -EPERM: the path of a pin that is no such map (to be freed); or NULL. */
char *plugin_state_stale_pin(const struct plugin *plugin);
/* Pins it in the plugin's directory. Returns 0 or a negative errno. */
int plugin_state_pin(const struct plugin_state *state, const char *plugin);
/* As instance_lost_pin(). */
char *plugin_state_lost_pin(const struct plugin_state *state, const char *plugin);
struct plugin_state *plugin_state_hold(struct plugin_state *state);
void plugin_state_release(struct plugin_state *state);

/*
 * How often decisions on an operation had this verdict, on all CPUs, since the state was made. All operations from
 * BPFLOCK_OPERATIONS_MAX on have one count.
 */
__u64 plugin_state_decisions(const struct plugin_state *state, __u32 operation, __u32 verdict);
/* The statistics of each possible CPU (to be freed). */
struct bpflock_stats *plugin_state_cpu_stats(const struct plugin_state *state, size_t *ret_cpus);
/* The sum over all CPUs; the time is that of the last loss on any. */
struct bpflock_stats plugin_state_stats(const struct plugin_state *state);

/**
 * struct instance_program - a loaded program of an enforcer
 * @number:    its place in the BPF object: the index of its count in struct bpflock_policy
 * @hook:      its section, for example "lsm/locked_down"; owned by the object
 * @self_test: BPFLOCK_SELF_TEST_*
 */
struct instance_program {
	__u32 number;
	const char *hook;
	__u32 self_test;
};

/**
 * struct watched_option - an option that names cgroups
 * @option: its index in the section
 * @watch:  keeps its map up to date
 */
struct watched_option {
	size_t option;
	struct cgroup_watch *watch;
};

/**
 * struct instance - one generation of one plugin
 * @plugin:     not owned
 * @section:    the configuration that it was loaded with; not owned
 * @generation: its number, larger than all numbers before
 * @links:      of its programs
 * @state:      shared with the generations before and after it
 * @watched:    options that name cgroups
 * @exceptions_map: fd of the map of excepted cgroups, owned by @object; or -1
 * @exceptions: keeps that map up to date; NULL where there are no exceptions
 * @next_exceptions: those of a configuration that is being prepared, for the same map
 * @policy:     the mapped policy of an enforcer, or NULL
 * @programs:   those of an enforcer that are loaded
 * @protected:  fd of the set of protected objects; not owned
 * @skipped:    sections of the programs that were left out because the kernel lacks their targets; or ""
 * @made_directory: nothing was pinned of the plugin before this generation
 * @since:      it records since then, in nanoseconds since boot; 0 before
 */
struct instance {
	const struct plugin *plugin;
	const struct config_section *section;
	__u64 generation;
	struct bpf_object *object;
	struct bpf_link **links;
	size_t link_count;
	struct plugin_state *state;
	struct watched_option *watched;
	size_t watched_count;
	int exceptions_map;
	struct exceptions *exceptions;
	struct exceptions *next_exceptions;
	struct bpflock_policy *policy;
	struct instance_program *programs;
	size_t program_count;
	int protected;
	char *skipped;
	bool made_directory;
	__u64 since;
};

/**
 * struct program - a program of a plugin, loaded or not
 * @hook:       its section
 * @operations: what it decides, as its row says; or NULL
 * @optional:   some kernels lack the hook, and another program does the work there
 * @missing:    this kernel lacks the hook
 */
struct program {
	const char *hook;
	const char *operations;
	bool optional;
	bool missing;
};

/* Visits the programs of a plugin's object. Needs the kernel's targets. */
void programs_each(const struct plugin *plugin, const struct kernel *kernel,
		   void (*visit)(void *context, const struct program *program), void *context);

/*
 * The steps, in the order in which they are to be called. `predecessor` is the instance that this one replaces in the
 * same process, or NULL. Each returns 0 or a negative errno, and reports what failed, with the end of the verifier's
 * log where there is one. instance_free() undoes everything but the pins.
 */
int instance_open(struct instance *instance, const struct instance *predecessor, const struct plugin *plugin,
		  const struct config_section *section, struct kernel *kernel, const struct pins *pins,
		  struct report *report);
int instance_load(struct instance *instance, struct report *report);
/*
 * Does each option of the section fit into its variable of the plugin's BPF object? Loads nothing. Returns 0 or a
 * negative errno, reported.
 */
int instance_check_options(const struct plugin *plugin, const struct config_section *section, struct report *report);
/*
 * Loads an object that is opened and checked, with the values that the daemon would give to its variables for this
 * section. Its maps are its own, and nothing is attached. Needs sections_register(). Returns 0 or a negative errno,
 * reported.
 */
int instance_try_load(const struct plugin *plugin, struct bpf_object *object, const struct config_section *section,
		      const struct kernel *kernel, struct report *report);
/*
 * Have the maps that options name room for the lists of a section, which need not be in force yet? Returns 0 or -E2BIG,
 * reported.
 */
int instance_check_lists(const struct instance *instance, const struct config_section *section, struct report *report);
/*
 * Gives the maps that options name the items of the section in force, in a loaded object. Returns 0 or a negative errno,
 * reported.
 */
int instance_fill_maps(const struct instance *instance, struct report *report);
/*
 * The same, after somebody may have changed them. Paths are looked up again. Returns how many entries were not as
 * configured.
 */
size_t instance_mend_maps(const struct instance *instance, struct report *report);
/*
 * Watches the cgroups that options of the section name. Their maps are kept up to date as long as the instance runs.
 * `epoll` becomes readable when instance_refresh_cgroups() is due.
 */
int instance_watch_options(struct instance *instance, int epoll, struct report *report);
/*
 * Adds the exceptions of a section to the current ones. `epoll` is as above. Then call one of the two functions below:
 * commit removes those that only the section before named, discard removes the new ones.
 */
int instance_prepare_exceptions(struct instance *instance, const struct config_section *section, int epoll,
				struct report *report);
void instance_commit_exceptions(struct instance *instance);
void instance_discard_exceptions(struct instance *instance);
/* Puts the map of exceptions right where somebody else has changed it. Returns how many cgroups differed. */
size_t instance_mend_exceptions(const struct instance *instance);
/* Updates the maps to the cgroups and sessions that exist now. Errors are reported. */
void instance_refresh_cgroups(struct instance *instance, struct report *report);
/* Ends watching, and leaves the maps unchanged. */
void instance_close_cgroups(struct instance *instance);
int instance_attach(struct instance *instance, struct report *report);
/*
 * How often the kernel did not run a program of it, because the program was already running on that CPU (interrupted or
 * preempted): recursion_misses in struct bpf_prog_info. For an LSM program such a run means "allowed".
 */
__u64 instance_skipped_runs(const struct instance *instance);
/* Pins the plugin's state, and the links and policy of an enforcer, so that they outlive the daemon. */
int instance_pin(struct instance *instance, struct report *report);
/*
 * The path (to be freed) of a pin that somebody has removed or replaced, of this generation or of what it shares with
 * others; NULL where all are as instance_pin() has left them.
 */
char *instance_lost_pin(const struct instance *instance);
/* Removes the pins of this generation, after a failure. */
void instance_unpin(const struct instance *instance);
/* From now on this generation records, and no earlier one does. */
void instance_record(struct instance *instance);
/*
 * Marks its objects as protected, where they are not. *ret_marked: how many were not. Returns 0 or a negative errno.
 */
int instance_protect(const struct instance *instance, size_t *ret_marked);
/* Removes its objects from the set of protected objects. Call it only where its pins are removed as well. */
void instance_unprotect(const struct instance *instance);
/* An instance for the final records and counters of a plugin that a predecessor left and that does not run; or NULL. */
struct instance *instance_of_predecessor(const struct plugin *plugin);
/* Closes its links. Pinned programs stay in force, with their exceptions; others stop. */
void instance_detach(struct instance *instance);
void instance_free(struct instance *instance);

/*
 * Writes the value of an option to its variable, in an object that is not loaded yet, and that object_check() has seen.
 * Returns 0, or -E2BIG with *ret_reason (to be freed) where the value does not fit.
 */
int variable_set(struct bpf_object *object, const struct config_value *value, char **ret_reason);
/* Returns 0; -ENOENT without such a variable; -E2BIG when the number does not fit. */
int variable_set_number(struct bpf_object *object, const char *name, __u64 number);
/* Writes to a __u32 that is not const, in a loaded object, if it has one. Returns 0 or a negative errno. */
int variable_store_number(const struct bpf_object *object, const char *name, size_t number);

/* What a name stands for in an object: only a constant takes a value before the load. */
enum variable_kind {
	VARIABLE_MISSING,
	VARIABLE_CONSTANT, /* const volatile */
	VARIABLE_FOLDED,   /* const without volatile: the compiler has put its initial value into the code */
	VARIABLE_WRITABLE, /* no const */
};

enum variable_kind variable_kind(const struct bpf_object *object, const char *name);

/* The bytes that one value of an option has in its variable; 0 without such a constant. */
size_t variable_item_size(const struct bpf_object *object, const struct bpflock_option *option);

/* Visits the programs of other bpflock daemons: those that write to a ring of bpflock that is not in `pins`. */
void foreign_links_each(const struct pins *pins, void (*visit)(void *context, const char *program, __u32 link),
			void *context);

/**
 * struct hook_program - somebody else's program on a function of the kernel
 * @id:        of the program
 * @name:      of the program
 * @function:  the number of its type in BTF
 * @overrides: its return value can change what the kernel decides
 */
struct hook_program {
	__u32 id;
	const char *name;
	__u32 function;
	bool overrides;
};

/* Visits such programs, as far as this process may see them (CAP_SYS_ADMIN). `protected`: the set of our objects. */
void hook_programs_each(int protected, void (*visit)(void *context, const struct hook_program *program), void *context);

/*
 * Registers handlers of our sections with libbpf. They undo its replacing of helpers, number the programs, and find the
 * targets. Call it once. Returns 0 or a negative errno.
 */
int sections_register(struct kernel *kernel);
/*
 * Loads an object with these handlers. Needs the kernel's targets. Returns 0 or a negative errno, with the program that
 * was loaded last; NULL for none.
 */
int sections_load(struct bpf_object *object, const struct bpf_program **ret_failed);

/*
 * The initial content of a map of global variables, for writing before the object is loaded. libbpf allows writing
 * to it, though it declares the pointer const.
 */
static inline void *map_contents(struct bpf_map *map, size_t *ret_size)
{
	return (void *)(uintptr_t)bpf_map__initial_value(map, ret_size);
}
#endif
