/* SPDX-License-Identifier: Apache-2.0 */
/* Monitor: clients that see what the log is given, while it happens. */
#include <string.h>

#include "daemon/control_methods.h"
#include "log/keys.h"
#include "util/json.h"
#include "util/memory.h"

#define MONITORS_MAX 16

/**
 * struct monitor - one client
 * @monitors: that it is one of
 * @next:     the next one, or NULL
 * @plugin:   from here to @unit: only lines with this value; NULL: all
 * @denied:   only denials, and what would be denied
 * @logfmt:   the client wants lines, not objects
 * @missed:   events, and lines of the daemon, that the client was too slow for
 */
struct monitor {
	struct monitors *monitors;
	struct monitor *next;
	struct control_call *call;
	char *plugin;
	char *operation;
	char *comm;
	char *unit;
	bool denied;
	bool logfmt;
	__u64 missed;
};

/**
 * struct monitors - all of them; there is at least one
 * @line:   the record that is shown, in a format of the log
 * @object: as the parameters of a reply; made when the first monitor wants it, and NULL before
 * @text:   the same in logfmt
 */
struct monitors {
	struct daemon *daemon;
	struct log_watcher watcher;
	struct monitor *first;
	size_t count;
	char line[LOG_LINE_MAX];
	char *object;
	char *text;
};

static const struct log_field *find_field(const struct log_record *record, const char *key)
{
	for (size_t i = 0; i < record->field_count; i++)
		if (strcmp(record->fields[i].key, key) == 0)
			return &record->fields[i];
	return NULL;
}

/* Both keys of operations are texts. */
static bool field_is(const struct log_record *record, const char *key, const char *text)
{
	const struct log_field *field = find_field(record, key);

	return field && (field->kind == LOG_STR || field->kind == LOG_TEXT) && field->string.length == strlen(text) &&
	       memcmp(field->string.bytes, text, strlen(text)) == 0;
}

static bool would_deny(const struct log_record *record)
{
	static const char beginning[] = "would deny";
	const struct log_field *reason = find_field(record, log_keys[LOG_KEY_REASON]);

	return reason && reason->kind == LOG_TEXT && reason->string.length > strlen(beginning) &&
	       memcmp(reason->string.bytes, beginning, strlen(beginning)) == 0;
}

static bool wants(struct monitor *monitor, const struct log_record *record)
{
	if (monitor->plugin && (!record->bpfprog || strcmp(record->bpfprog, monitor->plugin) != 0))
		return false;
	if (monitor->denied && !record->denied && !would_deny(record))
		return false;
	if (monitor->operation && !field_is(record, log_keys[LOG_KEY_OP], monitor->operation))
		return false;
	if (monitor->comm && !field_is(record, log_keys[LOG_KEY_COMM], monitor->comm))
		return false;
	return !monitor->unit || field_is(record, log_keys[LOG_KEY_UNIT], monitor->unit);
}

/* The members of the parameters of a reply, without the braces; "" for a record that is too long. */
static char *new_object(struct monitors *monitors, const struct log_record *record)
{
	ssize_t length = json_write(record, monitors->line, sizeof(monitors->line));

	return length < 0 ? xstrdup("") : xasprintf("\"event\":%.*s", (int)length - 1, monitors->line);
}

static char *new_line(struct monitors *monitors, const struct log_record *record)
{
	CLEANUP(cleanup_json) struct json_object *line = NULL;
	ssize_t length = logfmt_write(record, monitors->line, sizeof(monitors->line));

	if (length < 0)
		return xstrdup("");
	line = json_object_new_string_len(monitors->line, (int)length - 1);
	return xasprintf("\"line\":%s", json_object_to_json_string_ext(line, JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* Each format is made once, however many monitors want it. */
static const char *text_for(struct monitors *monitors, const struct monitor *monitor, const struct log_record *record)
{
	if (monitor->logfmt && !monitors->text)
		monitors->text = new_line(monitors, record);
	if (!monitor->logfmt && !monitors->object)
		monitors->object = new_object(monitors, record);
	return monitor->logfmt ? monitors->text : monitors->object;
}

static void show(struct monitor *monitor, const struct log_record *record, const char *text)
{
	CLEANUP(cleanup_free) char *parameters = NULL;

	if (monitor->missed)
		parameters = xasprintf("{%s,\"missed\":%llu}", text, monitor->missed);
	else
		parameters = xasprintf("{%s}", text);
	if (*text && control_continue(monitor->call, parameters))
		monitor->missed = 0;
	else
		monitor->missed += record->events ? record->events : 1;
}

static void see(void *context, const struct log_record *record)
{
	struct monitors *monitors = context;

	for (struct monitor *monitor = monitors->first; monitor; monitor = monitor->next)
		if (wants(monitor, record))
			show(monitor, record, text_for(monitors, monitor, record));
	free(monitors->object);
	free(monitors->text);
	monitors->object = monitors->text = NULL;
}

static void free_monitor(struct monitor *monitor)
{
	free(monitor->plugin);
	free(monitor->operation);
	free(monitor->comm);
	free(monitor->unit);
	free(monitor);
}

/* The client has gone. */
static void end_monitor(void *context)
{
	struct monitor *monitor = context;
	struct monitors *monitors = monitor->monitors;
	struct monitor **place = &monitors->first;

	while (*place != monitor)
		place = &(*place)->next;
	*place = monitor->next;
	monitors->count--;
	free_monitor(monitor);
	if (monitors->count)
		return;
	log_watch(monitors->daemon->log, NULL);
	monitors->daemon->monitors = NULL;
	free(monitors);
}

static struct monitors *open_monitors(struct daemon *daemon)
{
	struct monitors *monitors = xcalloc(1, sizeof(*monitors));

	monitors->daemon = daemon;
	monitors->watcher = (struct log_watcher){ see, monitors };
	log_watch(daemon->log, &monitors->watcher);
	return monitors;
}

static char *copy_parameter(const struct control_call *call, const char *name)
{
	const char *text = json_object_get_string(control_parameter(call, name));

	return text ? xstrdup(text) : NULL;
}

static void add_monitor(struct daemon *daemon, struct monitor *monitor, struct control_call *call)
{
	monitor->call = call;
	monitor->plugin = copy_parameter(call, "plugin");
	monitor->operation = copy_parameter(call, "operation");
	monitor->comm = copy_parameter(call, "comm");
	monitor->unit = copy_parameter(call, "unit");
	monitor->denied = json_object_get_boolean(control_parameter(call, "denied"));
	monitor->logfmt = json_object_get_boolean(control_parameter(call, "logfmt"));
	if (!daemon->monitors)
		daemon->monitors = open_monitors(daemon);
	monitor->monitors = daemon->monitors;
	monitor->next = daemon->monitors->first;
	daemon->monitors->first = monitor;
	daemon->monitors->count++;
}

void control_monitor(void *context, struct control_call *call)
{
	struct daemon *daemon = context;
	struct monitor *monitor;

	if (daemon->monitors && daemon->monitors->count == MONITORS_MAX) {
		control_refuse(call, CONTROL_INTERFACE ".TooManyMonitors", "16 clients monitor the daemon already",
			       "end one of them");
		return;
	}
	monitor = xcalloc(1, sizeof(*monitor));
	if (!control_stream(call, end_monitor, monitor)) {
		free_monitor(monitor);
		return;
	}
	add_monitor(daemon, monitor, call);
	(void)control_continue(call, "{}");
}
