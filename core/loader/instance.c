/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include "loader/loader.h"
#include "loader/object_scan.h"
#include "plugin/host.h"
#include "util/memory.h"

#define VERIFIER_LOG_SIZE (1u << 20)
#define VERIFIER_LOG_END 400
#define POLICY_MAP ".data.policy"
#define COUNTERS_MAP ".data.counters"

static __attribute__((format(printf, 4, 5))) int fail(const struct instance *instance, int error,
						      struct report *report, const char *format, ...)
{
	const char *libbpf = libbpf_log_take();
	CLEANUP(cleanup_free) char *text = NULL;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	report_plugin(report_add(report, REPORT_ERROR, "plugin_failed", NULL, "%s: %s%s%s", text,
				 strerror(-error), *libbpf ? "; " : "", libbpf),
		      instance->plugin->name);
	return error;
}

static int skip_program(void *context, const char *name)
{
	const struct instance *instance = context;
	struct bpf_program *program = bpf_object__find_program_by_name(instance->object, name);

	return program ? bpf_program__set_autoload(program, false) : -ENOENT;
}

/* Programs whose target this kernel lacks would fail the whole object: they are left out, by name. */
static int select_programs(struct instance *instance, const struct kernel *kernel,
			   struct report *report)
{
	struct bpf_program *program;
	size_t left = 0;

	/* An object without programs is that of a plugin that only reads what others record. */
	instance->skipped = xstrdup("");
	bpf_object__for_each_program(program, instance->object) {
		const char *section = bpf_program__section_name(program);
		char *skipped;

		if (kernel_has_target(kernel, section)) {
			int error = section_set_target(program);

			if (error)
				return fail(instance, error, report, "cannot find the target of %s",
					    section);
			left++;
			continue;
		}
		bpf_program__set_autoload(program, false);
		skipped = xasprintf("%s%s%s", instance->skipped, *instance->skipped ? "," : "",
				    section);
		free(instance->skipped);
		instance->skipped = skipped;
	}
	if (left == 0 && *instance->skipped)
		return fail(instance, -EOPNOTSUPP, report,
			    "this kernel has none of the functions that its programs attach to (%s)",
			    instance->skipped);
	return 0;
}

static int set_options(const struct instance *instance, struct report *report)
{
	for (size_t i = 0; i < instance->section->value_count; i++) {
		const struct config_value *value = &instance->section->values[i];
		int error;

		if (!value->option->variable)
			continue;
		error = variable_set(instance->object, value->option->variable, value);
		if (error)
			return fail(instance, error, report,
				    "option '%s' does not go into the variable '%s' of its BPF object",
				    value->option->name, value->option->variable);
	}
	return 0;
}

/* An object uses of the shared declarations what it includes: an observer has no policy. */
static int set_shared_variables(const struct instance *instance, const struct kernel *kernel,
				struct report *report)
{
	const struct {
		const char *name;
		__u64 value;
	} variables[] = {
		{ "bpflock_source", instance->plugin->source },
		{ "bpflock_own_generation", instance->generation },
		{ "bpflock_init_net", kernel->init_net },
	};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		int error = variable_set_number(instance->object, variables[i].name,
						variables[i].value);

		if (error && error != -ENOENT)
			return fail(instance, error, report, "cannot set %s", variables[i].name);
	}
	return 0;
}

static int share_maps(const struct instance *instance, const struct pins *pins,
		      struct report *report)
{
	const struct {
		const char *name;
		int fd;
	} maps[] = {
		{ "bpflock_ring", pins->ring },
		{ "bpflock_daemon", pins->daemon },
		{ "bpflock_generation", instance->generation_map },
	};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(instance->object, maps[i].name);
		int error = map ? bpf_map__reuse_fd(map, maps[i].fd) : 0;

		if (error)
			return fail(instance, error, report, "cannot share the map %s", maps[i].name);
	}
	return 0;
}

static int open_object(struct instance *instance, struct report *report)
{
	const struct bpflock_plugin *descriptor = &instance->plugin->descriptor;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = descriptor->name);
	size_t size = (size_t)(descriptor->object_end - descriptor->object);

	instance->object = bpf_object__open_mem(descriptor->object, size, &opts);
	if (!instance->object)
		return fail(instance, -errno, report, "its BPF object cannot be opened");
	return 0;
}

