/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/control_methods.h"

#include <bpflock/policy.h>
#include <string.h>

#include "daemon/describe.h"
#include "daemon/options.h"
#include "util/json.h"
#include "util/memory.h"

static struct json_object *new_finding(const struct report_item *item)
{
	static const char *const levels[] = {
		[REPORT_ERROR] = "error",
		[REPORT_WARNING] = "warning",
		[REPORT_NOTICE] = "notice",
	};
	struct json_object *finding = json_new();

	json_add_text(finding, "level", levels[item->level]);
	json_add_text(finding, "event", item->event);
	json_add_text(finding, "plugin", item->plugin);
	json_add_text(finding, "source", item->where);
	json_add_text(finding, "text", item->message);
	json_add_text(finding, "remedy", item->remedy);
	return finding;
}

void control_add_findings(struct json_object *parameters, const struct report *report)
{
	struct json_object *findings = json_new_list();

	for (size_t i = 0; i < report->count; i++)
		json_append(findings, new_finding(&report->items[i]));
	json_add(parameters, "findings", findings);
}

struct json_object *control_new_error(const char *text, const char *remedy)
{
	struct json_object *parameters = json_new();

	json_add_text(parameters, "text", text);
	json_add_text(parameters, "remedy", remedy);
	return parameters;
}

static void ping(void *context, struct control_call *call)
{
	(void)context;
	control_reply(call, NULL);
}

static void status_only(void *context, struct control_call *call)
{
	(void)context;
	control_restrict_to_status(call);
	control_reply(call, NULL);
}

/* Only a plugin that is named is described in detail: all together would be long. */
static struct json_object *describe(struct daemon *daemon, const char *name)
{
	struct json_object *list = json_new_list();

	if (name)
		kernel_load_targets(&daemon->kernel);
	for (size_t i = 0; i < daemon->manager.count; i++) {
		const struct managed_plugin *managed = &daemon->manager.plugins[i];

		if (!name || strcmp(name, managed->plugin->name) == 0)
			json_append(list, describe_plugin(managed->plugin, managed->section->enabled,
							  name ? &daemon->kernel : NULL));
	}
	if (name)
		daemon_trim_memory(daemon);
	return list;
}

void control_refuse_plugin(struct control_call *call)
{
	control_refuse(call, CONTROL_INTERFACE ".NoSuchPlugin", "there is no plugin of that name",
		       "bpflockctl plugins lists them");
}

static void plugins(void *context, struct control_call *call)
{
	const char *name = json_object_get_string(control_parameter(call, "name"));
	struct json_object *list = describe(context, name), *parameters;

	if (name && !json_length(list)) {
		json_object_put(list);
		control_refuse_plugin(call);
		return;
	}
	parameters = json_new();
	json_add(parameters, "plugins", list);
	control_reply(call, parameters);
}

static void reload(void *context, struct control_call *call)
{
	struct report report = { 0 };
	int error = daemon_reload(context, &report);
	struct json_object *parameters =
		error ? control_new_error("the new configuration was refused, and the old one is in force",
					  "correct what the findings name; bpflock --check-config says the same") :
			json_new();

	control_add_findings(parameters, &report);
	if (error)
		control_fail(call, CONTROL_INTERFACE ".ReloadRefused", parameters);
	else
		control_reply(call, parameters);
	report_clear(&report);
}

/* The loop ends after this. control_methods_stopped() replies. */
static void stop(void *context, struct control_call *call)
{
	const struct json_object *keep = control_parameter(call, "keep");
	struct daemon *daemon = context;

	daemon->stopping = true;
	daemon->stop_call = call;
	if (keep)
		daemon->on_exit = json_object_get_boolean(keep) ? ON_EXIT_KEEP : ON_EXIT_UNLOAD;
}

static void append_name(void *context, const char *plugin)
{
	json_append(context, json_text(plugin));
}

void control_methods_stopped(struct daemon *daemon, const struct report *report)
{
	struct json_object *parameters, *pinned;

	if (!daemon->stop_call)
		return;
	parameters = json_new();
	pinned = json_new_list();
	pins_each_plugin(append_name, pinned);
	json_add(parameters, "pinned", pinned);
	control_add_findings(parameters, report);
	control_reply(daemon->stop_call, parameters);
}

/* The rows are those of core/control/io.bpflock.varlink, in its order. */
static const struct control_method methods[] = {
	{ "Ping", CONTROL_STATUS, ping, {} },
	{ "StatusOnly", CONTROL_STATUS, status_only, {} },
	{ "Status", CONTROL_STATUS, control_status, { { "metrics", json_type_boolean, false } } },
	{ "Plugins", CONTROL_READ, plugins, { { "name", json_type_string, false } } },
	{ "Verify", CONTROL_READ, control_verify, {} },
	{ "Grants", CONTROL_STATUS, control_grants, {} },
	{ "Grant",
	  CONTROL_CHANGE,
	  control_grant,
	  { { "operations", json_type_array, true },
	    { "seconds", json_type_int, true },
	    { "reason", json_type_string, true },
	    { "unit", json_type_string, false },
	    { "cgroup", json_type_string, false },
	    { "everyone", json_type_boolean, false } } },
	{ "Revoke", CONTROL_CHANGE, control_revoke, { { "id", json_type_int, true } } },
	{ "Policy",
	  CONTROL_READ,
	  control_policy,
	  { { "plugin", json_type_string, false }, { "diff", json_type_boolean, false } } },
	{ "Monitor",
	  CONTROL_READ,
	  control_monitor,
	  { { "plugin", json_type_string, false },
	    { "denied", json_type_boolean, false },
	    { "operation", json_type_string, false },
	    { "comm", json_type_string, false },
	    { "unit", json_type_string, false },
	    { "logfmt", json_type_boolean, false } } },
	{ "Explain", CONTROL_READ, control_explain, { { "number", json_type_int, false } } },
	{ "ExplainOperation", CONTROL_READ, control_explain_operation, { { "operation", json_type_string, true } } },
	{ "Reload", CONTROL_CHANGE, reload, {} },
	{ "Stop", CONTROL_CHANGE, stop, { { "keep", json_type_boolean, false } } },
};

/* As long as a guard denies root on the host to signal the daemon, root may not ask for the same here. */
static bool is_restricted(void *context)
{
	const struct daemon *daemon = context;

	for (size_t i = 0; i < daemon->manager.count; i++) {
		const struct managed_plugin *managed = &daemon->manager.plugins[i];

		if (managed->instance && plugin_is_guard(managed->plugin) &&
		    config_number(managed->section, "profile") == BPFLOCK_RULE_RESTRICTED &&
		    !config_number(managed->section, "audit_only"))
			return true;
	}
	return false;
}

int control_methods_open(struct daemon *daemon)
{
	const struct control_options options = {
		.loop = daemon->loop,
		.log = &daemon->log,
		.methods = methods,
		.method_count = ARRAY_SIZE(methods),
		.is_restricted = is_restricted,
		.context = daemon,
	};

	return control_open(&options, &daemon->control);
}
