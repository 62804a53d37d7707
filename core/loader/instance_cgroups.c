/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroups that a plugin's section names: its exceptions. */
#include <errno.h>
#include <string.h>

#include "loader/instance.h"
#include "policy/exceptions.h"

static int complain(const struct instance *instance, int error, struct report *report)
{
	struct report_item *item = report_add(
		report, REPORT_ERROR, "cgroups_failed", NULL,
		"the cgroups that its section names cannot be watched, or one cannot be added: %s", strerror(-error));

	report_plugin(item, instance->plugin->name);
	if (error == -ENOSPC || error == -EMFILE)
		report_remedy(item, "raise the sysctl fs.inotify.max_user_%s",
			      error == -ENOSPC ? "watches" : "instances");
	return error;
}

int instance_prepare_exceptions(struct instance *instance, const struct config_section *section, int epoll,
				struct report *report)
{
	int error;

	if (instance->exceptions_map < 0 || !exceptions_wanted(section))
		return 0;
	error = exceptions_watch(section, instance->exceptions_map, epoll, &instance->next_exceptions);
	return error ? complain(instance, error, report) : 0;
}

void instance_commit_exceptions(struct instance *instance)
{
	exceptions_end(instance->exceptions, instance->next_exceptions);
	instance->exceptions = instance->next_exceptions;
	instance->next_exceptions = NULL;
}

void instance_discard_exceptions(struct instance *instance)
{
	instance->next_exceptions = exceptions_end(instance->next_exceptions, instance->exceptions);
}

void instance_refresh_cgroups(struct instance *instance, struct report *report)
{
	int error = instance->exceptions ? exceptions_refresh(instance->exceptions) : 0;

	if (error)
		(void)complain(instance, error, report);
}

void instance_close_cgroups(struct instance *instance)
{
	instance->exceptions = exceptions_close(instance->exceptions);
	instance->next_exceptions = exceptions_close(instance->next_exceptions);
}