/* Only bpf_probe_read_user may be put back under confidentiality (see core/loader/section.c). */
static int refuse_kernel_reads(const struct instance *instance, const struct kernel *kernel,
			       struct report *report)
{
	const struct bpflock_plugin *descriptor = &instance->plugin->descriptor;
	size_t size = (size_t)(descriptor->object_end - descriptor->object);

	if (!kernel->confidential ||
	    (!object_uses_helper(descriptor->object, size, BPF_FUNC_probe_read_kernel) &&
	     !object_uses_helper(descriptor->object, size, BPF_FUNC_probe_read_kernel_str)))
		return 0;
	return fail(instance, -EPERM, report,
		    "it reads kernel memory by bpf_probe_read_kernel, which the kernel denies under "
		    "lockdown=confidentiality");
}

static int prepare(struct instance *instance, struct report *report)
{
	struct host host = { .plugin = instance->plugin,
			     .report = report,
			     .context = instance,
			     .skip_program = skip_program };

	return host_call(&host, "prepare", instance->plugin->descriptor.prepare, instance->section);
}

/* Generations of one plugin share the map that says which of them records. */
static int open_generation(struct instance *instance, const struct instance *predecessor)
{
	if (!predecessor)
		return pins_open_generation(instance->plugin->name, &instance->generation);
	instance->generation = predecessor->generation + 1;
	return fcntl(predecessor->generation_map, F_DUPFD_CLOEXEC, 0);
}

int instance_open(struct instance *instance, const struct instance *predecessor,
		  const struct plugin *plugin, const struct config_section *section,
		  const struct kernel *kernel, const struct pins *pins, struct report *report)
{
	int error;

	*instance = (struct instance){
		.plugin = plugin, .section = section, .lost_map = -1, .exceptions_map = -1
	};
	instance->generation_map = open_generation(instance, predecessor);
	if (instance->generation_map < 0)
		return fail(instance, instance->generation_map, report,
			    "cannot open its generation map");
	error = refuse_kernel_reads(instance, kernel, report);
	if (!error)
		error = open_object(instance, report);
	if (!error)
		error = select_programs(instance, kernel, report);
	if (!error)
		error = set_shared_variables(instance, kernel, report);
	if (!error)
		error = set_options(instance, report);
	if (!error)
		error = share_maps(instance, pins, report);
	if (!error)
		error = prepare(instance, report);
	return error;
}

/* The last words of the verifier, on one line. */
static char *end_of_log(const char *log)
{
	size_t length = strlen(log);
	char *end = xstrdup(length > VERIFIER_LOG_END ? log + length - VERIFIER_LOG_END : log);

	for (char *c = end; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return end;
}

/*
 * Maps the contents of a map of global variables. libbpf's own view of it (map_contents()) ends with the
 * load: it is a copy. *ret stays NULL where the object has no such map.
 */
static int map_global(const struct instance *instance, const char *name, size_t size, int protection,
		      void **ret, struct report *report)
{
	struct bpf_map *map = bpf_object__find_map_by_name(instance->object, name);
	void *memory;

	*ret = NULL;
	if (!map)
		return 0;
	if (bpf_map__value_size(map) != size)
		return fail(instance, -EINVAL, report, "its map %s is not of this version", name);
	memory = mmap(NULL, size, protection, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED)
		return fail(instance, -errno, report, "its map %s cannot be mapped", name);
	*ret = memory;
	return 0;
}

static int map_globals(struct instance *instance, struct report *report)
{
	void *policy, *counters;
	int error;

	error = map_global(instance, POLICY_MAP, sizeof(*instance->policy), PROT_READ | PROT_WRITE,
			   &policy, report);
	instance->policy = policy;
	if (error)
		return error;
	error = map_global(instance, COUNTERS_MAP, sizeof(*instance->counters), PROT_READ,
			   &counters, report);
	instance->counters = counters;
	return error;
}

static int map_fd(const struct instance *instance, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(instance->object, name);

	return map ? bpf_map__fd(map) : -1;
}

int instance_load(struct instance *instance, struct report *report)
{
	CLEANUP(cleanup_free) char *log = xcalloc(1, VERIFIER_LOG_SIZE);
	CLEANUP(cleanup_free) char *end = NULL;
	struct bpf_program *program;
	int error;

	bpf_object__for_each_program(program, instance->object)
		bpf_program__set_log_buf(program, log, VERIFIER_LOG_SIZE);
	error = bpf_object__load(instance->object);
	if (error) {
		end = end_of_log(log);
		return fail(instance, error, report, "its BPF object cannot be loaded%s%s",
			    *end ? ": " : "", end);
	}
	instance->lost_map = map_fd(instance, "bpflock_lost");
	instance->exceptions_map = map_fd(instance, "bpflock_exceptions");
	return map_globals(instance, report);
}

int instance_attach(struct instance *instance, struct report *report)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, instance->object) {
		struct bpf_link *link;

		if (!bpf_program__autoload(program))
			continue;
		link = bpf_program__attach(program);
		if (!link)
			return fail(instance, -errno, report, "its program %s cannot be attached to %s",
				    bpf_program__name(program), bpf_program__section_name(program));
		instance->links = xreallocarray(instance->links, instance->link_count + 1,
						sizeof(*instance->links));
		instance->links[instance->link_count++] = link;
	}
	return 0;
}

