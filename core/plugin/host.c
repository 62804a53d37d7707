/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/host.h"

#include <errno.h>
#include <string.h>

#include "util/clock.h"
#include "util/crash.h"
#include "util/memory.h"

/* MAX_ERRNO of include/linux/err.h. */
#define ERRNO_MAX 4095
/* A callback that takes longer is reported. */
#define SLOW NANOSECONDS

static __attribute__((format(printf, 2, 3))) void report_error(const struct bpflock_host *interface, const char *format,
							       ...)
{
	const struct host *host = interface->core;
	va_list args;

	va_start(args, format);
	report_plugin(report_addv(host->report, REPORT_ERROR, "plugin_failed", host->where, format, args),
		      host->plugin->name);
	va_end(args);
}

static void forget_failure(struct host *host)
{
	free(host->failed.text);
	free(host->failed.name);
	config_names_clear(&host->failed.valid);
	host->failed = (struct host_failure){ 0 };
}

/* Keeps which call failed. Whether that is an error, the callback decides. Returns `error`. */
static int remember_failure(struct host *host, int error, const char *service, const char *name, const char *reason)
{
	if (!error)
		return 0;
	forget_failure(host);
	host->failed.name = xstrdup(name);
	host->failed.text =
		*name ? xasprintf("%s(\"%s\"): %s", service, name, reason) : xasprintf("%s(): %s", service, reason);
	return error;
}

/* The same for a name of which there is nothing; takes over the names that there are. */
static int remember_unknown(struct host *host, int error, const char *service, const char *name, const char *reason,
			    struct config_names *valid)
{
	(void)remember_failure(host, error, service, name, reason);
	if (error)
		host->failed.valid = *valid;
	return error;
}

static int skip_program(const struct bpflock_host *interface, const char *program)
{
	struct host *host = interface->core;
	struct config_names valid = { 0 };

	if (!host->skip_program)
		return remember_failure(host, -EPERM, "skip_program", program, "only prepare() may call it");
	return remember_unknown(host, host->skip_program(host->context, program, &valid), "skip_program", program,
				"its BPF object has no program of this name", &valid);
}

static int exempt_group(const struct bpflock_host *interface, const char *group)
{
	struct host *host = interface->core;
	struct config_names valid = { 0 };

	if (!host->exempt_group)
		return remember_failure(host, -EPERM, "exempt_group", group, "only policy() may call it");
	return remember_unknown(host, host->exempt_group(host->context, group, &valid), "exempt_group", group,
				"none of its operations is in a group of this name", &valid);
}

static __attribute__((format(printf, 3, 4))) void write_log(const struct bpflock_host *interface, __u32 level,
							    const char *format, ...)
{
	enum report_level report_level = level == BPFLOCK_LOG_WARNING ? REPORT_WARNING : REPORT_NOTICE;
	const struct host *host = interface->core;
	va_list args;

	va_start(args, format);
	report_plugin(report_addv(host->report, report_level, "plugin_message", NULL, format, args),
		      host->plugin->name);
	va_end(args);
}

static int refuse_service(struct host *host, const char *service, const char *name)
{
	return remember_failure(host, -EPERM, service, name, "it is offered only while the plugin runs");
}

static int find_map(const struct bpflock_host *interface, const char *name)
{
	struct host *host = interface->core;
	struct config_names valid = { 0 };
	int fd;

	if (!host->services)
		return refuse_service(host, "map", name);
	fd = host->services->map(host->services->context, name, &valid);
	if (fd >= 0)
		return fd;
	return remember_unknown(host, fd, "map", name, "its BPF object has no map of this name", &valid);
}

static int submit(const struct bpflock_host *interface, const struct bpflock_event *record, __u64 size)
{
	struct host *host = interface->core;
	int error = host->services ? host->services->submit(host->services->context, record, size) : -EPERM;

	if (error == -EPERM)
		return refuse_service(host, "submit", "");
	return remember_failure(host, error, "submit", "",
				"the record is not of a type with BPFLOCK_EVENT_NO_TASK, or too short or too long");
}

static int add_timer(const struct bpflock_host *interface, __u64 interval, bpflock_call call, void *data)
{
	struct host *host = interface->core;

	if (!host->services)
		return refuse_service(host, "timer", "");
	return host->services->timer(host->services->context, interval, call, data);
}

