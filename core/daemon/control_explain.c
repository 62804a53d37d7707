/* SPDX-License-Identifier: Apache-2.0 */
/* Explain and ExplainOperation: why, from where, and what to change. */
#include <json-c/json_tokener.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "daemon/control_methods.h"
#include "daemon/explain.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/memory.h"

static const char *const verdicts[BPFLOCK_VERDICTS] = {
	[BPFLOCK_VERDICT_ALLOWED] = "allowed",
	[BPFLOCK_VERDICT_DENIED] = "denied",
	[BPFLOCK_VERDICT_WOULD_DENY] = "would_deny",
};

/* The decision as its JSON line has it; NULL where it cannot be decoded. */
static struct json_object *new_event(const struct recent_decision *recent)
{
	CLEANUP(cleanup_free) char *line = xcalloc(1, LOG_LINE_MAX);
	struct decoded_record decoded;

	if (record_decode(recent->source, &recent->last, sizeof(recent->last), clock_boot_time(), &decoded) < 0)
		return NULL;
	if (recent->count > 1)
		record_add_count(&decoded.record, recent->count);
	if (json_write(&decoded.record, line, LOG_LINE_MAX - 1) < 0)
		return NULL;
	return json_tokener_parse(line);
}

static void add_sentences(struct json_object *object, const struct explanation *explanation)
{
	CLEANUP(cleanup_free) char *why = explain_why(explanation), *change = explain_change(explanation);

	json_add_text(object, "why", why);
	json_add_text(object, "change", change);
}

/* Only baseline looks at the namespaces of the task, and not about every operation. */
static void add_namespaces(struct json_object *object, const struct operation *operation,
			   const struct bpflock_decision *decision)
{
	if (decision->rule == BPFLOCK_RULE_BASELINE)
		json_add_bool(object, "initial_namespaces", decision->verdict == BPFLOCK_VERDICT_ALLOWED);
	if (decision->rule == BPFLOCK_RULE_EXCEPTION && operation && operation->baseline == BPFLOCK_BASELINE_USUAL)
		json_add_bool(object, "initial_namespaces", false);
}

static void add_decision(struct json_object *object, const struct managed_plugin *managed,
			 const struct bpflock_decision *decision)
{
	const struct operation *operation = operations_at(&managed->plugin->operations, decision->operation);
	CLEANUP(cleanup_free) char *root = cgroup_root("/proc/self/mounts");
	CLEANUP(cleanup_free) char *cgroup = root ? cgroup_path_of(root, decision->event.cgroupid) : NULL;
	char unit[CGROUP_UNIT_SIZE] = "", unknown[OPERATION_TEXT_SIZE];
	struct policy_decider decider;
	bool known = explain_find_decider(managed, decision, &decider);
	struct explanation explanation = {
		.plugin = managed->plugin->name,
		.verdict = decision->verdict,
		.rule = decision->rule,
		.decider = known ? &decider : NULL,
		.unit = unit,
		.cgroup = cgroup ? cgroup : "",
	};

	operation_unknown_text(decision->operation, unknown);
	explanation.operation = operation ? operation->name : unknown;
	if (cgroup)
		cgroup_unit_of(cgroup, unit);
	json_add_text(object, "plugin", explanation.plugin);
	json_add_text(object, "operation", explanation.operation);
	json_add_text(object, "verdict", verdicts[decision->verdict]);
	json_add_text(object, "rule", policy_rule_name(decision->rule));
	if (known)
		control_add_origin(object, &decider);
	json_add_bool(object, "outdated", !known);
	add_namespaces(object, operation, decision);
	json_add_text(object, "cgroup", cgroup);
	json_add_text(object, "unit", *unit ? unit : NULL);
	add_sentences(object, &explanation);
}

void control_explain(void *context, struct control_call *call)
{
	struct json_object *number = control_parameter(call, "number"), *parameters, *event;
	const struct daemon *daemon = context;
	const struct recent_decision *recent = bus_recent(daemon->bus, number ? json_object_get_uint64(number) : 1);

	event = recent ? new_event(recent) : NULL;
	if (!event) {
		control_refuse(call, CONTROL_INTERFACE ".NoSuchDecision",
			       "there is no such decision among the last 64 that this daemon has logged",
			       "1 is the last one; bpflockctl monitor shows them while they are made");
		return;
	}
	parameters = json_new();
	json_add(parameters, "event", event);
	add_decision(parameters, manager_plugin_of(&daemon->manager, recent->source), &recent->last);
	control_reply(call, parameters);
}

static void append_operation(struct json_object *list, const struct managed_plugin *managed,
			     const struct operation *operation)
{
	struct json_object *object = json_new();
	struct explanation explanation = {
		.plugin = managed->plugin->name, .operation = operation->name, .unit = "", .cgroup = ""
	};
	struct policy_decider decider;
	__u8 rule;

	json_add_text(object, "plugin", managed->plugin->name);
	json_add(object, "policy", control_new_operation(operation, managed->section, managed->policy));
	if (operation->index >= 0) {
		rule = managed->policy->rules[operation->index];
		decider = policy_decider(operation, managed->section, managed->policy);
		explanation.verdict = policy_verdict(rule, false);
		explanation.rule = decider.rule;
		explanation.decider = &decider;
		json_add_text(object, "initial", verdicts[policy_verdict(rule, true)]);
		json_add_text(object, "others", verdicts[policy_verdict(rule, false)]);
		add_sentences(object, &explanation);
	}
	json_append(list, object);
}

void control_explain_operation(void *context, struct control_call *call)
{
	const char *name = json_object_get_string(control_parameter(call, "operation"));
	const struct daemon *daemon = context;
	struct json_object *list = json_new_list(), *parameters;

	for (size_t i = 0; i < daemon->manager.count; i++) {
		const struct managed_plugin *managed = &daemon->manager.plugins[i];
		const struct operations *operations = &managed->plugin->operations;

		for (size_t j = 0; managed->instance && managed->policy && j < operations->count; j++)
			if (operation_is_named(&operations->items[j], name))
				append_operation(list, managed, &operations->items[j]);
	}
	if (!json_length(list)) {
		json_object_put(list);
		control_refuse(call, CONTROL_INTERFACE ".NoSuchOperation",
			       "no enforcer that runs has an operation of that name", "bpflockctl policy lists them");
		return;
	}
	parameters = json_new();
	json_add(parameters, "operations", list);
	control_reply(call, parameters);
}
