/* SPDX-License-Identifier: Apache-2.0 */
#include "control/connection.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "util/clock.h"
#include "util/memory.h"

#define INPUT_MIN 4096

static bool has_output(const struct connection *connection)
{
	return connection->sent < connection->output_length;
}

static void begin_phase(struct connection *connection, enum connection_phase phase)
{
	connection->phase = phase;
	connection->deadline = phase == CONNECTION_IDLE ? 0 : clock_since_boot() + CONTROL_SECONDS_MAX * NANOSECONDS;
}

static void flush_output(struct connection *connection)
{
	while (has_output(connection) && !connection->failed) {
		ssize_t count = send(connection->fd, connection->output + connection->sent,
				     connection->output_length - connection->sent, MSG_NOSIGNAL);

		if (count >= 0)
			connection->sent += (size_t)count;
		else if (errno == EAGAIN)
			return;
		else
			connection->failed = true;
	}
	free(connection->output);
	connection->output = NULL;
	connection->output_length = connection->sent = 0;
}

/* A control_call's @send. There is at most one reply at a time, so there is no queue. */
static void send_text(void *context, const char *text, size_t length)
{
	struct connection *connection = context;

	connection->output = xstrndup(text, length);
	connection->output_length = length + 1;
	flush_output(connection);
}

void connection_open(struct connection *connection, int fd)
{
	*connection = (struct connection){ .fd = fd, .call = { .send = send_text, .context = connection } };
	peer_identify(fd, &connection->peer);
	begin_phase(connection, CONNECTION_RECEIVING);
}

void connection_close(struct connection *connection)
{
	control_end(&connection->call);
	free(connection->input);
	free(connection->output);
	close(connection->fd);
}

/* Whether a whole request is there. Its NUL is at @scanned then. */
static bool find_request(struct connection *connection)
{
	size_t left = connection->input_length - connection->scanned;
	const char *end = left ? memchr(connection->input + connection->scanned, '\0', left) : NULL;

	connection->scanned = end ? (size_t)(end - connection->input) : connection->input_length;
	return end;
}

bool connection_awaits_output(const struct connection *connection)
{
	return has_output(connection) || connection->scanned < connection->input_length;
}

static void grow_input(struct connection *connection)
{
	size_t size = connection->input_size ? 2 * connection->input_size : INPUT_MIN;

	if (connection->input_length < connection->input_size)
		return;
	/* With the NUL, a request of the largest size fits. */
	connection->input_size = size < CONTROL_MESSAGE_MAX ? size : CONTROL_MESSAGE_MAX + 1;
	connection->input = xreallocarray(connection->input, connection->input_size, 1);
}

static int receive(struct connection *connection)
{
	ssize_t count;

	if (connection->input_length > CONTROL_MESSAGE_MAX)
		return -EMSGSIZE;
	grow_input(connection);
	count = recv(connection->fd, connection->input + connection->input_length,
		     connection->input_size - connection->input_length, 0);
	if (count < 0)
		return errno == EAGAIN ? 0 : -ECONNRESET;
	connection->input_length += (size_t)count;
	return count > 0 ? 0 : -ECONNRESET;
}

/* The time of the next request begins now. */
static void drop_request(struct connection *connection, size_t length)
{
	connection->input_length -= length;
	memmove(connection->input, connection->input + length, connection->input_length);
	connection->scanned = 0;
	begin_phase(connection, CONNECTION_IDLE);
	if (connection->input_length)
		return;
	free(connection->input);
	connection->input = NULL;
	connection->input_size = 0;
}

static int answer_request(struct connection *connection, struct control_calls *calls)
{
	size_t length = connection->scanned;
	int error = control_answer(calls, &connection->peer, connection->input, length, &connection->call);

	drop_request(connection, length + 1);
	return error;
}

static enum connection_phase current_phase(const struct connection *connection)
{
	if (has_output(connection))
		return CONNECTION_SENDING;
	if (connection->input_length)
		return CONNECTION_RECEIVING;
	/* The first request has to come in time. */
	return connection->phase == CONNECTION_SENDING ? CONNECTION_IDLE : connection->phase;
}

int connection_serve(struct connection *connection, struct control_calls *calls)
{
	enum connection_phase phase;
	int error = 0;

	assert(!connection->call.open); /* see control_handler */
	if (connection_awaits_output(connection))
		flush_output(connection);
	else
		error = receive(connection);
	if (!error && !has_output(connection) && find_request(connection))
		error = answer_request(connection, calls);
	if (!error && connection->failed)
		error = -ECONNRESET;
	(void)find_request(connection); /* for connection_awaits_output() */
	phase = current_phase(connection);
	if (phase != connection->phase)
		begin_phase(connection, phase);
	return error;
}