static int watch(const struct bpflock_host *interface, int fd, bpflock_call call, void *data)
{
	struct host *host = interface->core;

	if (!host->services)
		return refuse_service(host, "watch", "");
	return host->services->watch(host->services->context, fd, call, data);
}

static struct bpflock_host interface_of(struct host *host)
{
	return (struct bpflock_host){
		.size = sizeof(struct bpflock_host),
		.core = host,
		.error = report_error,
		.skip_program = skip_program,
		.exempt_group = exempt_group,
		.log = write_log,
		.map = find_map,
		.submit = submit,
		.timer = add_timer,
		.watch = watch,
	};
}

static bool is_errno(int error)
{
	return error < 0 && error >= -ERRNO_MAX;
}

/* Reports the result of a callback that failed and reported nothing. */
static void report_result(const struct host *host, const char *phase, int error)
{
	struct report_item *item;

	if (is_errno(error) && host->failed.text)
		item = report_add(host->report, REPORT_ERROR, "plugin_failed", host->where, "%s() failed by %s", phase,
				  host->failed.text);
	else if (is_errno(error))
		item = report_add(host->report, REPORT_ERROR, "plugin_failed", host->where, "%s() failed: %s", phase,
				  strerror(-error));
	else
		item = report_add(host->report, REPORT_ERROR, "plugin_failed", host->where,
				  "%s() returned %d, which is neither 0 nor a negative errno", phase, error);
	report_plugin(item, host->plugin->name);
	if (is_errno(error) && host->failed.valid.count)
		config_suggest(item, &host->failed.valid, host->failed.name);
}

static __u64 enter(const struct host *host, const char *phase)
{
	crash_enter(host->plugin->name, phase);
	return (__u64)clock_read(CLOCK_MONOTONIC);
}

static void leave(const struct host *host, const char *phase, __u64 entered)
{
	__u64 took = (__u64)clock_read(CLOCK_MONOTONIC) - entered;

	crash_leave();
	if (took > SLOW)
		report_plugin(report_add(host->report, REPORT_WARNING, "plugin_slow", NULL,
					 "its %s() took %llu ms, in which the daemon did nothing else", phase,
					 took / 1000000),
			      host->plugin->name);
}

/* What the callback is said to have returned, after it has returned `error`. */
static int finish(struct host *host, const char *phase, int error, size_t errors)
{
	if (error && host->report->errors == errors)
		report_result(host, phase, error);
	forget_failure(host);
	if (!error && host->report->errors == errors)
		return 0;
	/* -EALREADY would say that another daemon runs. */
	return is_errno(error) && error != -EALREADY ? error : -EINVAL;
}

int host_call(struct host *host, const char *phase, host_callback callback, const struct config_section *section)
{
	const struct bpflock_plugin *descriptor = &host->plugin->descriptor;
	const struct bpflock_host interface = interface_of(host);
	CLEANUP(cleanup_free) void *config = NULL;
	size_t errors = host->report->errors;
	__u64 entered;
	int error;

	if (!callback)
		return 0;
	config = xcalloc(1, descriptor->config_size);
	config_fill(section, &descriptor->options, config);
	entered = enter(host, phase);
	error = callback(&interface, config);
	leave(host, phase, entered);
	return finish(host, phase, error, errors);
}

int host_run(struct host *host, const char *phase, bpflock_call call, void *data)
{
	const struct bpflock_host interface = interface_of(host);
	size_t errors = host->report->errors;
	__u64 entered = enter(host, phase);
	int error = call(&interface, data);

	leave(host, phase, entered);
	return finish(host, phase, error, errors);
}

int host_read_metric(struct host *host, const struct bpflock_metric *metric, __u64 *ret)
{
	const struct bpflock_host interface = interface_of(host);
	__u64 entered = enter(host, "read");
	int error = metric->read(&interface, ret);

	leave(host, "read", entered);
	forget_failure(host);
	return error;
}

void host_observe(struct host *host, const char *source, const struct bpflock_event *event, __u64 size)
{
	const struct bpflock_host interface = interface_of(host);
	__u64 entered = enter(host, "observe");

	host->plugin->descriptor.observe(&interface, source, event, size);
	leave(host, "observe", entered);
	forget_failure(host);
}
