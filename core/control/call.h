/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its reply. Private to the control module. */
#ifndef BPFLOCK_CONTROL_CALL_H
#define BPFLOCK_CONTROL_CALL_H

#include "control/control.h"
#include "control/peer.h"

/**
 * struct control_call - the request of a connection that is being answered
 * @send:    takes the text of a reply, without its NUL; false where too much of a stream waits to be sent
 * @context: for @send
 * @peer:    the client, of the connection
 * @method:  full name
 * @request: the message; NULL while there is none
 * @parameters: of the request; NULL where it has none
 * @oneway:  the client wants no reply
 * @more:    it takes several
 * @open:    there is no reply yet, or not the last one
 * @ended:   of a stream: see control_stream(); NULL where it is none
 * @stream:  for @ended
 */
struct control_call {
	bool (*send)(void *context, const char *text, size_t length);
	void *context;
	struct peer *peer;
	const char *method;
	struct json_object *request;
	struct json_object *parameters;
	bool oneway;
	bool more;
	bool open;
	void (*ended)(void *stream);
	void *stream;
};

/**
 * struct control_interface - an interface of the socket
 * @description: its text in Varlink's language
 * @context:     for the handlers
 */
struct control_interface {
	const char *name;
	const char *description;
	const struct control_method *methods;
	size_t method_count;
	void *context;
};

/**
 * struct control_calls - what is needed to answer
 * @options: of the user
 * @refused: calls of methods with CONTROL_CHANGE that were refused, and that the log does not have
 * @told:    time of the last line about such a call, in nanoseconds since boot
 */
struct control_calls {
	const struct control_options *options;
	__u64 refused;
	__u64 told;
};

/*
 * Answers a message, which need not be a valid one. Returns 0, or -EBADMSG when it is no request of Varlink. `call`
 * has its @send and @context; the rest is set here.
 */
int control_answer(struct control_calls *calls, struct peer *peer, const char *message, size_t length,
		   struct control_call *call);
/* Forgets a call, whether it was replied to or not. */
void control_end(struct control_call *call);

/* The interface of that name, or NULL. `index` visits them all, as long as there are more. */
bool control_interface_at(const struct control_options *options, size_t index, struct control_interface *ret);
bool control_interface_find(const struct control_options *options, const char *name, struct control_interface *ret);

/* The methods of org.varlink.service; their context are the options of the user. */
extern const struct control_method control_service_methods[];
extern const size_t control_service_method_count;

#endif
