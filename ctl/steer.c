/* SPDX-License-Identifier: Apache-2.0 */
/* What changes something: reload and stop. Both return when it is done. */
#include <string.h>

#include "client.h"
#include "findings.h"
#include "util/json.h"
#include "util/memory.h"

static const struct argp reload_argp = {
	.doc = "Reads the configuration anew and puts it in force. If it is refused, the old one stays in force, the "
	       "errors are printed, and the exit status is 1.",
};

int verb_reload(struct ctl *ctl, int argc, char **argv)
{
	struct reply reply;
	int status;

	ctl_parse(ctl, &reload_argp, NULL, argc, argv);
	status = client_ask(ctl, "Reload", NULL, &reply);
	if (status)
		return status;
	if (!ctl->json)
		findings_print(reply.parameters);
	if (reply_is_to_print(ctl, &reply, &status))
		puts("The configuration is in force.");
	reply_clear(&reply);
	return status;
}

static const struct argp_option stop_options[] = {
	{ "keep", 'k', NULL, 0, "Enforcers stay in force, whatever the option on_exit says", 0 },
	{ 0 },
};

static error_t parse_stop(int key, char *argument, struct argp_state *state)
{
	bool *keep = state->input;

	(void)argument;
	if (key != 'k')
		return ARGP_ERR_UNKNOWN;
	*keep = true;
	return 0;
}

static const struct argp stop_argp = {
	.options = stop_options,
	.parser = parse_stop,
	.doc = "Stops the daemon, and returns when it has ended. The option on_exit says whether enforcers stay in force.",
};

static void print_stopped(const struct json_object *parameters)
{
	const struct json_object *pinned = json_get_list(parameters, "pinned");
	CLEANUP(cleanup_free) char *names = xstrdup("");

	for (size_t i = 0; i < json_length(pinned); i++)
		xappend(&names, ", ", "%s", json_object_get_string(json_object_array_get_idx(pinned, i)));
	if (*names)
		printf("Stopped. Still pinned, and in force: %s.\n", names);
	else
		puts("Stopped. Nothing is pinned any more.");
}

/* On a connection of its own, which the daemon closes when it ends. */
static int stop(const struct ctl *ctl, bool keep, struct reply *reply)
{
	CLEANUP(cleanup_close) int fd = client_open(ctl, CLIENT_SECONDS);
	struct json_object *parameters = json_new();
	int status;

	*reply = (struct reply){ 0 };
	if (keep)
		json_add_bool(parameters, "keep", true);
	if (fd < 0) {
		json_object_put(parameters);
		return -fd;
	}
	status = client_call(ctl, fd, "Stop", parameters, reply);
	if (!status && !reply->error)
		client_await_end(fd);
	return status;
}

int verb_stop(struct ctl *ctl, int argc, char **argv)
{
	bool keep = false;
	struct reply reply;
	int status;

	ctl_parse(ctl, &stop_argp, &keep, argc, argv);
	status = stop(ctl, keep, &reply);
	if (status)
		return status;
	if (!ctl->json)
		findings_print(reply.parameters);
	if (reply_is_to_print(ctl, &reply, &status))
		print_stopped(reply.parameters);
	reply_clear(&reply);
	return status;
}
