/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/status.h"

#include <sys/utsname.h>

#include "daemon/notify.h"
#include "util/memory.h"

static void log_verification(struct log *log, struct verification *verification, const char *plugin)
{
	static const enum log_level levels[] = {
		[VERIFY_ENFORCING] = LOG_LEVEL_INFO,
		[VERIFY_UNVERIFIED] = LOG_LEVEL_WARNING,
		[VERIFY_FAILED] = LOG_LEVEL_ERROR,
	};
	struct log_record record = log_daemon_record(levels[verification->state], "enforcement");

	record.bpfprog = plugin;
	log_str(&record, "state", verify_state_name(verification->state));
	if (verification->reason)
		log_str(&record, "reason", verification->reason);
	if (verification->unseen)
		log_str(&record, "unverified", verification->unseen);
	log_write(log, &record);
	verification->reported = true;
}

bool status_log_enforcement(struct log *log, struct manager *manager)
{
	bool any = false;

	for (size_t i = 0; i < manager->count; i++) {
		struct managed_plugin *managed = &manager->plugins[i];

		if (!manager_is_running_enforcer(managed) || managed->verification.reported)
			continue;
		log_verification(log, &managed->verification, managed->plugin->name);
		any = true;
	}
	return any;
}

static void log_instance(struct log *log, const struct instance *instance)
{
	struct log_record record = log_daemon_record(LOG_LEVEL_INFO, "plugin_running");

	record.bpfprog = instance->plugin->name;
	log_str(&record, "version", instance->plugin->descriptor.version);
	log_uint(&record, "generation", instance->generation);
	log_uint(&record, "programs", instance->link_count);
	if (*instance->skipped)
		log_str(&record, "not_in_this_kernel", instance->skipped);
	log_write(log, &record);
}

/* "NAME (STATE)" for an enforcer. */
static char *describe(const struct managed_plugin *managed)
{
	const char *name = managed->plugin->name;

	if (!manager_is_running_enforcer(managed))
		return xstrdup(name);
	return xasprintf("%s (%s)", name, verify_state_name(managed->verification.state));
}

void status_tell_service(const struct manager *manager, const char *first)
{
	CLEANUP(cleanup_free) char *text = xasprintf("%srunning:", first);

	for (size_t i = 0; i < manager->count; i++) {
		CLEANUP(cleanup_free) char *plugin = NULL;

		if (!manager->plugins[i].instance)
			continue;
		plugin = describe(&manager->plugins[i]);
		xappend(&text, " ", "%s", plugin);
	}
	notify_ready(text);
}

void status_log_running(struct log *log, struct manager *manager, const char *event)
{
	struct log_record record;
	struct utsname name;

	for (size_t i = 0; i < manager->count; i++)
		if (manager->plugins[i].instance)
			log_instance(log, manager->plugins[i].instance);
	(void)status_log_enforcement(log, manager);
	uname(&name);
	record = log_daemon_record(LOG_LEVEL_INFO, event);
	log_str(&record, "version", BPFLOCK_VERSION);
	log_str(&record, "kernel", name.release);
	log_write(log, &record);
	status_tell_service(manager, "");
}
