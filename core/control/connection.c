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
	connection->output_length = connection->output_size = connection->sent = 0;
}

static void grow_output(struct connection *connection, size_t length)
{
	size_t waiting = connection->output_length - connection->sent;

	if (connection->sent)
		memmove(connection->output, connection->output + connection->sent, waiting);
	connection->output_length = waiting;
	connection->sent = 0;
	if (waiting + length <= connection->output_size)
		return;
	connection->output_size = 2 * (waiting + length);
	connection->output = xreallocarray(connection->output, connection->output_size, 1);
}

/* Nothing is sent here: who has something to stream must not meet an error of a client. */
static bool queue_text(struct connection *connection, const char *text, size_t length)
{
	bool idle = !has_output(connection);

	if (connection->output_length - connection->sent + length + 1 > CONTROL_QUEUE_MAX)
		return false;
	if (connection->output_length + length + 1 > connection->output_size)
		grow_output(connection, length + 1);
	memcpy(connection->output + connection->output_length, text, length);
	connection->output[connection->output_length + length] = '\0';
	connection->output_length += length + 1;
	if (idle && connection->wake)
		connection->wake(connection->waker);
	return true;
}

/* A control_call's @send. There is at most one reply at a time, unless it is a stream. */
static bool send_text(void *context, const char *text, size_t length)
{
	struct connection *connection = context;

	if (connection->call.ended)
		return queue_text(connection, text, length);
	connection->output = xstrndup(text, length);
	connection->output_length = length + 1;
	flush_output(connection);
	return true;
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
	flush_output(connection); /* the last replies of a stream, as far as the client takes them */
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
	if (connection->call.ended)
		return CONNECTION_IDLE;
	if (has_output(connection))
		return CONNECTION_SENDING;
	if (connection->input_length)
		return CONNECTION_RECEIVING;
	/* The first request has to come in time. */
	return connection->phase == CONNECTION_SENDING ? CONNECTION_IDLE : connection->phase;
}

/* A client that takes a stream has nothing else to send. It may take it as slowly as it likes. */
static int serve_stream(struct connection *connection)
{
	int error = 0;

	if (has_output(connection))
		flush_output(connection);
	else
		error = receive(connection);
	if (!error && connection->failed)
		error = -ECONNRESET;
	return !error && connection->input_length ? -EBADMSG : error;
}

int connection_serve(struct connection *connection, struct control_calls *calls)
{
	enum connection_phase phase;
	int error = 0;

	if (connection->call.ended)
		return serve_stream(connection);
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
