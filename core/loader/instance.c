/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "loader/file_id.h"
#include "loader/instance.h"
#include "loader/kept_maps.h"
#include "loader/loader.h"
#include "loader/object_check.h"
#include "loader/object_load.h"
#include "loader/object_scan.h"
#include "plugin/host.h"
#include "policy/policy.h"
#include "util/clock.h"
#include "util/memory.h"

#define STATE_MAP ".data.state"
#define COUNTERS_MAP ".data.counters"
#define GRANTS_MAP ".data.grants"
#define MAY_READ_KERNEL "bpflock_may_read_kernel"

int instance_fail(const struct instance *instance, int error, struct report *report, const char *format, ...)
{
	const char *libbpf = libbpf_log_take();
	CLEANUP(cleanup_free) char *text = NULL;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	report_plugin(report_add(report, REPORT_ERROR, "plugin_failed", NULL, "%s: %s%s%s", text, strerror(-error),
				 *libbpf ? "; " : "", libbpf),
		      instance->plugin->name);
	return error;
}

static int skip_program(void *context, const char *name, struct config_names *valid)
{
	const struct instance *instance = context;
	struct bpf_program *program = bpf_object__find_program_by_name(instance->object, name);

	if (program)
		return bpf_program__set_autoload(program, false);
	object_list_programs(instance->object, valid);
	return -ENOENT;
}

/* The kernel loads and attaches LSM programs also where it never calls them. */
static int check_bpf_lsm(const struct instance *instance, const struct kernel *kernel, struct report *report)
{
	CLEANUP(cleanup_free) char *remedy = NULL;
	CLEANUP(cleanup_free) char *reason = kernel_refuses_bpf_lsm(kernel, &remedy);
	struct report_item *item;
	struct bpf_program *program;

	bpf_object__for_each_program(program, instance->object) {
		if (!reason || !bpf_program__autoload(program) || bpf_program__type(program) != BPF_PROG_TYPE_LSM)
			continue;
		item = report_add(report, REPORT_ERROR, "plugin_failed", NULL, "%s", reason);
		report_remedy(item, "%s", remedy);
		report_plugin(item, instance->plugin->name);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* An object has only the variables of the headers that it includes. */
static int set_shared_variables(const struct instance *instance, const struct kernel *kernel, __u64 ring_size,
				const struct stat *pins_directory, struct report *report)
{
	const struct {
		const char *name;
		__u64 value;
	} variables[] = {
		{ "bpflock_source", instance->plugin->source },
		{ "bpflock_generation", instance->generation },
		{ "bpflock_ring_size", ring_size },
		{ MAY_READ_KERNEL, !kernel_is_confidential(kernel) },
		{ "bpflock_pins_device", kernel_device(pins_directory->st_dev) },
		{ "bpflock_pins_inode", pins_directory->st_ino },
	};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		int error = variable_set_number(instance->object, variables[i].name, variables[i].value);

		if (error && error != -ENOENT)
			return instance_fail(instance, error, report, "cannot set %s", variables[i].name);
	}
	return 0;
}

static int share_maps(const struct instance *instance, const struct pins *pins, struct report *report)
{
	const struct {
		const char *name;
		int fd;
	} maps[] = {
		{ "bpflock_ring", pins->ring },
		{ "bpflock_daemon", pins->daemon },
		{ "bpflock_protected", pins->protected },
		{ STATE_MAP, instance->state->map },
		{ "bpflock_stats", instance->state->stats_map },
		{ COUNTERS_MAP, instance->state->counters_map },
		{ GRANTS_MAP, instance->state->grants_map },
	};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(instance->object, maps[i].name);
		int error = map ? bpf_map__reuse_fd(map, maps[i].fd) : 0;

		if (error)
			return instance_fail(instance, error, report, "cannot share the map %s", maps[i].name);
	}
	return 0;
}

static int open_object(struct instance *instance, struct report *report)
{
	int error = object_open(instance->plugin, &instance->object, report);

	return error ? error : object_check(instance->plugin, instance->object, report);
}

int instance_check_options(const struct plugin *plugin, const struct config_section *section, struct report *report)
{
	struct instance instance = { .plugin = plugin, .section = section };
	int error = open_object(&instance, report);

	if (!error)
		error = instance_set_variables(&instance, report);
	if (!error)
		error = instance_check_lists(&instance, section, report);
	bpf_object__close(instance.object);
	return error;
}

int instance_try_load(const struct plugin *plugin, struct bpf_object *object, const struct config_section *section,
		      const struct kernel *kernel, struct report *report)
{
	const struct instance instance = { .plugin = plugin, .object = object, .section = section };
	const struct stat no_pins = { 0 };
	int error = set_shared_variables(&instance, kernel, 0, &no_pins, report);

	if (!error)
		error = instance_set_variables(&instance, report);
	return error ? error : object_load(plugin, object, report);
}

/*
 * Only bpf_probe_read_user may be put back under confidentiality (see core/loader/section.c). An object with this
 * variable reads only where it is set: see <bpflock/path.bpf.h>. The kernel does not look at what it cannot reach.
 */
