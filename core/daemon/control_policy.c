/* SPDX-License-Identifier: Apache-2.0 */
/* Policy: the rule of each operation, and where it comes from. */
#include <stdint.h>
#include <string.h>

#include "daemon/control_methods.h"
#include "daemon/explain.h"
#include "util/json.h"
#include "util/memory.h"

void control_add_origin(struct json_object *object, const struct policy_decider *decider)
{
	if (!decider->value)
		return;
	json_add_text(object, "option", decider->value->option->name);
	json_add_text(object, "item", explain_item(decider));
	json_add_text(object, "origin", explain_place(decider));
}

/* What baseline does about everybody; NULL where it looks at the namespaces, or another rule decides. */
static const char *baseline_of(__u32 rule)
{
	if (rule == BPFLOCK_RULE_BASELINE_ALLOW)
		return "allow";
	return rule == BPFLOCK_RULE_BASELINE_DENY ? "deny" : NULL;
}

struct json_object *control_new_operation(const struct operation *operation, const struct config_section *section,
					  const struct bpflock_policy_slot *policy)
{
	struct json_object *object = json_new();
	struct policy_decider decider;
	__u8 flags;

	json_add_text(object, "name", operation->name);
	json_add_text(object, "text", operation->text);
	json_add_bool(object, "missing", operation->index < 0);
	if (operation->index < 0)
		return object;
	decider = policy_decider(operation, section, policy);
	json_add_text(object, "rule", policy_rule_name(decider.rule));
	json_add_text(object, "baseline", baseline_of(decider.rule));
	control_add_origin(object, &decider);
	flags = policy->rules[operation->index] & (__u8)~BPFLOCK_RULE_MASK;
	json_add_bool(object, "audited", flags & BPFLOCK_RULE_AUDIT);
	json_add_bool(object, "exceptions",
		      policy_rule_has_exceptions(decider.rule) && flags & BPFLOCK_RULE_EXCEPTIONS);
	return object;
}

/**
 * struct policies - a list of policies that is being made
 * @name: of the only plugin that is wanted; NULL for all
 */
struct policies {
	const char *name;
	struct json_object *list;
};

static void append_policy(void *context, const struct plugin *plugin, const struct config_section *section,
			  const struct bpflock_policy_slot *policy)
{
	const struct policies *policies = context;
	struct json_object *object, *operations;

	if (policies->name && strcmp(policies->name, plugin->name) != 0)
		return;
	object = json_new();
	operations = json_new_list();
	for (size_t i = 0; i < plugin->operations.count; i++)
		json_append(operations, control_new_operation(&plugin->operations.items[i], section, policy));
	json_add_text(object, "name", plugin->name);
	json_add_text(object, "profile", control_profile_of(section));
	json_add(object, "operations", operations);
	json_append(policies->list, object);
}

static struct json_object *new_policies(const struct daemon *daemon, const char *name)
{
	struct policies policies = { name, json_new_list() };

	for (size_t i = 0; i < daemon->manager.count; i++) {
		const struct managed_plugin *managed = &daemon->manager.plugins[i];

		if (managed->instance && managed->policy)
			append_policy(&policies, managed->plugin, managed->section, managed->policy);
	}
	return policies.list;
}

/* What the configuration says now. Returns 0 or a negative errno, reported. */
static int evaluate(struct daemon *daemon, const struct policies *policies, struct report *report)
{
	struct config *config;
	int error = settings_reload(&daemon->settings, daemon->config_sources, &config, report);

	if (!error)
		error = manager_evaluate(&daemon->manager, config, append_policy, (void *)(uintptr_t)policies, report);
	config_free(config);
	return error;
}

static void reply_diff(struct daemon *daemon, struct control_call *call, const char *name)
{
	struct policies configured = { name, json_new_list() };
	struct report report = { 0 };
	struct json_object *parameters;

	if (evaluate(daemon, &configured, &report)) {
		json_object_put(configured.list);
		parameters = control_new_error("a reload would be refused: the configuration has errors",
					       "correct what the findings name; bpflock --check-config says the same");
		control_add_findings(parameters, &report);
		control_fail(call, CONTROL_INTERFACE ".ReloadRefused", parameters);
	} else {
		parameters = json_new();
		json_add(parameters, "plugins", new_policies(daemon, name));
		json_add(parameters, "configured", configured.list);
		control_add_findings(parameters, &report);
		control_reply(call, parameters);
	}
	report_clear(&report);
	daemon_trim_memory(daemon);
}

static bool is_plugin(const struct daemon *daemon, const char *name)
{
	for (size_t i = 0; i < daemon->manager.count; i++)
		if (strcmp(daemon->manager.plugins[i].plugin->name, name) == 0)
			return true;
	return false;
}

void control_policy(void *context, struct control_call *call)
{
	const char *name = json_object_get_string(control_parameter(call, "plugin"));
	struct json_object *parameters;

	if (name && !is_plugin(context, name)) {
		control_refuse_plugin(call);
	} else if (json_object_get_boolean(control_parameter(call, "diff"))) {
		reply_diff(context, call, name);
	} else {
		parameters = json_new();
		json_add(parameters, "plugins", new_policies(context, name));
		control_reply(call, parameters);
	}
}
