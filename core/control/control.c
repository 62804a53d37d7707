/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "control/connection.h"
#include "control/socket.h"
#include "util/clock.h"
#include "util/memory.h"

/* Why connections are closed that the client has not ended. */
enum closing { TOO_MANY, TOO_LONG, TOO_SLOW, INVALID, CLOSINGS };

/**
 * struct client - a connection in the list of a server
 */
struct client {
	struct client *next;
	struct control *control;
	struct connection connection;
};

/**
 * struct control - the server
 * @timer:  of the loop, set to @deadline
 * @deadline: the first of all connections; 0 where there is none
 * @closed: connections that were closed since control_log_closed(), by reason
 */
struct control {
	struct control_options options;
	struct control_calls calls;
	struct control_socket socket;
	struct client *clients;
	size_t client_count;
	int timer;
	__u64 deadline;
	__u64 closed[CLOSINGS];
};

static __u64 first_deadline(const struct control *control)
{
	__u64 first = 0;

	for (const struct client *client = control->clients; client; client = client->next)
		if (client->connection.deadline && (!first || client->connection.deadline < first))
			first = client->connection.deadline;
	return first;
}

static void set_timer(struct control *control)
{
	__u64 deadline = first_deadline(control);

	if (deadline != control->deadline)
		loop_set_deadline(control->timer, deadline);
	control->deadline = deadline;
}

static void drop_client(struct client *client)
{
	struct control *control = client->control;
	struct client **place = &control->clients;

	while (*place != client)
		place = &(*place)->next;
	*place = client->next;
	control->client_count--;
	loop_remove(control->options.loop, client->connection.fd);
	connection_close(&client->connection);
	free(client);
}

/* A client that has gone is no reason to say something. */
static void count_closing(struct control *control, int error)
{
	if (error == -EMSGSIZE)
		control->closed[TOO_LONG]++;
	else if (error == -EBADMSG)
		control->closed[INVALID]++;
}

static int handle_client(void *context)
{
	struct client *client = context;
	struct control *control = client->control;
	struct connection *connection = &client->connection;
	bool awaited_output = connection_awaits_output(connection);
	int error = connection_serve(connection, &control->calls);

	if (error) {
		count_closing(control, error);
		drop_client(client);
	} else if (connection_awaits_output(connection) != awaited_output) {
		loop_await_output(control->options.loop, connection->fd, !awaited_output);
	}
	set_timer(control);
	return 0;
}

static void wake_client(void *context)
{
	const struct client *client = context;

	loop_await_output(client->control->options.loop, client->connection.fd, true);
}

static void add_client(struct control *control, int fd)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->control = control;
	connection_open(&client->connection, fd);
	client->connection.wake = wake_client;
	client->connection.waker = client;
	client->next = control->clients;
	control->clients = client;
	control->client_count++;
	if (loop_add(control->options.loop, fd, handle_client, client) < 0)
		drop_client(client);
	set_timer(control);
}

static int handle_socket(void *context)
{
	struct control *control = context;
	int fd = accept4(control->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return 0;
	if (control->client_count < CONTROL_CONNECTIONS_MAX) {
		add_client(control, fd);
	} else {
		close(fd);
		control->closed[TOO_MANY]++;
	}
	return 0;
}

static int handle_timer(void *context)
{
	struct control *control = context;
	__u64 now = clock_since_boot();

	for (struct client *client = control->clients, *next; client; client = next) {
		next = client->next;
		if (!client->connection.deadline || client->connection.deadline > now)
			continue;
		control->closed[TOO_SLOW]++;
		drop_client(client);
	}
	set_timer(control);
	return 0;
}

int control_open(const struct control_options *options, struct control **ret)
{
	struct control *control = xcalloc(1, sizeof(*control));

	control->options = *options;
	control->calls.options = &control->options;
	control->socket = (struct control_socket)CONTROL_SOCKET_CLOSED;
	control->timer = loop_add_timer(options->loop, CLOCK_BOOTTIME, handle_timer, control);
	if (control->timer < 0) {
		int error = control->timer;

		free(control);
		return error;
	}
	*ret = control;
	return 0;
}

static void stop_listening(struct control *control)
{
	if (control->socket.fd >= 0)
		loop_remove(control->options.loop, control->socket.fd);
	control_socket_close(&control->socket);
}

void control_listen(struct control *control, const char *path, struct report *report)
{
	int error;

	if (control->socket.path && strcmp(control->socket.path, path) == 0)
		return;
	stop_listening(control);
	if (strcmp(path, CONTROL_NONE) == 0 || control_socket_open(path, &control->socket, report) < 0)
		return;
	error = loop_add(control->options.loop, control->socket.fd, handle_socket, control);
	if (!error)
		return;
	report_add(report, REPORT_ERROR, "control_failed", path, "the socket cannot be watched: %s", strerror(-error));
	control_socket_close(&control->socket);
}

void control_log_closed(struct control *control)
{
	static const char *const reasons[] = {
		[TOO_MANY] = "more than 64 connections",
		[TOO_LONG] = "a request of more than 1 MiB",
		[TOO_SLOW] = "a request or the taking of a reply took more than 10 s",
		[INVALID] = "not a request of Varlink",
	};

	for (size_t i = 0; i < CLOSINGS; i++) {
		struct log_record record = log_daemon_record(LOG_LEVEL_WARNING, "control_closed");

		if (!control->closed[i])
			continue;
		log_uint(&record, "count", control->closed[i]);
		log_str(&record, "warning", reasons[i]);
		log_write(*control->options.log, &record);
		control->closed[i] = 0;
	}
}

struct control *control_close(struct control *control)
{
	if (!control)
		return NULL;
	for (struct client *client = control->clients, *next; client; client = next) {
		next = client->next;
		drop_client(client);
	}
	stop_listening(control);
	loop_remove(control->options.loop, control->timer);
	free(control);
	return NULL;
}