static int refuse_kernel_reads(const struct instance *instance, const struct kernel *kernel, struct report *report)
{
	const struct bpflock_plugin *descriptor = &instance->plugin->descriptor;
	size_t size = (size_t)(descriptor->object_end - descriptor->object);

	if (!kernel_is_confidential(kernel) || variable_set_number(instance->object, MAY_READ_KERNEL, 0) == 0 ||
	    (!object_uses_helper(descriptor->object, size, BPF_FUNC_probe_read_kernel) &&
	     !object_uses_helper(descriptor->object, size, BPF_FUNC_probe_read_kernel_str)))
		return 0;
	return instance_fail(instance, -EPERM, report,
			     "it reads kernel memory by bpf_probe_read_kernel, which the kernel denies under "
			     "lockdown=confidentiality");
}

static int prepare(struct instance *instance, struct report *report)
{
	struct host host = {
		.plugin = instance->plugin, .report = report, .context = instance, .skip_program = skip_program
	};

	return host_call(&host, "prepare", instance->plugin->descriptor.prepare, instance->section);
}

static int open_state(struct instance *instance, const struct instance *predecessor)
{
	__u64 last;
	int error;

	if (predecessor) {
		instance->state = plugin_state_hold(predecessor->state);
		instance->generation = predecessor->generation + 1;
		return 0;
	}
	error = plugin_state_open(instance->plugin, &instance->state);
	if (error)
		return error;
	last = pins_last_generation(instance->plugin->name);
	if (instance->state->shared->recording > last)
		last = instance->state->shared->recording;
	instance->generation = last + 1;
	return 0;
}

static int fail_to_open_state(const struct instance *instance, int error, struct report *report)
{
	CLEANUP(cleanup_free) char *stale = error == -EPERM ? plugin_state_stale_pin(instance->plugin) : NULL;
	struct report_item *item;

	if (!stale)
		return instance_fail(instance, error, report,
				     "the maps that its generations share cannot be opened or made");
	item = report_add(report, REPORT_ERROR, "plugin_failed", stale,
			  "is not what this version of bpflock pins there");
	report_plugin(item, instance->plugin->name);
	report_remedy(item,
		      "stop bpflock, remove what is pinned of this plugin by: bpflock --unload %s, and start again",
		      instance->plugin->name);
	return error;
}

int instance_open(struct instance *instance, const struct instance *predecessor, const struct plugin *plugin,
		  const struct config_section *section, struct kernel *kernel, const struct pins *pins,
		  struct report *report)
{
	struct stat status;
	int error;

	*instance = (struct instance){
		.plugin = plugin,
		.section = section,
		.exceptions_map = -1,
		.protected = pins->protected,
	};
	if (fstat(pins->directory, &status) < 0)
		return instance_fail(instance, -errno, report, "cannot examine " PINS_ROOT);
	kernel_load_targets(kernel);
	error = open_state(instance, predecessor);
	if (error)
		return fail_to_open_state(instance, error, report);
	error = open_object(instance, report);
	if (!error)
		error = refuse_kernel_reads(instance, kernel, report);
	if (!error)
		error = check_bpf_lsm(instance, kernel, report);
	if (!error)
		error = instance_select_programs(instance, kernel, report);
	if (!error)
		error = set_shared_variables(instance, kernel, pins->ring_size, &status, report);
	if (!error)
		error = instance_set_variables(instance, report);
	if (!error)
		error = instance_check_lists(instance, section, report);
	if (!error)
		error = share_maps(instance, pins, report);
	if (!error)
		error = kept_maps_share(instance, report);
	if (!error)
		error = prepare(instance, report);
	return error;
}

/*
 * Maps the policy of an enforcer. map_contents() does not serve here: it is libbpf's copy, which the kernel gets when
 * the object is loaded.
 */
static int map_policy(struct instance *instance, struct report *report)
{
	struct bpf_map *map = bpf_object__find_map_by_name(instance->object, POLICY_MAP);
	void *memory;

	if (!map)
		return 0;
	if (bpf_map__value_size(map) != sizeof(*instance->policy))
		return instance_fail(instance, -EINVAL, report, "its policy is not of this version");
	memory = mmap(NULL, sizeof(*instance->policy), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED)
		return instance_fail(instance, -errno, report, "its policy cannot be mapped");
	instance->policy = memory;
	return 0;
}

int instance_map_fd(const struct instance *instance, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(instance->object, name);

	return map ? bpf_map__fd(map) : -1;
}

static int mark(const struct instance *instance, __u32 kind, int fd, size_t *marked)
{
	if (fd < 0 || protected_has(instance->protected, kind, protected_id(kind, fd)))
		return 0;
	++*marked;
	return protected_add(instance->protected, kind, fd);
}

