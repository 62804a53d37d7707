/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control module answers clients on a Unix socket. It speaks Varlink (https://varlink.org): JSON objects that end
 * in NUL.
 *
 *	control		the server: connections, their limits, what the log says of them
 *	socket		makes the socket, and removes it
 *	connection	the bytes of one client
 *	call		one request: finds its method, checks its parameters, replies
 *	peer		who is at the other end
 *	permission	what it may do
 *	plugin_text	prints the description of a plugin; for commands and for the client
 *
 * The methods themselves belong to the life cycle: core/daemon/control_methods.c. Their declaration for clients is
 * io.bpflock.varlink in this directory.
 *
 * Nothing here blocks. A client that is slow, dead or sends anything else costs its own connection.
 */
#ifndef BPFLOCK_CONTROL_CONTROL_H
#define BPFLOCK_CONTROL_CONTROL_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>

#include "log/log.h"
#include "util/loop.h"
#include "util/report.h"

/* bpflock's own directory, in which nobody else may write. */
#define RUNTIME_DIRECTORY "/run/bpflock"

/* The default of `control`, and its value for no socket. */
#define CONTROL_PATH RUNTIME_DIRECTORY "/io.bpflock"
#define CONTROL_NONE "none"

/* The interface of the methods, and its errors. */
#define CONTROL_INTERFACE "io.bpflock"
#define CONTROL_REFUSED CONTROL_INTERFACE ".Refused"

/* Bytes of one request. */
#define CONTROL_MESSAGE_MAX (1u << 20)
#define CONTROL_CONNECTIONS_MAX 64
/* Bytes of a stream that wait for a client which does not follow. */
#define CONTROL_QUEUE_MAX (128u << 10)
/* The time for a request to arrive, from its first byte, and for a reply to be taken. */
#define CONTROL_SECONDS_MAX 10

/* One request, until it is replied to. */
struct control_call;

/*
 * Replies once: by control_reply(), control_fail() or control_refuse(); or again and again, by control_stream(). Until
 * then the connection gets no other request. A handler that returns before it has replied must do so before the loop
 * runs again, because a client may go at any time.
 */
typedef void control_handler(void *context, struct control_call *call);

#define CONTROL_PARAMETERS_MAX 6

/**
 * struct control_parameter - a parameter that a method takes
 * @required: it must be there, and not null
 */
struct control_parameter {
	const char *name;
	enum json_type type;
	bool required;
};

/* What a method does. */
enum control_access {
	CONTROL_STATUS, /* says what runs, and counts */
	CONTROL_READ,	/* says more: events, the policy; or verifies */
	CONTROL_CHANGE, /* changes what is in force: fewer clients may call it, and each call is logged with its client */
};

/**
 * struct control_method - one method; a row for each method in the .varlink file
 * @name:    without the interface
 * @handler: is only called for a client that may, and with parameters of these types
 */
struct control_method {
	const char *name;
	enum control_access access;
	control_handler *handler;
	struct control_parameter parameters[CONTROL_PARAMETERS_MAX];
};

/**
 * struct control_options - what the module needs of its user
 * @log:           points to the current log
 * @methods:       of CONTROL_INTERFACE
 * @is_restricted: whether a guard denies root on the host what methods with CONTROL_CHANGE do
 * @context:       for @is_restricted and the handlers
 */
struct control_options {
	struct loop *loop;
	struct log *const *log;
	const struct control_method *methods;
	size_t method_count;
	bool (*is_restricted)(void *context);
	void *context;
};

struct control;

/* Returns 0 or a negative errno. It does not listen yet. */
int control_open(const struct control_options *options, struct control **ret);
/* Checks a value of the option `control`. A bad one is reported as event=config_error. Returns 0 or -EINVAL. */
int control_check_path(const char *path, const char *where, struct report *report);
/*
 * Listens at `path`, or nowhere (CONTROL_NONE), and not where it listened before. Connections stay. A socket that
 * cannot be made is reported as event=control_failed; then it listens nowhere.
 */
void control_listen(struct control *control, const char *path, struct report *report);
/* Logs the connections that were closed because of a limit since the last call. */
void control_log_closed(struct control *control);
/* Closes all connections and removes the socket. Always returns NULL. */
struct control *control_close(struct control *control);

/* The value of a parameter, or NULL where the client gave none. */
struct json_object *control_parameter(const struct control_call *call, const char *name);
/* Both take the object, and NULL for no parameters. `error` is the full name of an error. */
void control_reply(struct control_call *call, struct json_object *parameters);
void control_fail(struct control_call *call, const char *error, struct json_object *parameters);
/*
 * In place of the reply: turns the call into a stream of replies, which ends when the client goes. `ended` is called
 * then. Where the client has not asked for `more`, this fails the call and returns false.
 */
bool control_stream(struct control_call *call, void (*ended)(void *stream), void *stream);
/*
 * Sends a reply of a stream: the text of a JSON object. It does not wait. Returns false where the client does not
 * follow: CONTROL_QUEUE_MAX bytes wait, and this reply is not sent.
 */
bool control_continue(struct control_call *call, const char *parameters);
/* From now on the connection may only call methods with CONTROL_STATUS. */
void control_restrict_to_status(struct control_call *call);
/* Fails with the parameters that all errors of our interface have. */
void control_refuse(struct control_call *call, const char *error, const char *text, const char *remedy);

#endif
