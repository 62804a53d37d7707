/* SPDX-License-Identifier: Apache-2.0 */
/* Status and Verify: what runs, whether it enforces, and what was counted. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon/control_methods.h"
#include "daemon/describe.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/memory.h"

void control_add_time(struct json_object *object, const char *key, __u64 since_boot)
{
	const struct timespec time = clock_wall_time(since_boot, clock_boot_time());
	char text[LOG_TIME_SIZE];

	log_time_text(&time, false, text);
	json_add_text(object, key, text);
}

static __u64 resident_memory(void)
{
	CLEANUP(cleanup_close) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	unsigned long pages = 0;
	char text[128] = "";

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		(void)sscanf(text, "%*u %lu", &pages);
	return pages * (__u64)sysconf(_SC_PAGESIZE);
}

static struct json_object *new_texts(char *const *texts, size_t count)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < count; i++)
		json_append(list, json_text(texts[i]));
	return list;
}

static void append_output(void *context, const char *name, const struct log_loss *loss)
{
	struct json_object *output = json_new();

	json_add_text(output, "name", name);
	json_add_uint(output, "lost", loss->events);
	json_add_uint(output, "lost_messages", loss->messages);
	json_append(context, output);
}

static struct json_object *new_daemon(const struct daemon *daemon)
{
	const struct config *config = daemon->manager.config;
	struct json_object *object = json_new(), *outputs = json_new_list();
	__u64 used, size;

	bus_ring_usage(daemon->bus, &used, &size);
	log_each_output(daemon->log, append_output, outputs);
	json_add_text(object, "version", BPFLOCK_VERSION);
	json_add_uint(object, "pid", (__u64)getpid());
	control_add_time(object, "since", daemon->since);
	json_add_uint(object, "resident_bytes", resident_memory());
	json_add_uint(object, "ring_bytes", size);
	json_add_uint(object, "ring_used_bytes", used);
	json_add(object, "configuration", new_texts(config->files, config->file_count));
	json_add(object, "outputs", outputs);
	return object;
}

/* The hooks stand in one text, separated by commas. */
static struct json_object *new_hooks(const char *hooks)
{
	struct json_object *list = json_new_list();
	CLEANUP(cleanup_free) char *copy = xstrdup(hooks);
	char *rest = copy;

	for (char *section; (section = strsep(&rest, ","));)
		if (*section)
			json_append(list, json_text(section));
	return list;
}

/* What is configured and does not run has failed; the log says why, and so did the reply of a reload. */
static void add_state(struct json_object *object, const struct managed_plugin *managed)
{
	const struct verification *verification = &managed->verification;
	bool enabled = managed->section->enabled;
	const char *state = enabled ? "failed" : "disabled";
	const char *reason = enabled ? "it does not run: event=plugin_failed of the log says why" : NULL;

	if (managed->plugin->refusal) {
		state = "refused";
		reason = managed->plugin->refusal;
	} else if (manager_is_running_enforcer(managed)) {
		state = verify_state_name(verification->state);
		reason = verification->reason;
		json_add(object, "unseen", new_hooks(verification->unseen ? verification->unseen : ""));
	} else if (managed->instance) {
		state = "observing";
		reason = NULL;
	}
	json_add_text(object, "state", state);
	json_add_text(object, "reason", reason);
}

/* A profile may have several names. The first one is that of the documentation. */
const char *control_profile_of(const struct config_section *section)
{
	const struct bpflock_table *table = &config_value(section, "profile")->option->values;
	const struct bpflock_value *values = table->rows;

	for (__u32 i = 0; i < table->count; i++)
		if (values[i].value == config_number(section, "profile"))
			return values[i].name;
	return NULL;
}

static void add_policy(struct json_object *object, const struct config_section *section)
{
	json_add_text(object, "profile", control_profile_of(section));
	json_add_bool(object, "audit_only", config_number(section, "audit_only"));
}

static __u64 sum_of_decisions(const struct plugin_state *state, __u32 verdict)
{
	__u64 sum = 0;

	for (__u32 i = 0; i <= BPFLOCK_OPERATIONS_MAX; i++)
		sum += plugin_state_decisions(state, i, verdict);
	return sum;
}

