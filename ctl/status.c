/* SPDX-License-Identifier: Apache-2.0 */
/* What runs, and whether it enforces: ping, status and verify. */
#include <string.h>

#include "client.h"
#include "table.h"
#include "util/json.h"
#include "util/memory.h"

static const struct argp ping_argp = {
	.doc = "Says whether the daemon answers, and nothing about what it enforces: for a check of liveness.",
};

int verb_ping(struct ctl *ctl, int argc, char **argv)
{
	CLEANUP(cleanup_close) int fd = -1;
	struct reply reply;
	int status;

	ctl_parse(ctl, &ping_argp, NULL, argc, argv);
	fd = client_open(ctl, CLIENT_PING_SECONDS);
	if (fd < 0)
		return -fd;
	status = client_call(ctl, fd, "Ping", NULL, &reply);
	if (!status && reply_is_to_print(ctl, &reply, &status))
		puts("bpflock answers.");
	reply_clear(&reply);
	return status;
}

/**
 * struct wanted - how a state is shown, and judged
 * @short_form: one line
 * @strict:     an enforcer that is unverified counts as one that does not enforce
 */
struct wanted {
	bool short_form;
	bool strict;
};

enum { KEY_SHORT = 256, KEY_STRICT };

static const struct argp_option status_options[] = {
	{ "short", KEY_SHORT, NULL, 0, "One line", 0 },
	{ "strict", KEY_STRICT, NULL, 0, "The exit status is 1 also where a required enforcer is unverified", 0 },
	{ 0 },
};

