/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "control/control.h"
#include "pinned.h"
#include "terminal.h"
#include "util/json.h"
#include "util/memory.h"

/* More than the daemon knows to say. */
#define REPLY_MAX (1u << 26)

static int no_daemon(const struct ctl *ctl, int error)
{
	fprintf(stderr, "bpflockctl: no bpflock listens at %s: %s\n", ctl->socket, strerror(error));
	pinned_print(stderr);
	return -EXIT_NO_DAEMON;
}

static int cannot_connect(const struct ctl *ctl, int error)
{
	if (error == ENOENT || error == ECONNREFUSED)
		return no_daemon(ctl, error);
	fprintf(stderr, "bpflockctl: cannot connect to %s: %s%s\n", ctl->socket, strerror(error),
		error == EACCES || error == EPERM ? " (run it as root)" : "");
	return error == EACCES || error == EPERM ? -EXIT_REFUSED : -EXIT_NO_ANSWER;
}

int client_open(const struct ctl *ctl, int seconds)
{
	const struct timeval limit = { .tv_sec = seconds };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(ctl->socket) >= sizeof(address.sun_path)) {
		fprintf(stderr, "bpflockctl: the path of the socket is too long: %s\n", ctl->socket);
		return -EXIT_USAGE;
	}
	memcpy(address.sun_path, ctl->socket, strlen(ctl->socket));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		return cannot_connect(ctl, error);
	}
	return fd;
}

static int no_answer(const char *why)
{
	fprintf(stderr, "bpflockctl: the daemon does not answer: %s\n", why);
	return EXIT_NO_ANSWER;
}

/* After the failure of an input or output. */
static int failed(void)
{
	if (errno == EAGAIN)
		return no_answer("it is busy, or hangs");
	if (errno == EPIPE || errno == ECONNRESET)
		return no_answer("it has closed the connection: it has ended, or too many clients are connected");
	return no_answer(strerror(errno));
}

static int send_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t count = send(fd, bytes, size, MSG_NOSIGNAL);

		if (count < 0)
			return failed();
		bytes += count;
		size -= (size_t)count;
	}
	return 0;
}

static int send_request(int fd, const char *method, struct json_object *parameters, bool more)
{
	CLEANUP(cleanup_json) struct json_object *request = json_new();
	CLEANUP(cleanup_free) char *name = xasprintf("%s.%s", CONTROL_INTERFACE, method);
	const char *text;

	json_add_text(request, "method", name);
	if (parameters)
		json_add(request, "parameters", parameters);
	if (more)
		json_add_bool(request, "more", true);
	text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	return send_all(fd, text, strlen(text) + 1);
}

/* Reads up to the NUL, into *ret (to be freed). */
static int receive_text(int fd, char **ret)
{
	size_t length = 0, size = 4096;

	*ret = xcalloc(1, size);
	while (length == 0 || (*ret)[length - 1] != '\0') {
		ssize_t count = recv(fd, *ret + length, size - length, 0);

		if (count == 0)
			errno = ECONNRESET;
		if (count <= 0)
			return failed();
		length += (size_t)count;
		if (length < size)
			continue;
		size *= 2;
		if (size > REPLY_MAX)
			return no_answer("its reply is too long");
		*ret = xreallocarray(*ret, size, 1);
	}
	return 0;
}

static int read_reply(const struct ctl *ctl, const char *text, struct reply *ret)
{
	struct json_object *error = NULL, *values = NULL;

	*ret = (struct reply){ 0 };
	ret->message = json_parse(text, strlen(text));
	if (!ret->message || !json_object_object_get_ex(ret->message, "parameters", &values) ||
	    !json_object_is_type(values, json_type_object)) {
		reply_clear(ret);
		return no_answer("this is no reply of Varlink");
	}
	if (!ctl->json)
		terminal_escape(ret->message);
	json_object_object_get_ex(ret->message, "error", &error);
	ret->error = json_object_get_string(error);
	ret->parameters = values;
	return 0;
}

int client_call(const struct ctl *ctl, int fd, const char *method, struct json_object *parameters, struct reply *ret)
{
	CLEANUP(cleanup_free) char *text = NULL;
	int status = send_request(fd, method, parameters, false);

	*ret = (struct reply){ 0 };
	if (!status)
		status = receive_text(fd, &text);
	return status ? status : read_reply(ctl, text, ret);
}

int client_follow(const struct ctl *ctl, const char *method, struct json_object *parameters, client_visit *visit,
		  void *context)
{
	int fd = client_open(ctl, 0), status;
	CLEANUP(cleanup_fclose) FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	CLEANUP(cleanup_free) char *text = NULL;
	struct reply reply;
	size_t size = 0;

	if (!stream) {
		json_object_put(parameters);
		return fd < 0 ? -fd : no_answer(strerror(errno));
	}
	status = send_request(fd, method, parameters, true);
	while (!status && getdelim(&text, &size, '\0', stream) > 0) {
		status = read_reply(ctl, text, &reply);
		if (!status)
			status = visit(context, &reply);
		reply_clear(&reply);
	}
	return status ? status : no_answer("it has ended, or has closed the connection");
}

int client_ask(const struct ctl *ctl, const char *method, struct json_object *parameters, struct reply *ret)
{
	CLEANUP(cleanup_close) int fd = client_open(ctl, CLIENT_SECONDS);

	if (fd >= 0)
		return client_call(ctl, fd, method, parameters, ret);
	json_object_put(parameters);
	*ret = (struct reply){ 0 };
	return -fd;
}

void client_await_end(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
}

void reply_clear(struct reply *reply)
{
	json_object_put(reply->message);
	*reply = (struct reply){ 0 };
}

bool reply_is_to_print(const struct ctl *ctl, const struct reply *reply, int *status)
{
	*status = EXIT_SUCCESS;
	if (reply->error)
		*status = strcmp(reply->error, CONTROL_REFUSED) == 0 ? EXIT_REFUSED : EXIT_NOT_SO;
	if (ctl->json) {
		terminal_print_json(reply->error ? reply->message : reply->parameters);
		return false;
	}
	if (!reply->error)
		return true;
	fprintf(stderr, "bpflockctl: %s", json_get_text(reply->parameters, "text"));
	if (!*json_get_text(reply->parameters, "text"))
		fputs(reply->error, stderr);
	if (*json_get_text(reply->parameters, "remedy"))
		fprintf(stderr, " (%s)", json_get_text(reply->parameters, "remedy"));
	putc('\n', stderr);
	return false;
}
