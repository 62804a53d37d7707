/* SPDX-License-Identifier: Apache-2.0 */
/* The verb metrics. */
#include "metrics/metrics.h"

#include "util/memory.h"

enum { KEY_LISTEN = 256 };

static const struct argp_option options[] = {
	{ "listen", KEY_LISTEN, "[ADDRESS:]PORT", 0,
	  "Serve them at http://ADDRESS:PORT/metrics (default address: 127.0.0.1)", 0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	const char **listen = state->input;

	if (key != KEY_LISTEN)
		return ARGP_ERR_UNKNOWN;
	*listen = argument;
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Prints what is counted and in force in the text format of Prometheus, or serves it.",
};

int verb_metrics(struct ctl *ctl, int argc, char **argv)
{
	CLEANUP(cleanup_close) int fd = -1;
	const char *listen = NULL;

	ctl_parse(ctl, &argp, &listen, argc, argv);
	if (ctl->json) {
		fputs("bpflockctl: metrics have a format of their own: bpflockctl status --json has the same in JSON\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (listen)
		return metrics_serve(ctl, listen);
	fd = client_open(ctl, CLIENT_SECONDS);
	return fd < 0 ? -fd : metrics_print(ctl, fd, stdout);
}