static struct json_object *new_decisions(const struct plugin_state *state)
{
	static const char *const keys[BPFLOCK_VERDICTS] = {
		[BPFLOCK_VERDICT_ALLOWED] = "allowed",
		[BPFLOCK_VERDICT_DENIED] = "denied",
		[BPFLOCK_VERDICT_WOULD_DENY] = "would_deny",
		[BPFLOCK_VERDICT_EXEMPT] = "exempt",
	};
	struct json_object *decisions = json_new();

	for (__u32 i = 0; i < BPFLOCK_VERDICTS; i++)
		json_add_uint(decisions, keys[i], sum_of_decisions(state, i));
	return decisions;
}

static void add_counts(struct json_object *object, const struct managed_plugin *managed)
{
	const struct bpflock_stats stats = plugin_state_stats(managed->instance->state);
	struct json_object *lost = json_new();

	if (plugin_is_enforcer(managed->plugin))
		json_add(object, "decisions", new_decisions(managed->instance->state));
	json_add_uint(object, "records", stats.records);
	json_add_uint(object, "submitted", managed->instance->state->delivery->submitted);
	json_add_uint(lost, "ring", stats.lost);
	json_add_uint(lost, "daemon", managed->losses.daemon);
	json_add_uint(lost, "stolen", managed->losses.stolen);
	json_add_uint(lost, "invalid", managed->losses.invalid);
	json_add(object, "lost", lost);
}

static void append_metric(void *context, const struct bpflock_metric *metric, __u64 value)
{
	struct json_object *object = json_new();

	json_add_text(object, "name", metric->name);
	json_add_text(object, "type", metric->type == BPFLOCK_METRIC_COUNTER ? "counter" : "gauge");
	json_add_text(object, "help", metric->help);
	json_add_uint(object, "value", value);
	json_append(context, object);
}

static struct json_object *new_metrics(struct managed_plugin *managed)
{
	struct json_object *metrics = json_new_list();

	services_each_metric(&managed->services, append_metric, metrics);
	return metrics;
}

static void add_instance(struct json_object *object, struct managed_plugin *managed, bool with_metrics)
{
	const struct instance *instance = managed->instance;

	if (plugin_is_enforcer(managed->plugin))
		add_policy(object, managed->section);
	json_add_uint(object, "generation", instance->generation);
	control_add_time(object, "since", instance->since);
	json_add_uint(object, "programs", instance->link_count);
	json_add(object, "missing", new_hooks(instance->skipped));
	add_counts(object, managed);
	if (with_metrics)
		json_add(object, "metrics", new_metrics(managed));
}

static struct json_object *new_plugin(struct managed_plugin *managed, bool with_metrics)
{
	const struct plugin *plugin = managed->plugin;
	struct json_object *object = json_new();

	json_add_text(object, "name", plugin->name);
	if (!plugin->refusal) {
		json_add_text(object, "version", plugin->descriptor.version);
		json_add_text(object, "kind", describe_kind(plugin));
	}
	json_add_bool(object, "required", managed->section->enabled && config_number(managed->section, "required"));
	add_state(object, managed);
	if (managed->instance)
		add_instance(object, managed, with_metrics);
	return object;
}

void control_status(void *context, struct control_call *call)
{
	struct json_object *parameters = json_new(), *plugins = json_new_list();
	const struct json_object *metrics = control_parameter(call, "metrics");
	bool with_metrics = metrics && json_object_get_boolean(metrics);
	const struct daemon *daemon = context;

	for (size_t i = 0; i < daemon->manager.count; i++)
		json_append(plugins, new_plugin(&daemon->manager.plugins[i], with_metrics));
	json_add(parameters, "daemon", new_daemon(daemon));
	json_add(parameters, "plugins", plugins);
	control_reply(call, parameters);
}

void control_verify(void *context, struct control_call *call)
{
	struct json_object *parameters = json_new(), *plugins = json_new_list();
	struct daemon *daemon = context;

	daemon_verify(daemon);
	for (size_t i = 0; i < daemon->manager.count; i++) {
		const struct managed_plugin *managed = &daemon->manager.plugins[i];
		struct json_object *object;

		if (!manager_is_running_enforcer(managed))
			continue;
		object = json_new();
		json_add_text(object, "name", managed->plugin->name);
		json_add_bool(object, "required", config_number(managed->section, "required"));
		add_state(object, managed);
		json_append(plugins, object);
	}
	json_add(parameters, "plugins", plugins);
	control_reply(call, parameters);
}
