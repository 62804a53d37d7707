/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the daemon. What goes wrong is printed to stderr here. */
#ifndef BPFLOCKCTL_CLIENT_H
#define BPFLOCKCTL_CLIENT_H

#include "ctl.h"

/* How long a daemon that reloads may take, and one that is only asked whether it lives. */
#define CLIENT_SECONDS 120
#define CLIENT_PING_SECONDS 10

/**
 * struct reply - what the daemon has answered
 * @error:      name of the error; NULL where there is none
 * @parameters: their strings are escaped for a terminal, unless --json is given
 */
struct reply {
	struct json_object *message;
	const char *error;
	const struct json_object *parameters;
};

/* Returns a connected socket, or minus an exit status, with everything printed. */
int client_open(const struct ctl *ctl, int seconds);
/*
 * Calls a method of io.bpflock, and takes its parameters, which may be NULL. Returns 0 when there is a reply, which may
 * be an error; or an exit status, with everything printed.
 */
int client_call(const struct ctl *ctl, int fd, const char *method, struct json_object *parameters, struct reply *ret);
/* Both steps on a connection of its own. */
int client_ask(const struct ctl *ctl, const char *method, struct json_object *parameters, struct reply *ret);
/* Gets a reply of a stream. Returns 0, or the exit status with which it ends. */
typedef int client_visit(void *context, const struct reply *reply);

/* Calls a method that has many replies, and visits them. Returns an exit status, with everything printed. */
int client_follow(const struct ctl *ctl, const char *method, struct json_object *parameters, client_visit *visit,
		  void *context);
/* Waits until the daemon closes the connection. */
void client_await_end(int fd);
void reply_clear(struct reply *reply);

/*
 * What all verbs do with a reply first: prints it as JSON where that is wanted, or the error. Returns false where there
 * is nothing left to print; *status is the exit status then.
 */
bool reply_is_to_print(const struct ctl *ctl, const struct reply *reply, int *status);

#endif
