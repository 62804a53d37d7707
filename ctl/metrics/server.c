/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon has no network socket, so this process has one in its place. It connects to the daemon as root, lets the
 * daemon refuse it whatever is not reading, and gives up root before it reads a byte from the network. It cannot connect
 * again after that: when the daemon ends, it ends too, and whoever has started it starts it again.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <microhttpd.h>
#include <netdb.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "metrics/metrics.h"
#include "util/memory.h"

#define DEFAULT_ADDRESS "127.0.0.1"
/* "nobody": the kernel's own number for users that have none (overflowuid). */
#define NOBODY 65534
#define CONNECTIONS_MAX 16
#define SECONDS_MAX 10

/**
 * struct server - what a request needs
 * @fd:     the connection to the daemon
 * @status: exit status once that has failed; 0 before
 */
struct server {
	const struct ctl *ctl;
	int fd;
	int status;
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "bpflockctl: %s: %s\n", what, why);
	return EXIT_NOT_SO;
}

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned int code, const char *type, char *text,
			       size_t length)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result respond_text(struct MHD_Connection *connection, unsigned int code, const char *text)
{
	return respond(connection, code, "text/plain; charset=utf-8", (char *)(uintptr_t)text, strlen(text));
}

static enum MHD_Result respond_metrics(struct server *server, struct MHD_Connection *connection)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return MHD_NO;
	server->status = metrics_print(server->ctl, server->fd, stream);
	fclose(stream);
	if (server->status)
		return respond_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "the daemon does not answer\n");
	return respond(connection, MHD_HTTP_OK, METRICS_TYPE, text, length);
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *data, size_t *data_size, void **request)
{
	(void)version;
	(void)data;
	(void)data_size;
	(void)request;
	if (strcmp(url, "/metrics") != 0)
		return respond_text(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return respond_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	return respond_metrics(context, connection);
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT" or "PORT". Returns NULL, with everything printed, where it is none. */
static struct addrinfo *resolve(const char *listen)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	const char *colon = strrchr(listen, ':'), *port = colon ? colon + 1 : listen;
	size_t bracket = colon && listen[0] == '[' && colon > listen + 1 && colon[-1] == ']';
	size_t length = colon ? (size_t)(colon - listen) - 2 * bracket : 0;
	CLEANUP(cleanup_free) char *address = colon ? xstrndup(listen + bracket, length) : xstrdup(DEFAULT_ADDRESS);
	struct addrinfo *result = NULL;
	int error = *address && *port ? getaddrinfo(address, port, &hints, &result) : EAI_NONAME;

	if (!error)
		return result;
	fprintf(stderr, "bpflockctl: '%s' is no address and port (such as 9750, 127.0.0.1:9750 or [::1]:9750): %s\n",
		listen, gai_strerror(error));
	return NULL;
}

static struct MHD_Daemon *start(struct server *server, const struct addrinfo *address)
{
	unsigned int flags = address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0;

	return MHD_start_daemon(flags, 0, NULL, NULL, answer, server, MHD_OPTION_SOCK_ADDR, address->ai_addr,
				MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
				SECONDS_MAX, MHD_OPTION_END);
}

static int restrict_to_status(const struct server *server)
{
	struct reply reply;
	int status = client_call(server->ctl, server->fd, "StatusOnly", NULL, &reply);

	if (!status)
		(void)reply_is_to_print(server->ctl, &reply, &status);
	reply_clear(&reply);
	return status;
}

/* Another user loses the capabilities of root only where the secure bits, which a unit can set, do not keep them. */
static int give_up_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return complain("cannot give up privileges", strerror(errno));
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return complain("cannot become nobody (user 65534)", strerror(errno));
	if (syscall(SYS_capset, &header, none) < 0)
		return complain("cannot give up capabilities", strerror(errno));
	return 0;
}

/* The daemon sends nothing that was not asked for, so input is the end of the connection. */
static bool has_ended(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static int serve(struct server *server, struct MHD_Daemon *http)
{
	while (!server->status) {
		if (MHD_run_wait(http, 1000) != MHD_YES)
			return complain("cannot serve", strerror(errno));
		if (!server->status && has_ended(server->fd))
			server->status = EXIT_NO_DAEMON;
	}
	MHD_run_wait(http, 0); /* the last response */
	if (server->status == EXIT_NO_DAEMON)
		fputs("bpflockctl: the daemon has ended\n", stderr);
	return server->status;
}

static int serve_at(struct server *server, const struct addrinfo *address, const char *listen)
{
	struct MHD_Daemon *http = start(server, address);
	int status;

	if (!http)
		return complain(listen,
				"cannot listen there: another process may, or this machine has no such address");
	status = restrict_to_status(server);
	if (!status)
		status = give_up_privileges();
	if (!status)
		status = serve(server, http);
	MHD_stop_daemon(http);
	return status;
}

int metrics_serve(const struct ctl *ctl, const char *listen)
{
	struct addrinfo *address = resolve(listen);
	CLEANUP(cleanup_close) int fd = -1;
	int status;

	if (!address)
		return EXIT_USAGE;
	fd = client_open(ctl, CLIENT_SECONDS);
	status = fd < 0 ? -fd : serve_at(&(struct server){ .ctl = ctl, .fd = fd }, address, listen);
	freeaddrinfo(address);
	return status;
}
