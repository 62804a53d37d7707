/* SPDX-License-Identifier: Apache-2.0 */
/* Methods for tests of the control socket, a client that the test chooses, and what it sends and gets. */
#ifndef BPFLOCK_TESTS_CONTROL_FIXTURE_H
#define BPFLOCK_TESTS_CONTROL_FIXTURE_H

#include "control/control.h"
#include "control/peer.h"
#include "log_fixture.h"
#include "util/json.h"
#include "util/loop.h"

/* Who all connections of a test come from. It replaces the function of the core. */
static struct peer client;

void peer_identify(int fd, struct peer *ret)
{
	(void)fd;
	*ret = client;
}

static const struct peer root = {
	.pid = 4711,
	.known = true,
	.initial_user = true,
	.initial_namespaces = true,
	.comm = "ctl",
	.unit = "a.service",
};

/**
 * struct bench - what the methods below do something with
 * @held: the call that Hold has not replied to, or the stream of Follow
 * @ended: streams that have ended
 */
struct bench {
	struct fixture *log;
	struct loop *loop;
	bool restricted;
	unsigned int changes;
	struct control_call *held;
	unsigned int ended;
};

static void echo(void *context, struct control_call *call)
{
	struct json_object *parameters = json_new();

	(void)context;
	json_add(parameters, "text", json_object_get(control_parameter(call, "text")));
	control_reply(call, parameters);
}

static void change(void *context, struct control_call *call)
{
	struct bench *bench = context;

	bench->changes++;
	control_reply(call, NULL);
}

/* More than a socket takes at once. */
#define SHOUT_SIZE (4u << 20)

static void shout(void *context, struct control_call *call)
{
	static char text[SHOUT_SIZE + 1];
	struct json_object *parameters = json_new();

	(void)context;
	memset(text, 'a', sizeof(text) - 1);
	json_add_text(parameters, "text", text);
	control_reply(call, parameters);
}

static void hold(void *context, struct control_call *call)
{
	struct bench *bench = context;

	bench->held = call;
}

static void end_stream(void *context)
{
	struct bench *bench = context;

	bench->held = NULL;
	bench->ended++;
}

static void follow(void *context, struct control_call *call)
{
	struct bench *bench = context;

	if (control_stream(call, end_stream, bench))
		bench->held = call;
}

static const struct control_method methods[] = {
	{ "Echo", CONTROL_READ, echo, { { "text", json_type_string, true }, { "loud", json_type_boolean, false } } },
	{ "Change", CONTROL_CHANGE, change, {} },
	{ "Shout", CONTROL_READ, shout, {} },
	{ "Hold", CONTROL_READ, hold, {} },
	{ "Follow", CONTROL_READ, follow, {} },
};

static bool is_restricted(void *context)
{
	const struct bench *bench = context;

	return bench->restricted;
}

static int bench_open(struct bench *bench)
{
	*bench = (struct bench){ 0 };
	client = root;
	if (setup((void **)&bench->log) < 0 || loop_open(&bench->loop) < 0)
		return -1;
	open_log(bench->log, bench->log->output);
	return 0;
}

static int bench_close(struct bench *bench)
{
	loop_close(bench->loop);
	return teardown((void **)&bench->log);
}

static struct control_options bench_options(struct bench *bench)
{
	return (struct control_options){
		.loop = bench->loop,
		.log = &bench->log->log,
		.methods = methods,
		.method_count = ARRAY_SIZE(methods),
		.is_restricted = is_restricted,
		.context = bench,
	};
}

/* With its NUL. */
static inline void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text) + 1, 0), strlen(text) + 1);
}

#endif
