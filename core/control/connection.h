/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of one client, in both directions. Private to the control module. */
#ifndef BPFLOCK_CONTROL_CONNECTION_H
#define BPFLOCK_CONTROL_CONNECTION_H

#include "control/call.h"

/* What a connection waits for. */
enum connection_phase {
	CONNECTION_IDLE,      /* the next request, of which nothing has come */
	CONNECTION_RECEIVING, /* the first request, or the rest of one */
	CONNECTION_SENDING,   /* that the client takes the reply */
};

/**
 * struct connection - one client
 * @call:     the request that is being answered
 * @input:    what has come and is not answered: @input_length of @input_size bytes
 * @scanned:  so many bytes of @input contain no NUL
 * @output:   what is to be sent: @output_length bytes, of which @sent are sent
 * @output_size: bytes that @output has room for
 * @wake:     called when there is something to send where there was nothing; NULL: whoever serves looks
 * @waker:    for @wake
 * @failed:   nothing can be sent any more
 * @phase:    since it has changed, @deadline counts
 * @deadline: the connection is closed then, in nanoseconds since boot; 0: never
 */
struct connection {
	int fd;
	struct peer peer;
	struct control_call call;
	char *input;
	size_t input_length;
	size_t input_size;
	size_t scanned;
	char *output;
	size_t output_length;
	size_t output_size;
	size_t sent;
	void (*wake)(void *waker);
	void *waker;
	bool failed;
	enum connection_phase phase;
	__u64 deadline;
};

/* Takes the descriptor, which must be non-blocking. */
void connection_open(struct connection *connection, int fd);
void connection_close(struct connection *connection);

/*
 * Moves bytes, and answers one request at most, so that other clients get their turn. Returns 0; -ECONNRESET when the
 * client has gone; -EMSGSIZE or -EBADMSG when it has sent too much or no request.
 */
int connection_serve(struct connection *connection, struct control_calls *calls);
/* Whether connection_serve() is to be called when the client takes output, in place of when it has sent more. */
bool connection_awaits_output(const struct connection *connection);

#endif