int instance_protect(const struct instance *instance, size_t *ret_marked)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int error;

	*ret_marked = 0;
	error = mark(instance, BPFLOCK_PROTECTED_MAP, instance->state->delivery_map, ret_marked);
	bpf_object__for_each_map(map, instance->object)
		if (!error)
			error = mark(instance, BPFLOCK_PROTECTED_MAP, bpf_map__fd(map), ret_marked);
	bpf_object__for_each_program(program, instance->object)
		if (!error)
			error = mark(instance, BPFLOCK_PROTECTED_PROGRAM, bpf_program__fd(program), ret_marked);
	for (size_t i = 0; !error && i < instance->link_count; i++)
		error = mark(instance, BPFLOCK_PROTECTED_LINK, bpf_link__fd(instance->links[i]), ret_marked);
	return error;
}

int instance_load(struct instance *instance, struct report *report)
{
	size_t marked;
	int error = object_load(instance->plugin, instance->object, report);

	if (error)
		return error;
	instance->exceptions_map = instance_map_fd(instance, "bpflock_exceptions");
	instance_list_programs(instance);
	/* Before anything is attached: from then on a guard may hide the objects. */
	error = instance_protect(instance, &marked);
	if (error)
		return instance_fail(instance, error, report, "its objects cannot be marked as protected");
	return map_policy(instance, report);
}

static int fail_to_attach(const struct instance *instance, const struct bpf_program *program, int error,
			  struct report *report)
{
	instance_fail(instance, error, report, "its program %s cannot be attached to %s", bpf_program__name(program),
		      bpf_program__section_name(program));
	if (error == -E2BIG)
		report_remedy(&report->items[report->count - 1],
			      "the hook has as many programs as it takes: stop programs of others (bpftool prog), and "
			      "start bpflock again");
	return error;
}

int instance_attach(struct instance *instance, struct report *report)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, instance->object) {
		struct bpf_link *link;
		int error;

		if (!bpf_program__autoload(program))
			continue;
		link = bpf_program__attach(program);
		if (!link)
			return fail_to_attach(instance, program, -errno, report);
		instance->links = xreallocarray(instance->links, instance->link_count + 1, sizeof(*instance->links));
		instance->links[instance->link_count++] = link;
		error = protected_add(instance->protected, BPFLOCK_PROTECTED_LINK, bpf_link__fd(link));
		if (error)
			return instance_fail(instance, error, report, "one of its links cannot be marked as protected");
	}
	return 0;
}

__u64 instance_skipped_runs(const struct instance *instance)
{
	struct bpf_program *program;
	__u64 skipped = 0;

	if (!instance->object) /* what a predecessor has left */
		return 0;
	bpf_object__for_each_program(program, instance->object) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
			skipped += info.recursion_misses;
	}
	return skipped;
}

void instance_record(struct instance *instance)
{
	__atomic_store_n(&instance->state->shared->recording, instance->generation, __ATOMIC_RELEASE);
	instance->since = clock_since_boot();
}

/*
 * Does a map of its object end with it? The daemon's maps do not. Those of the plugin's state end with the last
 * generation.
 */
static bool ends_with(const struct instance *instance, const struct bpf_map *object_map)
{
	const char *map = bpf_map__name(object_map);
	static const char *const daemons[] = { "bpflock_ring", "bpflock_daemon", "bpflock_protected" };
	static const char *const state_maps[] = { STATE_MAP, "bpflock_stats", COUNTERS_MAP, GRANTS_MAP };

	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		if (strcmp(map, daemons[i]) == 0)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(state_maps); i++)
		if (strcmp(map, state_maps[i]) == 0)
			return instance->state->references == 1;
	if (kept_maps_have(instance->state, bpf_map__fd(object_map)))
		return instance->state->references == 1;
	return true;
}

void instance_unprotect(const struct instance *instance)
{
	struct bpf_program *program;
	struct bpf_map *map;

	if (!instance->object)
		return;
	bpf_object__for_each_map(map, instance->object)
		if (bpf_map__fd(map) >= 0 && ends_with(instance, map))
			protected_remove(instance->protected, BPFLOCK_PROTECTED_MAP, bpf_map__fd(map));
	if (instance->state->references == 1)
		protected_remove(instance->protected, BPFLOCK_PROTECTED_MAP, instance->state->delivery_map);
	bpf_object__for_each_program(program, instance->object)
		if (bpf_program__fd(program) >= 0)
			protected_remove(instance->protected, BPFLOCK_PROTECTED_PROGRAM, bpf_program__fd(program));
	for (size_t i = 0; i < instance->link_count; i++)
		protected_remove(instance->protected, BPFLOCK_PROTECTED_LINK, bpf_link__fd(instance->links[i]));
}

void instance_detach(struct instance *instance)
{
	instance_close_cgroups(instance);
	for (size_t i = 0; i < instance->link_count; i++)
		bpf_link__destroy(instance->links[i]);
	free(instance->links);
	instance->links = NULL;
	instance->link_count = 0;
}

void instance_free(struct instance *instance)
{
	instance_detach(instance);
	free(instance->skipped);
	free(instance->programs);
	if (instance->policy)
		munmap(instance->policy, sizeof(*instance->policy));
	bpf_object__close(instance->object);
	plugin_state_release(instance->state);
	*instance = (struct instance){ .exceptions_map = -1 };
}
