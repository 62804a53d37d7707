/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics, by one table. Values of labels are names of plugins, stages, states and outputs: from tables and from the
 * configuration. What a process or a file has chosen is never a label: it would make series without end.
 */
#include <json-c/linkhash.h>
#include <string.h>
#include <time.h>

#include "control/control.h"
#include "metrics/metrics.h"
#include "util/json.h"
#include "util/memory.h"

/**
 * struct sample - what the daemon has replied, and where the metrics go
 * @name: of the metric that is being printed
 */
struct sample {
	const struct json_object *daemon;
	const struct json_object *plugins;
	const struct json_object *grants;
	FILE *stream;
	const char *name;
};

/**
 * struct metric - one name
 * @type:  "counter" or "gauge"
 * @print: prints a line for each set of labels
 */
struct metric {
	const char *name;
	const char *type;
	const char *help;
	void (*print)(const struct sample *sample);
};

static const struct json_object *member(const struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static void print_escaped(FILE *stream, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", stream);
			continue;
		}
		if (*text == '"' || *text == '\\')
			putc('\\', stream);
		putc(*text, stream);
	}
}

/* A line without labels. */
static void print_value(const struct sample *sample, __u64 value)
{
	fprintf(sample->stream, "%s %llu\n", sample->name, value);
}

/* `labels`: names and values by turns, up to NULL. */
static void print_labelled(const struct sample *sample, const char *const *labels, __u64 value)
{
	fprintf(sample->stream, "%s{", sample->name);
	for (size_t i = 0; labels[i]; i += 2) {
		fprintf(sample->stream, "%s%s=\"", i ? "," : "", labels[i]);
		print_escaped(sample->stream, labels[i + 1]);
		putc('"', sample->stream);
	}
	fprintf(sample->stream, "} %llu\n", value);
}
#define PRINT(sample, value, ...) print_labelled(sample, (const char *const[]){ __VA_ARGS__, NULL }, value)

static void print_build(const struct sample *sample)
{
	PRINT(sample, 1, "version", json_get_text(sample->daemon, "version"));
}

static void print_start(const struct sample *sample)
{
	struct tm since = { 0 };

	if (strptime(json_get_text(sample->daemon, "since"), "%Y-%m-%dT%H:%M:%S", &since))
		print_value(sample, (__u64)timegm(&since));
}

static void print_memory(const struct sample *sample)
{
	print_value(sample, json_get_uint(sample->daemon, "resident_bytes"));
}

static void print_ring(const struct sample *sample)
{
	print_value(sample, json_get_uint(sample->daemon, "ring_bytes"));
}

static void print_ring_used(const struct sample *sample)
{
	print_value(sample, json_get_uint(sample->daemon, "ring_used_bytes"));
}

static void print_outputs(const struct sample *sample, const char *key)
{
	const struct json_object *outputs = json_get_list(sample->daemon, "outputs");

	for (size_t i = 0; i < json_length(outputs); i++) {
		const struct json_object *output = json_object_array_get_idx(outputs, i);

		PRINT(sample, json_get_uint(output, key), "output", json_get_text(output, "name"));
	}
}

static void print_output_events(const struct sample *sample)
{
	print_outputs(sample, "lost");
}

static void print_output_messages(const struct sample *sample)
{
	print_outputs(sample, "lost_messages");
}

static void each_plugin(const struct sample *sample,
			void (*print)(const struct sample *sample, const struct json_object *plugin, const char *name))
{
	for (size_t i = 0; i < json_length(sample->plugins); i++) {
		const struct json_object *plugin = json_object_array_get_idx(sample->plugins, i);

		print(sample, plugin, json_get_text(plugin, "name"));
	}
}

static void print_info(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	PRINT(sample, 1, "plugin", name, "version", json_get_text(plugin, "version"), "kind",
	      json_get_text(plugin, "kind"));
}

static void print_infos(const struct sample *sample)
{
	each_plugin(sample, print_info);
}

static void print_state(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	static const char *const states[] = { "enforcing", "unverified", "failed", "observing", "disabled", "refused" };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		PRINT(sample, strcmp(json_get_text(plugin, "state"), states[i]) == 0, "plugin", name, "state",
		      states[i]);
}

static void print_states(const struct sample *sample)
{
	each_plugin(sample, print_state);
}

static void print_is_required(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	PRINT(sample, json_get_bool(plugin, "required"), "plugin", name);
}

static void print_required(const struct sample *sample)
{
	each_plugin(sample, print_is_required);
}

static void print_missing_of(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	PRINT(sample, json_length(json_get_list(plugin, "missing")), "plugin", name);
}

static void print_missing(const struct sample *sample)
{
	each_plugin(sample, print_missing_of);
}

static void print_unseen_of(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	PRINT(sample, json_length(json_get_list(plugin, "unseen")), "plugin", name);
}

static void print_unseen(const struct sample *sample)
{
	each_plugin(sample, print_unseen_of);
}

/* One line for each of the counts in an object; none where a plugin has no such object. */
static void print_counts(const struct sample *sample, const struct json_object *counts, const char *plugin,
			 const char *label)
{
	if (!counts)
		return;
	json_object_object_foreach((struct json_object *)(uintptr_t)counts, name, value)
	{
		PRINT(sample, (__u64)json_object_get_uint64(value), "plugin", plugin, label, name);
	}
}

