/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/host.h"

#include <errno.h>
#include <string.h>

#include "util/crash.h"
#include "util/memory.h"

/* MAX_ERRNO of include/linux/err.h. */
#define ERRNO_MAX 4095

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

/* Keeps which call failed. Whether that is an error, the callback decides. Returns `error`. */
static int remember_failure(struct host *host, int error, const char *service, const char *name, const char *reason)
{
	if (!error)
		return 0;
	free(host->failed);
	host->failed = xasprintf("%s(\"%s\"): %s", service, name, reason);
	return error;
}

static int skip_program(const struct bpflock_host *interface, const char *program)
{
	struct host *host = interface->core;

	if (!host->skip_program)
		return remember_failure(host, -EPERM, "skip_program", program, "only prepare() may call it");
	return remember_failure(host, host->skip_program(host->context, program), "skip_program", program,
				"its BPF object has no program of this name");
}

static int exempt_group(const struct bpflock_host *interface, const char *group)
{
	struct host *host = interface->core;

	if (!host->exempt_group)
		return remember_failure(host, -EPERM, "exempt_group", group, "only policy() may call it");
	return remember_failure(host, host->exempt_group(host->context, group), "exempt_group", group,
				"none of its operations is in a group of this name");
}

static struct bpflock_host interface_of(struct host *host)
{
	return (struct bpflock_host){
		.size = sizeof(struct bpflock_host),
		.core = host,
		.error = report_error,
		.skip_program = skip_program,
		.exempt_group = exempt_group,
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

	if (is_errno(error) && host->failed)
		item = report_add(host->report, REPORT_ERROR, "plugin_failed", host->where, "%s() failed by %s", phase,
				  host->failed);
	else if (is_errno(error))
		item = report_add(host->report, REPORT_ERROR, "plugin_failed", host->where, "%s() failed: %s", phase,
				  strerror(-error));
	else
		item = report_add(host->report, REPORT_ERROR, "plugin_failed", host->where,
				  "%s() returned %d, which is neither 0 nor a negative errno", phase, error);
	report_plugin(item, host->plugin->name);
}

int host_call(struct host *host, const char *phase, host_callback callback, const struct config_section *section)
{
	const struct bpflock_plugin *descriptor = &host->plugin->descriptor;
	const struct bpflock_host interface = interface_of(host);
	CLEANUP(cleanup_free) void *config = NULL;
	size_t errors = host->report->errors;
	int error;

	if (!callback)
		return 0;
	config = xcalloc(1, descriptor->config_size);
	config_fill(section, &descriptor->options, config);
	crash_enter(host->plugin->name, phase);
	error = callback(&interface, config);
	crash_leave();
	if (error && host->report->errors == errors)
		report_result(host, phase, error);
	free(host->failed);
	host->failed = NULL;
	if (!error && host->report->errors == errors)
		return 0;
	/* -EALREADY would say that another daemon runs. */
	return is_errno(error) && error != -EALREADY ? error : -EINVAL;
}

void host_observe(struct host *host, const char *source, const struct bpflock_event *event, __u64 size)
{
	const struct bpflock_host interface = interface_of(host);

	crash_enter(host->plugin->name, "observe");
	host->plugin->descriptor.observe(&interface, source, event, size);
	crash_leave();
}
