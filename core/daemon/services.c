/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/services.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/memory.h"

/**
 * struct service_source - a timer or a descriptor of a plugin
 * @fd:    of the timer, or a copy of the plugin's: that one the plugin may have closed, and its number be another file
 * @phase: "timer" or "watch", for messages
 */
struct service_source {
	struct service_source *next;
	struct services *services;
	int fd;
	bool is_copy;
	const char *phase;
	bpflock_call call;
	void *data;
};

/* Call it when the source is in the list no more. The loop closes its timers. */
static void free_source(struct service_source *source)
{
	loop_remove(source->services->loop, source->fd);
	if (source->is_copy)
		close(source->fd);
	free(source);
}

static void remove_source(struct service_source *source)
{
	struct service_source **place = &source->services->sources;

	while (*place != source)
		place = &(*place)->next;
	*place = source->next;
	free_source(source);
}

static struct host host_for(const struct services *services, struct report *report)
{
	return (struct host){ .plugin = services->source->plugin, .report = report, .services = &services->offered };
}

/* What fails once would fail again, at once in the case of a descriptor. */
static int handle_source(void *context)
{
	struct service_source *source = context;
	struct log *log = *source->services->log;
	struct report report = { 0 };
	struct host host = host_for(source->services, &report);

	if (host_run(&host, source->phase, source->call, source->data) < 0)
		remove_source(source);
	log_report(log, &report);
	report_clear(&report);
	return 0;
}

static struct service_source *new_source(struct services *services, const char *phase, bpflock_call call, void *data)
{
	struct service_source *source = xcalloc(1, sizeof(*source));

	*source = (struct service_source){
		.next = services->sources, .services = services, .phase = phase, .call = call, .data = data
	};
	return source;
}

/* Returns 0, or frees the source and returns the negative errno. */
static int keep_source(struct service_source *source, int fd)
{
	if (fd < 0) {
		free(source);
		return fd;
	}
	source->fd = fd;
	source->services->sources = source;
	return 0;
}

static int add_timer(void *context, __u64 interval, bpflock_call call, void *data)
{
	struct services *services = context;
	struct service_source *source;
	int error;

	if (!services->instance)
		return -EPERM;
	if (!interval || !call)
		return -EINVAL;
	source = new_source(services, "timer", call, data);
	error = keep_source(source, loop_add_timer(services->loop, CLOCK_MONOTONIC, handle_source, source));
	if (!error)
		loop_set_interval(source->fd, interval);
	return error;
}

static int watch(void *context, int fd, bpflock_call call, void *data)
{
	struct services *services = context;
	struct service_source *source;
	int copy, error;

	if (!services->instance)
		return -EPERM;
	if (!call)
		return -EINVAL;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return -errno;
	source = new_source(services, "watch", call, data);
	source->is_copy = true;
	error = loop_add(services->loop, copy, handle_source, source);
	if (error)
		close(copy);
	return keep_source(source, error ? error : copy);
}

static bool is_own_map(const struct bpf_map *map)
{
	return !bpf_map__is_internal(map) && strncmp(bpf_map__name(map), "bpflock_", strlen("bpflock_")) != 0;
}

static int find_map(void *context, const char *name, struct config_names *valid)
{
	const struct services *services = context;
	const struct bpf_object *object = services->instance ? services->instance->object : NULL;
	const struct bpf_map *map = object ? bpf_object__find_map_by_name(object, name) : NULL;

	if (map)
		return bpf_map__fd(map);
	bpf_object__for_each_map(map, object)
		if (is_own_map(map))
			config_names_add(valid, bpf_map__name(map));
	return -ENOENT;
}

static int submit(void *context, const struct bpflock_event *record, __u64 size)
{
	const struct services *services = context;

	if (!services->instance)
		return -EPERM;
	services->source->submitted = &services->instance->state->delivery->submitted;
	return bus_submit(services->bus, *services->log, services->source, record, size);
}

void services_open(struct services *services, struct bus_source *source, struct loop *loop, struct log *const *log,
		   struct bus *bus)
{
	*services = (struct services){
		.offered = { .context = services,
			     .map = find_map,
			     .submit = submit,
			     .timer = add_timer,
			     .watch = watch },
		.source = source,
		.loop = loop,
		.log = log,
		.bus = bus,
	};
}

static void remove_sources(struct services *services)
{
	while (services->sources) {
		struct service_source *source = services->sources;

		services->sources = source->next;
		free_source(source);
	}
}

void services_start(struct services *services, const struct instance *instance, const struct config_section *section,
		    struct report *report)
{
	struct host host;

	if (!services->loop)
		return;
	services->instance = instance;
	host = host_for(services, report);
	services->started = host_call(&host, "start", services->source->plugin->descriptor.start, section) == 0;
	if (services->started)
		return;
	remove_sources(services);
	services->instance = NULL;
}

void services_stop(struct services *services, const struct config_section *section, struct report *report)
{
	struct host host;

	if (!services->instance)
		return;
	remove_sources(services);
	host = host_for(services, report);
	if (services->started)
		(void)host_call(&host, "stop", services->source->plugin->descriptor.stop, section);
	remove_sources(services); /* that stop() has begun */
	services->started = false;
	services->instance = NULL;
}

static int read_cpus(int fd, __u32 index, size_t size, __u64 *ret)
{
	int cpus = libbpf_num_possible_cpus();
	size_t stride = (size + 7) / 8 * 8;
	CLEANUP(cleanup_free) char *values = xcalloc(cpus < 0 ? 1 : (size_t)cpus, stride);

	if (cpus < 0 || bpf_map_lookup_elem(fd, &index, values) < 0)
		return -ENODATA;
	*ret = 0;
	for (int i = 0; i < cpus; i++)
		*ret += *(const __u64 *)(const void *)(values + (size_t)i * stride);
	return 0;
}

static int read_map(const struct instance *instance, const struct bpflock_metric *metric, __u64 *ret)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(instance->object, metric->map);
	CLEANUP(cleanup_free) __u64 *value = xcalloc(1, bpf_map__value_size(map) + sizeof(*value));

	if (bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY)
		return read_cpus(bpf_map__fd(map), metric->index, bpf_map__value_size(map), ret);
	if (bpf_map_lookup_elem(bpf_map__fd(map), &metric->index, value) < 0)
		return -errno;
	*ret = *value;
	return 0;
}

static int read_metric(const struct services *services, const struct bpflock_metric *metric, struct report *report,
		       __u64 *ret)
{
	struct host host = host_for(services, report);

	return metric->map ? read_map(services->instance, metric, ret) : host_read_metric(&host, metric, ret);
}

void services_each_metric(struct services *services, services_visit_metric *visit, void *context)
{
	struct report report = { 0 };
	const struct bpflock_table *table;

	if (!services->instance)
		return;
	table = &services->source->plugin->descriptor.metrics;
	for (__u32 i = 0; i < table->count; i++) {
		const struct bpflock_metric *metric = &((const struct bpflock_metric *)table->rows)[i];
		__u64 value = 0;

		if (read_metric(services, metric, &report, &value) == 0)
			visit(context, metric, value);
	}
	log_report(*services->log, &report);
	report_clear(&report);
}
