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

/* Handlers of files of their own. */
control_handler control_status;
control_handler control_verify;
control_handler control_grant;
control_handler control_grants;
control_handler control_revoke;

#endif