static void print_decisions_of(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	print_counts(sample, member(plugin, "decisions"), name, "verdict");
}

static void print_decisions(const struct sample *sample)
{
	each_plugin(sample, print_decisions_of);
}

static void print_losses_of(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	print_counts(sample, member(plugin, "lost"), name, "stage");
}

static void print_losses(const struct sample *sample)
{
	each_plugin(sample, print_losses_of);
}

static void print_records_of(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	if (!member(plugin, "records"))
		return;
	PRINT(sample, json_get_uint(plugin, "records"), "plugin", name, "source", "kernel");
	PRINT(sample, json_get_uint(plugin, "submitted"), "plugin", name, "source", "submitted");
}

static void print_records(const struct sample *sample)
{
	each_plugin(sample, print_records_of);
}

static void print_grants_of(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	__u64 count = 0;

	for (size_t i = 0; i < json_length(sample->grants); i++)
		count += strcmp(json_get_text(json_object_array_get_idx(sample->grants, i), "plugin"), name) == 0;
	if (strcmp(json_get_text(plugin, "kind"), "enforcer") == 0)
		PRINT(sample, count, "plugin", name);
}

static void print_grants(const struct sample *sample)
{
	each_plugin(sample, print_grants_of);
}

/*
 * A plugin's own metric is bpflock_plugin_PLUGIN_NAME, and no PLUGIN has an underscore. So no name here may be
 * bpflock_plugin_ and two words, or a plugin could have the same.
 */
static const struct metric metrics[] = {
	{ "bpflock_build_info", "gauge", "The version of the daemon", print_build },
	{ "bpflock_start_time_seconds", "gauge", "When the daemon started, since the epoch", print_start },
	{ "bpflock_resident_memory_bytes", "gauge", "Resident memory of the daemon", print_memory },
	{ "bpflock_ring_size_bytes", "gauge", "Size of the ring between kernel and daemon", print_ring },
	{ "bpflock_ring_used_bytes", "gauge", "What of the ring has not been read yet", print_ring_used },
	{ "bpflock_output_lost_events_total", "counter", "Events that an output of the log has lost",
	  print_output_events },
	{ "bpflock_output_lost_messages_total", "counter", "Lines of the daemon that an output of the log has lost",
	  print_output_messages },
	{ "bpflock_plugin_info", "gauge", "The installed plugins", print_infos },
	{ "bpflock_plugin_state", "gauge", "1 for the state that a plugin is in", print_states },
	{ "bpflock_plugin_required", "gauge", "Whether the daemon does not run without the plugin", print_required },
	{ "bpflock_missing_programs", "gauge", "Programs that were left out: this kernel lacks their hooks",
	  print_missing },
	{ "bpflock_unseen_programs", "gauge", "Programs that have not been seen to run since they were loaded",
	  print_unseen },
	{ "bpflock_decisions_total", "counter", "Decisions, as counted by the kernel", print_decisions },
	{ "bpflock_records_total", "counter", "Records, by whether a program or the plugin in the daemon made them",
	  print_records },
	{ "bpflock_lost_records_total", "counter", "Records without a line", print_losses },
	{ "bpflock_grants", "gauge", "Grants that are in force", print_grants },
};

static void print_all(struct sample *sample)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		sample->name = metrics[i].name;
		fprintf(sample->stream, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help,
			metrics[i].name, metrics[i].type);
		metrics[i].print(sample);
	}
}

/* Names and help are from the plugin's tables, which the daemon has checked. */
static void print_own_metric(const struct sample *sample, const struct json_object *metric, const char *plugin)
{
	CLEANUP(cleanup_free) char *name = xasprintf("bpflock_plugin_%s_%s", plugin, json_get_text(metric, "name"));

	fprintf(sample->stream, "# HELP %s ", name);
	print_escaped(sample->stream, json_get_text(metric, "help"));
	fprintf(sample->stream, "\n# TYPE %s %s\n%s %llu\n", name, json_get_text(metric, "type"), name,
		json_get_uint(metric, "value"));
}

static void print_own_metrics_of(const struct sample *sample, const struct json_object *plugin, const char *name)
{
	const struct json_object *list = json_get_list(plugin, "metrics");

	for (size_t i = 0; i < json_length(list); i++)
		print_own_metric(sample, json_object_array_get_idx(list, i), name);
}

/* A reply without an error; otherwise an exit status. */
static int ask(const struct ctl *ctl, int fd, const char *method, struct json_object *parameters, struct reply *reply)
{
	int status = client_call(ctl, fd, method, parameters, reply);

	if (!status)
		(void)reply_is_to_print(ctl, reply, &status);
	return status;
}

int metrics_print(const struct ctl *ctl, int fd, FILE *stream)
{
	struct reply state = { 0 }, grants = { 0 };
	struct json_object *with_metrics = json_new();
	int status;

	json_add_bool(with_metrics, "metrics", true);
	status = ask(ctl, fd, "Status", with_metrics, &state);
	if (!status)
		status = ask(ctl, fd, "Grants", NULL, &grants);
	if (!status) {
		struct sample sample = {
			.daemon = member(state.parameters, "daemon"),
			.plugins = json_get_list(state.parameters, "plugins"),
			.grants = json_get_list(grants.parameters, "grants"),
			.stream = stream,
		};

		print_all(&sample);
		each_plugin(&sample, print_own_metrics_of);
	}
	reply_clear(&state);
	reply_clear(&grants);
	return status;
}
