/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes from a client of the control socket, in pieces of any size: it gets at most one reply for each NUL, and those
 * of a stream; each reply is valid; a stream ends once; and nothing is changed without permission.
 */
#include <errno.h>
#include <json-c/json_tokener.h>
#include <string.h>
#include <sys/socket.h>

#include "control/connection.h"
#include "fuzz.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/memory.h"

/* The client is root in a container: it may read, and not change. */
void peer_identify(int fd, struct peer *ret)
{
	(void)fd;
	*ret = (struct peer){ .pid = 4711, .known = true, .initial_user = true };
}

static void echo(void *context, struct control_call *call)
{
	struct json_object *parameters = json_new();

	(void)context;
	json_add(parameters, "any", json_object_get(control_parameter(call, "any")));
	control_reply(call, parameters);
}

static void change(void *context, struct control_call *call)
{
	(void)context;
	(void)call;
	MUST(false);
}

/* A stream has this many replies. */
#define STREAM_REPLIES 3

static size_t streams;

static void end_stream(void *stream)
{
	(void)stream;
	MUST(streams-- == 1);
}

static void stream(void *context, struct control_call *call)
{
	(void)context;
	if (!control_stream(call, end_stream, NULL))
		return;
	MUST(streams++ == 0);
	for (size_t i = 0; i < STREAM_REPLIES; i++)
		MUST(control_continue(call, "{}"));
}

static const struct control_method methods[] = {
	{ "Echo", CONTROL_READ, echo, { { "any", json_type_object, false } } },
	{ "Change", CONTROL_CHANGE, change, {} },
	{ "Stream", CONTROL_READ, stream, {} },
};

static bool is_restricted(void *context)
{
	(void)context;
	return false;
}

/* One reply: an object with parameters, and perhaps the name of an error. */
static void check_reply(const char *text)
{
	struct json_object *reply = json_tokener_parse(text), *parameters = NULL;

	MUST(json_object_is_type(reply, json_type_object));
	MUST(json_object_object_get_ex(reply, "parameters", &parameters));
	MUST(json_object_is_type(parameters, json_type_object));
	json_object_put(reply);
}

/**
 * struct client - the other end
 * @text:    a reply of which the end has not come
 * @replies: how many have come
 */
struct client {
	int fd;
	char *text;
	size_t length;
	size_t replies;
};

static void take_replies(struct client *client)
{
	char bytes[65536];
	ssize_t count;

	while ((count = recv(client->fd, bytes, sizeof(bytes), 0)) > 0) {
		client->text = xreallocarray(client->text, client->length + (size_t)count, 1);
		memcpy(client->text + client->length, bytes, (size_t)count);
		client->length += (size_t)count;
	}
	for (char *end; client->length && (end = memchr(client->text, '\0', client->length));) {
		check_reply(client->text);
		client->replies++;
		client->length -= (size_t)(end + 1 - client->text);
		memmove(client->text, end + 1, client->length);
	}
}

/* Until nothing is left that has come whole. Returns what connection_serve() does. */
static int serve(struct connection *connection, struct control_calls *calls, struct client *client)
{
	int error;

	do {
		error = connection_serve(connection, calls);
		take_replies(client);
	} while (!error && connection_awaits_output(connection));
	return error;
}

static size_t count_ends(const uint8_t *data, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\0';
	return count;
}

/* The first byte says how large the pieces are. */
static void send_all(int fd, const uint8_t *data, size_t size, struct connection *connection,
		     struct control_calls *calls, struct client *client)
{
	size_t piece = size ? data[0] + 1u : 0;
	int error = 0;

	for (size_t sent = 1; sent < size && !error; sent += piece) {
		size_t rest = size - sent;

		MUST(send(fd, data + sent, rest < piece ? rest : piece, 0) > 0);
		error = serve(connection, calls, client);
		MUST(!error || error == -EBADMSG || error == -EMSGSIZE);
		MUST(!connection->call.open || connection->call.ended);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_options options = { .methods = methods,
					   .method_count = ARRAY_SIZE(methods),
					   .is_restricted = is_restricted };
	struct control_calls calls = { .options = &options };
	struct connection connection;
	struct client client = { 0 };
	struct log *log = NULL;
	int fds[2];

	options.log = &log;
	calls.told = clock_since_boot(); /* no line for refused calls: there is no log */
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	connection_open(&connection, fds[0]);
	client.fd = fds[1];
	send_all(fds[1], data, size, &connection, &calls, &client);
	MUST(client.length == 0 && client.replies <= count_ends(data, size) + STREAM_REPLIES - 1);
	connection_close(&connection);
	MUST(streams == 0);
	close(fds[1]);
	free(client.text);
	return 0;
}