static error_t parse_status(int key, char *argument, struct argp_state *state)
{
	struct wanted *wanted = state->input;

	(void)argument;
	switch (key) {
	case KEY_SHORT:
		wanted->short_form = true;
		return 0;
	case KEY_STRICT:
		wanted->strict = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp status_argp = {
	.options = status_options,
	.parser = parse_status,
	.doc = "Shows what runs, whether it enforces, and what was counted. The exit status is 0 only where every required "
	       "enforcer enforces: for a check of readiness.",
};

static const struct argp verify_argp = {
	.options = &status_options[1],
	.parser = parse_status,
	.doc = "Triggers the hooks of all enforcers now, and shows whether their programs ran. The exit status is that of "
	       "status.",
};

static bool state_is(const struct json_object *plugin, const char *state)
{
	return strcmp(json_get_text(plugin, "state"), state) == 0;
}

static bool is_good(const struct json_object *plugin, bool strict)
{
	if (!json_get_bool(plugin, "required") || strcmp(json_get_text(plugin, "kind"), "observer") == 0)
		return true;
	return state_is(plugin, "enforcing") || (!strict && state_is(plugin, "unverified"));
}

static int status_of(const struct json_object *plugins, bool strict)
{
	for (size_t i = 0; i < json_length(plugins); i++)
		if (!is_good(json_object_array_get_idx(plugins, i), strict))
			return EXIT_NOT_SO;
	return EXIT_SUCCESS;
}

static enum colour colour_of(const struct json_object *plugin)
{
	if (state_is(plugin, "enforcing"))
		return COLOUR_GOOD;
	if (state_is(plugin, "unverified"))
		return COLOUR_DOUBTFUL;
	return state_is(plugin, "failed") || state_is(plugin, "refused") ? COLOUR_BAD : COLOUR_NONE;
}

static const struct json_object *member(const struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static __u64 lost_of(const struct json_object *plugin)
{
	static const char *const stages[] = { "ring", "daemon", "stolen", "invalid" };
	const struct json_object *lost = member(plugin, "lost");
	__u64 sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		sum += json_get_uint(lost, stages[i]);
	return sum;
}

static void add_count(struct table *table, const struct json_object *object, const char *key, enum colour colour)
{
	if (object)
		table_add_number(table, json_get_uint(object, key), json_get_uint(object, key) ? colour : COLOUR_NONE);
	else
		table_add(table, "", COLOUR_NONE);
}

static void add_row(struct table *table, const struct json_object *plugin)
{
	const struct json_object *decisions = member(plugin, "decisions");

	table_add(table, json_get_text(plugin, "name"), COLOUR_NONE);
	table_add(table, json_get_text(plugin, "version"), COLOUR_NONE);
	table_add(table, json_get_text(plugin, "state"), colour_of(plugin));
	table_add(table, json_get_text(plugin, "profile"), COLOUR_NONE);
	add_count(table, decisions, "allowed", COLOUR_NONE);
	add_count(table, decisions, "denied", COLOUR_NONE);
	add_count(table, decisions, "would_deny", COLOUR_NONE);
	add_count(table, decisions, "exempt", COLOUR_NONE);
	table_add_number(table, json_get_uint(plugin, "records") + json_get_uint(plugin, "submitted"), COLOUR_NONE);
	table_add_number(table, lost_of(plugin), lost_of(plugin) ? COLOUR_BAD : COLOUR_NONE);
	table_add(table, json_get_text(plugin, "since"), COLOUR_NONE);
}

/* "a, b" */
static char *join(const struct json_object *list)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < json_length(list); i++)
		xappend(&text, ", ", "%s", json_object_get_string(json_object_array_get_idx(list, i)));
	return text;
}

static void print_lost(const char *name, const struct json_object *lost)
{
	printf("%s: lost: %llu in the ring, %llu by a killed daemon, %llu stolen, %llu invalid\n", name,
	       json_get_uint(lost, "ring"), json_get_uint(lost, "daemon"), json_get_uint(lost, "stolen"),
	       json_get_uint(lost, "invalid"));
}

/* Hooks of which no harmless request is known, and that nobody has used. */
static void print_unseen(const struct json_object *plugin)
{
	CLEANUP(cleanup_free) char *unseen = join(json_get_list(plugin, "unseen"));

	if (*unseen)
		printf("%s: not seen to run yet: %s\n", json_get_text(plugin, "name"), unseen);
}

/* What does not fit into the table. */
static void print_remarks(const struct json_object *plugin)
{
	CLEANUP(cleanup_free) char *missing = join(json_get_list(plugin, "missing"));
	const char *name = json_get_text(plugin, "name"), *reason = json_get_text(plugin, "reason");

	if (*reason)
		printf("%s: %s: %s\n", name, json_get_text(plugin, "state"), reason);
	if (json_get_bool(plugin, "audit_only"))
		printf("%s: audit_only: it denies nothing\n", name);
	if (*missing)
		printf("%s: not in this kernel: %s\n", name, missing);
	print_unseen(plugin);
	if (lost_of(plugin))
		print_lost(name, member(plugin, "lost"));
}

static void print_outputs(const struct json_object *outputs)
{
	for (size_t i = 0; i < json_length(outputs); i++) {
		const struct json_object *output = json_object_array_get_idx(outputs, i);

		if (json_get_uint(output, "lost") || json_get_uint(output, "lost_messages"))
			printf("%s: lost: %llu events, %llu lines of the daemon\n", json_get_text(output, "name"),
			       json_get_uint(output, "lost"), json_get_uint(output, "lost_messages"));
	}
}

static void print_daemon(const struct json_object *daemon)
{
	CLEANUP(cleanup_free) char *files = join(json_get_list(daemon, "configuration"));

	printf("bpflock %s, process %llu, since %s\n", json_get_text(daemon, "version"), json_get_uint(daemon, "pid"),
	       json_get_text(daemon, "since"));
	printf("memory %llu KiB, ring %llu of %llu KiB used\n", json_get_uint(daemon, "resident_bytes") / 1024,
	       json_get_uint(daemon, "ring_used_bytes") / 1024, json_get_uint(daemon, "ring_bytes") / 1024);
	printf("configuration: %s\n", *files ? files : "no file");
}

static void print_plugins(const struct json_object *plugins)
{
	static const char *const headers[] = { "PLUGIN",     "VERSION", "STATE",   "PROFILE", "ALLOWED", "DENIED",
					       "WOULD DENY", "EXEMPT",	"RECORDS", "LOST",    "SINCE",	 NULL };
	CLEANUP(cleanup_free) char *disabled = xstrdup("");
	struct table table;

	table_begin(&table, headers);
	for (size_t i = 0; i < json_length(plugins); i++) {
		const struct json_object *plugin = json_object_array_get_idx(plugins, i);

		if (state_is(plugin, "disabled"))
			xappend(&disabled, ", ", "%s", json_get_text(plugin, "name"));
		else
			add_row(&table, plugin);
	}
	table_end(&table);
	if (*disabled)
		printf("disabled: %s\n", disabled);
}

static void print_status(const struct json_object *parameters)
{
	const struct json_object *plugins = json_get_list(parameters, "plugins");
	const struct json_object *daemon = member(parameters, "daemon");

	print_daemon(daemon);
	putchar('\n');
	print_plugins(plugins);
	for (size_t i = 0; i < json_length(plugins); i++)
		print_remarks(json_object_array_get_idx(plugins, i));
	print_outputs(json_get_list(daemon, "outputs"));
}

static void print_short(const struct json_object *parameters)
{
	const struct json_object *plugins = json_get_list(parameters, "plugins");
	CLEANUP(cleanup_free) char *text = xstrdup("");
	__u64 denied = 0, lost = 0;

	for (size_t i = 0; i < json_length(plugins); i++) {
		const struct json_object *plugin = json_object_array_get_idx(plugins, i);

		denied += json_get_uint(member(plugin, "decisions"), "denied");
		lost += lost_of(plugin);
		if (!state_is(plugin, "disabled"))
			xappend(&text, " ", "%s (%s)", json_get_text(plugin, "name"), json_get_text(plugin, "state"));
	}
	printf("%s; denied %llu, lost %llu\n", *text ? text : "no plugin runs", denied, lost);
}

int verb_status(struct ctl *ctl, int argc, char **argv)
{
	struct wanted wanted = { 0 };
	struct reply reply;
	int status;

	ctl_parse(ctl, &status_argp, &wanted, argc, argv);
	status = client_ask(ctl, "Status", NULL, &reply);
	if (status)
		return status;
	if (reply_is_to_print(ctl, &reply, &status))
		(wanted.short_form ? print_short : print_status)(reply.parameters);
	if (!reply.error)
		status = status_of(json_get_list(reply.parameters, "plugins"), wanted.strict);
	reply_clear(&reply);
	return status;
}

static void print_verification(const struct json_object *plugins)
{
	static const char *const headers[] = { "PLUGIN", "STATE", "REASON", NULL };
	struct table table;

	table_begin(&table, headers);
	for (size_t i = 0; i < json_length(plugins); i++) {
		const struct json_object *plugin = json_object_array_get_idx(plugins, i);

		table_add(&table, json_get_text(plugin, "name"), COLOUR_NONE);
		table_add(&table, json_get_text(plugin, "state"), colour_of(plugin));
		table_add(&table, json_get_text(plugin, "reason"), COLOUR_NONE);
	}
	table_end(&table);
	for (size_t i = 0; i < json_length(plugins); i++)
		print_unseen(json_object_array_get_idx(plugins, i));
}

int verb_verify(struct ctl *ctl, int argc, char **argv)
{
	struct wanted wanted = { 0 };
	struct reply reply;
	int status;

	ctl_parse(ctl, &verify_argp, &wanted, argc, argv);
	status = client_ask(ctl, "Verify", NULL, &reply);
	if (status)
		return status;
	if (reply_is_to_print(ctl, &reply, &status))
		print_verification(json_get_list(reply.parameters, "plugins"));
	if (!reply.error)
		status = status_of(json_get_list(reply.parameters, "plugins"), wanted.strict);
	reply_clear(&reply);
	return status;
}
