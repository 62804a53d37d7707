/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpflockctl: the client of the control socket.
 *
 *	main		finds the verb; the table of verbs
 *	client		asks the daemon, and says what went wrong
 *	status		ping, status, verify
 *	plugins		plugins
 *	grants		grant, grants, revoke
 *	monitor		monitor
 *	explain		explain
 *	policy		policy
 *	steer		reload, stop
 *	check		check
 *	bugreport	bugreport
 *	metrics/	metrics: the text, and a server of it
 *	advise/		advise: reads logs, counts (advice, timeline), concludes, prints (print, ini, html, object)
 *	entry		a line of the log, for advise and bugreport
 *	describe	asks the daemon's binary where no daemon is needed; process runs it
 *	pinned		what is in force without a daemon
 *	findings	prints what a reload or a stop has found
 *	table, terminal	columns, colours, escapes
 *
 * A new verb is a row in the table of main.c and a function declared below, in the file of its group.
 */
#ifndef BPFLOCKCTL_H
#define BPFLOCKCTL_H

#include <argp.h>
#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdlib.h>

/* Exit statuses beside EXIT_SUCCESS; docs/control.md describes them. */
#define EXIT_NOT_SO 1	 /* not everything required enforces; the daemon refused a configuration; another failure */
#define EXIT_USAGE 2	 /* of the command line */
#define EXIT_NO_DAEMON 3 /* nobody listens at the socket */
#define EXIT_REFUSED 4	 /* this user or process may not */
#define EXIT_NO_ANSWER 5 /* the daemon does not answer, or not in Varlink */

/**
 * struct ctl - the options that all verbs have
 * @socket: path
 * @daemon: path of the daemon's binary, for verbs that need no daemon
 * @json:   print the reply as it is
 */
struct ctl {
	const char *socket;
	const char *daemon;
	bool json;
};

/**
 * struct verb - one command
 * @arguments: for --help
 * @run:       gets the words after the verb, with the verb as argv[0]; returns an exit status
 */
struct verb {
	const char *name;
	const char *arguments;
	const char *summary;
	int (*run)(struct ctl *ctl, int argc, char **argv);
};

int verb_ping(struct ctl *ctl, int argc, char **argv);
int verb_status(struct ctl *ctl, int argc, char **argv);
int verb_verify(struct ctl *ctl, int argc, char **argv);
int verb_plugins(struct ctl *ctl, int argc, char **argv);
int verb_grant(struct ctl *ctl, int argc, char **argv);
int verb_grants(struct ctl *ctl, int argc, char **argv);
int verb_revoke(struct ctl *ctl, int argc, char **argv);
int verb_policy(struct ctl *ctl, int argc, char **argv);
int verb_metrics(struct ctl *ctl, int argc, char **argv);
int verb_monitor(struct ctl *ctl, int argc, char **argv);
int verb_explain(struct ctl *ctl, int argc, char **argv);
int verb_reload(struct ctl *ctl, int argc, char **argv);
int verb_advise(struct ctl *ctl, int argc, char **argv);
int verb_bugreport(struct ctl *ctl, int argc, char **argv);
int verb_check(struct ctl *ctl, int argc, char **argv);
int verb_stop(struct ctl *ctl, int argc, char **argv);

/*
 * Parses the words after a verb: the options of all verbs, and those of `own` with `input`, which may be NULL. Ends the
 * process where they are wrong.
 */
void ctl_parse(struct ctl *ctl, const struct argp *own, void *input, int argc, char **argv);

#endif
