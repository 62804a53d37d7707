/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of the control socket. core/control/io.bpflock.varlink declares them for clients; a new one is a row in
 * the table of control_methods.c, and a handler there or in a file of its own.
 */
#ifndef BPFLOCK_DAEMON_CONTROL_METHODS_H
#define BPFLOCK_DAEMON_CONTROL_METHODS_H

#include "daemon/state.h"

/* Makes @control of the daemon, which does not listen yet. Returns 0 or a negative errno. */
int control_methods_open(struct daemon *daemon);

/* The daemon has stopped: replies to the client that has asked for it, if any. */
void control_methods_stopped(struct daemon *daemon, const struct report *report);

/* A time in nanoseconds since boot, as in the log. */
void control_add_time(struct json_object *object, const char *key, __u64 since_boot);

/* What handlers of several files need. All errors have `text` and `remedy`. */
struct json_object *control_new_error(const char *text, const char *remedy);
void control_add_findings(struct json_object *parameters, const struct report *report);
void control_refuse_plugin(struct control_call *call);

/* The name of the profile of an enforcer's section, as in the documentation. */
const char *control_profile_of(const struct config_section *section);

/* Adds `option`, `item` and `origin` of what has decided a rule, where the core knows that. */
void control_add_origin(struct json_object *object, const struct policy_decider *decider);
/* An `OperationPolicy` of core/control/io.bpflock.varlink. */
struct json_object *control_new_operation(const struct operation *operation, const struct config_section *section,
					  const struct bpflock_policy_slot *policy);

/* Handlers of files of their own. */
control_handler control_policy;
control_handler control_explain;
control_handler control_explain_operation;
control_handler control_monitor;
control_handler control_status;
control_handler control_verify;
control_handler control_grant;
control_handler control_grants;
control_handler control_revoke;

#endif