static int pin_map(const struct instance *instance, const char *directory, const char *name,
		   const char *map, struct report *report)
{
	CLEANUP(cleanup_free) char *path = xasprintf("%s/%s", directory, name);
	int fd = map_fd(instance, map);

	if (fd >= 0 && bpf_obj_pin(fd, path) < 0)
		return fail(instance, -errno, report, "cannot pin %s", path);
	return 0;
}

static int pin_links(const struct instance *instance, const char *directory, struct report *report)
{
	for (size_t i = 0; i < instance->link_count; i++) {
		CLEANUP(cleanup_free) char *path = xasprintf("%s/link%zu", directory, i);
		int error = bpf_link__pin(instance->links[i], path);

		if (error)
			return fail(instance, error, report, "cannot pin %s", path);
	}
	return 0;
}

int instance_pin(struct instance *instance, struct report *report)
{
	CLEANUP(cleanup_free) char *directory = NULL;
	int error;

	directory = pins_make_generation(instance->plugin->name, instance->generation,
					 instance->generation_map);
	if (!directory)
		return fail(instance, -errno, report, "cannot make its directory on bpffs");
	error = pin_links(instance, directory, report);
	if (!error)
		error = pin_map(instance, directory, "policy", POLICY_MAP, report);
	if (!error)
		error = pin_map(instance, directory, "counters", COUNTERS_MAP, report);
	return error;
}

int instance_record(struct instance *instance, struct report *report)
{
	__u32 first = 0;

	if (bpf_map_update_elem(instance->generation_map, &first, &instance->generation, BPF_ANY) < 0)
		return fail(instance, -errno, report, "cannot move its generation on");
	return 0;
}

__u64 instance_decisions(const struct instance *instance, __u32 operation, __u32 verdict)
{
	__u64 total = 0;

	for (size_t i = 0; instance->counters && i < BPFLOCK_COUNTER_STRIPES; i++)
		total += __atomic_load_n(&instance->counters->decisions[i][operation][verdict],
					 __ATOMIC_RELAXED);
	return total;
}

__u64 instance_lost(const struct instance *instance)
{
	int cpus = libbpf_num_possible_cpus();
	CLEANUP(cleanup_free) __u64 *counts = NULL;
	__u64 total = 0;
	__u32 first = 0;

	if (cpus < 0 || instance->lost_map < 0)
		return 0;
	counts = xcalloc((size_t)cpus, sizeof(*counts));
	if (bpf_map_lookup_elem(instance->lost_map, &first, counts) < 0)
		return 0;
	for (int i = 0; i < cpus; i++)
		total += counts[i];
	return total;
}

void instance_free(struct instance *instance)
{
	for (size_t i = 0; i < instance->link_count; i++)
		bpf_link__destroy(instance->links[i]);
	free(instance->links);
	free(instance->skipped);
	if (instance->policy)
		munmap(instance->policy, sizeof(*instance->policy));
	if (instance->counters)
		munmap((void *)(uintptr_t)instance->counters, sizeof(*instance->counters));
	bpf_object__close(instance->object);
	if (instance->generation_map >= 0)
		close(instance->generation_map);
	*instance = (struct instance){ .generation_map = -1, .lost_map = -1, .exceptions_map = -1 };
}
