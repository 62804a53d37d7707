/* SPDX-License-Identifier: Apache-2.0 */
/* What the running daemon knows of its plugins. */
#include "client.h"
#include "control/plugin_text.h"
#include "util/json.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
	const char **name = state->input;

	if (key != ARGP_KEY_ARG || *name)
		return ARGP_ERR_UNKNOWN;
	*name = argument;
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "[NAME]",
	.doc = "Lists the plugins of the running daemon, or describes one: its options, events and operations, as "
	       "bpflock --list-plugins and --help-plugin do.",
};

static void print(const struct json_object *plugins, bool details)
{
	for (size_t i = 0; i < json_length(plugins); i++) {
		const struct json_object *plugin = json_object_array_get_idx(plugins, i);

		if (details && !*json_get_text(plugin, "refusal"))
			plugin_text_details(plugin, stdout);
		else
			plugin_text_line(plugin, stdout);
	}
}

int verb_plugins(struct ctl *ctl, int argc, char **argv)
{
	const char *name = NULL;
	struct json_object *parameters;
	struct reply reply;
	int status;

	ctl_parse(ctl, &argp, &name, argc, argv);
	parameters = json_new();
	json_add_text(parameters, "name", name);
	status = client_ask(ctl, "Plugins", parameters, &reply);
	if (!status && reply_is_to_print(ctl, &reply, &status))
		print(json_get_list(reply.parameters, "plugins"), name);
	reply_clear(&reply);
	return status;
}
