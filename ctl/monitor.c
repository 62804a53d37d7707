/* SPDX-License-Identifier: Apache-2.0 */
/* What happens, while it happens. */
#include <json-c/linkhash.h>
#include <string.h>

#include "client.h"
#include "terminal.h"
#include "util/json.h"
#include "util/memory.h"

enum { KEY_DENIED = 256, KEY_PLUGIN, KEY_OPERATION, KEY_COMM, KEY_UNIT, KEY_LOGFMT };

static const struct argp_option options[] = {
	{ "denied", KEY_DENIED, NULL, 0, "Only denials, and what would be denied", 0 },
	{ "plugin", KEY_PLUGIN, "NAME", 0, "Only events of this plugin", 0 },
	{ "operation", KEY_OPERATION, "NAME", 0, "Only decisions about this operation", 0 },
	{ "comm", KEY_COMM, "NAME", 0, "Only events of processes of this name", 0 },
	{ "unit", KEY_UNIT, "NAME", 0, "Only events of processes of this systemd service or scope", 0 },
	{ "logfmt", KEY_LOGFMT, NULL, 0, "Print lines of the log, in logfmt; --json: in JSON", 0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct json_object *parameters = state->input;

	switch (key) {
	case KEY_DENIED:
	case KEY_LOGFMT:
		json_object_object_add(parameters, key == KEY_DENIED ? "denied" : "logfmt", json_object_new_boolean(1));
		return 0;
	case KEY_PLUGIN:
		json_object_object_add(parameters, "plugin", json_text(argument));
		return 0;
	case KEY_OPERATION:
		json_object_object_add(parameters, "operation", json_text(argument));
		return 0;
	case KEY_COMM:
		json_object_object_add(parameters, "comm", json_text(argument));
		return 0;
	case KEY_UNIT:
		json_object_object_add(parameters, "unit", json_text(argument));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Shows each line of the log while it is written, until it is interrupted. Where this command cannot follow, "
	       "it says how many events it has missed.",
};

/* Quoted, where it could be taken for something else. */
static void print_text(const char *text)
{
	if (*text && !strpbrk(text, " =\"[]")) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void print_value(struct json_object *value)
{
	if (!json_object_is_type(value, json_type_array)) {
		print_text(json_object_get_string(value));
		return;
	}
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		if (i)
			putchar(' ');
		print_text(json_object_get_string(json_object_array_get_idx(value, i)));
	}
}

/* What the beginning of the line has said, or says nothing to people. */
static bool is_shown(const char *key)
{
	static const char *const shown[] = { "subsys", "bpfprog", "event",    "op",    "operation", "tgid",  "pid",
					     "comm",   "time",	  "cgroupid", "level", "reason",    "retval" };

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (strcmp(key, shown[i]) == 0)
			return true;
	return false;
}

static enum colour colour_of(const struct json_object *event)
{
	const char *reason = json_get_text(event, "reason"), *level = json_get_text(event, "level");

	if (strncmp(reason, "denied", strlen("denied")) == 0 || strcmp(level, "error") == 0)
		return COLOUR_BAD;
	if (strncmp(reason, "would deny", strlen("would deny")) == 0 || strcmp(level, "warning") == 0)
		return COLOUR_DOUBTFUL;
	return *reason ? COLOUR_GOOD : COLOUR_HEADER;
}

/* `denied (baseline) dev_mem` of a decision, else the name of the event. */
static void print_what(const struct json_object *event)
{
	const char *operation = json_get_text(event, "op"), *reason = json_get_text(event, "reason");

	fputs(terminal_colour(colour_of(event), stdout), stdout);
	fputs(*reason ? reason : json_get_text(event, "event"), stdout);
	fputs(terminal_colour(COLOUR_END, stdout), stdout);
	if (!*reason)
		return;
	putchar(' ');
	print_text(*operation ? operation : json_get_text(event, "operation"));
}

static void print_who(const struct json_object *event)
{
	const char *comm = json_get_text(event, "comm");

	if (!*comm && !json_get_uint(event, "tgid"))
		return;
	putchar(' ');
	print_text(comm);
	printf("[%llu]", json_get_uint(event, json_get_uint(event, "tgid") ? "tgid" : "pid"));
}

/* The time without its date: it is now. */
static void print_event(struct json_object *event)
{
	const char *time = json_get_text(event, "time"), *plugin = json_get_text(event, "bpfprog");

	printf("%.12s %s ", strlen(time) > 23 ? time + 11 : time, *plugin ? plugin : "bpflock");
	print_what(event);
	print_who(event);
	json_object_object_foreach(event, key, value)
	{
		if (is_shown(key))
			continue;
		printf(" %s=", key);
		print_value(value);
	}
	if (json_object_object_get_ex(event, "retval", NULL) && !*json_get_text(event, "reason"))
		printf(" retval=%d", json_object_get_int(json_object_object_get(event, "retval")));
	putchar('\n');
}

static int show(void *context, const struct reply *reply)
{
	const struct ctl *ctl = context;
	const char *line = json_get_text(reply->parameters, "line");
	__u64 missed = json_get_uint(reply->parameters, "missed");
	struct json_object *event = NULL;
	int status;

	if (reply->error) {
		(void)reply_is_to_print(ctl, reply, &status);
		return status;
	}
	if (missed)
		fprintf(stderr, "bpflockctl: too slow: %llu events were missed here\n", missed);
	json_object_object_get_ex(reply->parameters, "event", &event);
	if (*line)
		puts(line);
	else if (event && ctl->json)
		terminal_print_json(event);
	else if (event)
		print_event(event);
	return ferror(stdout) ? EXIT_NOT_SO : EXIT_SUCCESS;
}

int verb_monitor(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *parameters = json_new();

	ctl_parse(ctl, &argp, parameters, argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	return client_follow(ctl, "Monitor", parameters, show, ctl);
}
