/* SPDX-License-Identifier: Apache-2.0 */
/* check: what a daemon would meet on this machine. The daemon's binary finds it out: core/kernel/survey.c. */
#include <string.h>

#include "describe.h"
#include "table.h"
#include "terminal.h"
#include "util/json.h"
#include "util/memory.h"

enum { KEY_STRICT = 256 };

static const struct argp_option options[] = {
	{ "strict", KEY_STRICT, NULL, 0, "The exit status is 1 also where something is limited", 0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	bool *strict = state->input;

	(void)argument;
	if (key != KEY_STRICT)
		return ARGP_ERR_UNKNOWN;
	*strict = true;
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Checks whether this machine has what bpflock and its enforcers need, and says what to change where it "
	       "does not. It needs no daemon. Run it as root, or in the container, as the daemon would run.\v"
	       "Exit status: 0 everything is there; 1 something is missing; 2 the command line is wrong; 5 the daemon's "
	       "binary gives no answer.",
};

static bool state_is(const struct json_object *finding, const char *state)
{
	return strcmp(json_get_text(finding, "state"), state) == 0;
}

static enum colour colour_of(const struct json_object *finding)
{
	if (state_is(finding, "missing"))
		return COLOUR_BAD;
	if (state_is(finding, "limited"))
		return COLOUR_DOUBTFUL;
	return state_is(finding, "ok") ? COLOUR_GOOD : COLOUR_NONE;
}

static void print_table(const struct json_object *findings)
{
	static const char *const headers[] = { "CHECK", "STATE", "FOUND", NULL };
	struct table table;

	table_begin(&table, headers);
	for (size_t i = 0; i < json_length(findings); i++) {
		const struct json_object *finding = json_object_array_get_idx(findings, i);

		table_add(&table, json_get_text(finding, "check"), COLOUR_NONE);
		table_add(&table, json_get_text(finding, "state"), colour_of(finding));
		table_add(&table, json_get_text(finding, "found"), COLOUR_NONE);
	}
	table_end(&table);
}

/* What does not fit into the table. */
static void print_remarks(const struct json_object *findings)
{
	for (size_t i = 0; i < json_length(findings); i++) {
		const struct json_object *finding = json_object_array_get_idx(findings, i);
		const char *remedy = json_get_text(finding, "remedy");

		if (state_is(finding, "ok"))
			continue;
		printf("\n%s%s%s: %s\n", terminal_colour(colour_of(finding), stdout), json_get_text(finding, "check"),
		       terminal_colour(COLOUR_END, stdout), json_get_text(finding, "text"));
		if (*remedy)
			printf("    %s\n", remedy);
	}
}

static int status_of(const struct json_object *findings, bool strict)
{
	for (size_t i = 0; i < json_length(findings); i++) {
		const struct json_object *finding = json_object_array_get_idx(findings, i);

		if (state_is(finding, "missing") || (strict && state_is(finding, "limited")))
			return EXIT_NOT_SO;
	}
	return EXIT_SUCCESS;
}

int verb_check(struct ctl *ctl, int argc, char **argv)
{
	CLEANUP(cleanup_json) struct json_object *machine = NULL;
	const struct json_object *findings;
	bool strict = false;
	int status;

	ctl_parse(ctl, &argp, &strict, argc, argv);
	status = describe(ctl, "machine", &machine);
	if (status)
		return status;
	findings = json_get_list(machine, "findings");
	status = status_of(findings, strict);
	if (ctl->json) {
		terminal_print_json(machine);
		return status;
	}
	terminal_escape(machine);
	print_table(findings);
	print_remarks(findings);
	return status;
}
