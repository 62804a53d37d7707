// SPDX-License-Identifier: Apache-2.0
/* The control socket: what a client gets for what it sends. */
#include "control/connection.h"

#include <sys/socket.h>

#include "control_fixture.h"
#include "util/memory.h"

/**
 * struct talk - a connection, and the client's end of it
 */
struct talk {
	struct bench bench;
	struct control_options options;
	struct control_calls calls;
	struct connection connection;
	int fd;
};

static int set_up(void **state)
{
	struct talk *talk = test_calloc(1, sizeof(*talk));
	int fds[2];

	if (bench_open(&talk->bench) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	talk->options = bench_options(&talk->bench);
	talk->calls.options = &talk->options;
	connection_open(&talk->connection, fds[0]);
	talk->fd = fds[1];
	*state = talk;
	return 0;
}

static int tear_down(void **state)
{
	struct talk *talk = *state;

	connection_close(&talk->connection);
	if (talk->fd >= 0)
		close(talk->fd);
	bench_close(&talk->bench);
	test_free(talk);
	return 0;
}

static int serve(struct talk *talk)
{
	return connection_serve(&talk->connection, &talk->calls);
}

/* Expects these replies, each with its NUL, and nothing else. */
static void expect(const struct talk *talk, const char *replies, size_t count)
{
	char text[4096];
	ssize_t length = recv(talk->fd, text, sizeof(text) - 1, 0);
	size_t ends = 0;

	assert_true(length > 0);
	assert_int_equal(text[length - 1], '\0');
	for (ssize_t i = 0; i < length; i++)
		if (text[i] == '\0' && ++ends < count)
			text[i] = '|';
	assert_int_equal(ends, count);
	assert_string_equal(text, replies);
}

static void expect_nothing(const struct talk *talk)
{
	char byte;

	assert_int_equal(recv(talk->fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

/* What comes for one request. */
static void ask(struct talk *talk, const char *request, const char *reply)
{
	send_text(talk->fd, request);
	assert_int_equal(serve(talk), 0);
	expect(talk, reply, 1);
}

#define ECHO(text) "{\"method\":\"io.bpflock.Echo\",\"parameters\":{\"text\":\"" text "\"}}"
#define ECHOED(text) "{\"parameters\":{\"text\":\"" text "\"}}"

static void a_request_gets_its_reply_ended_by_nul(void **state)
{
	ask(*state, ECHO("hello"), ECHOED("hello"));
	ask(*state, " {\"method\" : \"io.bpflock.Change\" }", "{\"parameters\":{}}");
	ask(*state, ECHO("d\xc3\xa9j\xc3\xa0 \xf0\x9d\x84\x9e"), ECHOED("d\xc3\xa9j\xc3\xa0 \xf0\x9d\x84\x9e"));
}

static void a_request_may_come_in_pieces(void **state)
{
	struct talk *talk = *state;
	static const char request[] = ECHO("pieces");

	for (size_t i = 0; i < sizeof(request); i++) {
		expect_nothing(talk);
		assert_int_equal(send(talk->fd, &request[i], 1, 0), 1);
		assert_int_equal(serve(talk), 0);
	}
	expect(talk, ECHOED("pieces"), 1);
}

static void requests_that_come_together_are_answered_in_turn_one_at_a_time(void **state)
{
	static const char requests[] = ECHO("1") "\0" ECHO("2") "\0" ECHO("3");
	struct talk *talk = *state;

	assert_int_equal(send(talk->fd, requests, sizeof(requests), 0), sizeof(requests));
	assert_int_equal(serve(talk), 0);
	expect(talk, ECHOED("1"), 1);
	assert_true(connection_awaits_output(&talk->connection));
	assert_int_equal(serve(talk), 0);
	assert_true(connection_awaits_output(&talk->connection));
	assert_int_equal(serve(talk), 0);
	assert_false(connection_awaits_output(&talk->connection));
	expect(talk, ECHOED("2") "|" ECHOED("3"), 2);
}

static void a_oneway_request_gets_no_reply_not_even_an_error(void **state)
{
	struct talk *talk = *state;

	send_text(talk->fd, "{\"method\":\"io.bpflock.Change\",\"oneway\":true}");
	assert_int_equal(serve(talk), 0);
	assert_int_equal(talk->bench.changes, 1);
	send_text(talk->fd, "{\"method\":\"io.bpflock.None\",\"oneway\":true}");
	assert_int_equal(serve(talk), 0);
	expect_nothing(talk);
	ask(talk, ECHO("after"), ECHOED("after"));
}

static void what_there_is_not_is_an_error_of_varlink(void **state)
{
	struct talk *talk = *state;

	ask(talk, "{\"method\":\"io.other.Echo\"}",
	    "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":\"io.other\"}}");
	ask(talk, "{\"method\":\"Echo\"}",
	    "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":\"\"}}");
	ask(talk, "{\"method\":\"io.bpflock.None\"}",
	    "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"io.bpflock.None\"}}");
}

#define INVALID_PARAMETER(name) \
	"{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":\"" name "\"}}"

/* A misspelt parameter must not be ignored: {"kep":true} of a stop. */
static void parameters_that_are_missing_unknown_or_of_another_type_are_named(void **state)
{
	struct talk *talk = *state;

	ask(talk, "{\"method\":\"io.bpflock.Echo\"}", INVALID_PARAMETER("text"));
	ask(talk, "{\"method\":\"io.bpflock.Echo\",\"parameters\":{\"text\":null}}", INVALID_PARAMETER("text"));
	ask(talk, "{\"method\":\"io.bpflock.Echo\",\"parameters\":{\"text\":1}}", INVALID_PARAMETER("text"));
	ask(talk, "{\"method\":\"io.bpflock.Echo\",\"parameters\":{\"text\":\"a\",\"loud\":1}}",
	    INVALID_PARAMETER("loud"));
	ask(talk, "{\"method\":\"io.bpflock.Echo\",\"parameters\":{\"text\":\"a\",\"lud\":true}}",
	    INVALID_PARAMETER("lud"));
	ask(talk, "{\"method\":\"io.bpflock.Echo\",\"parameters\":{\"text\":\"a\",\"loud\":null}}", ECHOED("a"));
	ask(talk, "{\"method\":\"io.bpflock.Change\",\"parameters\":{\"force\":true}}", INVALID_PARAMETER("force"));
	assert_int_equal(talk->bench.changes, 0);
}

static void the_service_says_what_it_is(void **state)
{
	struct talk *talk = *state;
	char text[16384];
	ssize_t length;

	send_text(talk->fd, "{\"method\":\"org.varlink.service.GetInfo\"}");
	assert_int_equal(serve(talk), 0);
	length = recv(talk->fd, text, sizeof(text), 0);
	assert_true(length > 0 && text[length - 1] == '\0');
	assert_non_null(strstr(text, "\"interfaces\":[\"org.varlink.service\",\"io.bpflock\"]"));
	send_text(talk->fd, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
			    "\"parameters\":{\"interface\":\"io.bpflock\"}}");
	assert_int_equal(serve(talk), 0);
	length = recv(talk->fd, text, sizeof(text), 0);
	assert_true(length > 0 && text[length - 1] == '\0');
	assert_non_null(strstr(text, "\\ninterface io.bpflock\\n"));
	ask(talk,
	    "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":\"io.other\"}}",
	    "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":\"io.other\"}}");
}

static void rubbish_ends_the_connection(void **state)
{
	static const char *const rubbish[] = {
		"",
		"GET / HTTP/1.0\r\n\r\n",
		"{",
		"[]",
		"null",
		"{}",
		"{\"method\":1}",
		"{\"method\":null}",
		"{\"parameters\":{}}",
		"{\"method\":\"io.bpflock.Change\",\"parameters\":[]}",
		"{\"method\":\"io.bpflock.Change\",\"oneway\":\"yes\"}",
		"{\"method\":\"io.bpflock.Change\",\"more\":1}",
		"{\"method\":\"io.bpflock.Change\"}{}",
		"{\"method\":\"io.bpflock.Change\"} x",
		"{\"method\":\"io.bpflock.Ch\xff\"}",
		"{\"method\":\"io.bpflock.Change\",\"x\":[[[[[[[[[[]]]]]]]]]]}",
	};
	struct talk *talk = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rubbish); i++) {
		send_text(talk->fd, rubbish[i]);
		if (serve(talk) != -EBADMSG)
			fail_msg("accepted: %s", rubbish[i]);
		expect_nothing(talk);
	}
	assert_int_equal(talk->bench.changes, 0);
}

/* Sends `length` bytes of a request and, as they are taken, the rest. */
static int send_large(struct talk *talk, size_t length)
{
	CLEANUP(cleanup_free) char *text = xcalloc(1, length + 1);
	int error = 0;

	memset(text, ' ', length);
	memcpy(text, ECHO("large"), strlen(ECHO("large")));
	for (size_t sent = 0; sent < length + 1 && !error;) {
		ssize_t count = send(talk->fd, text + sent, length + 1 - sent, 0);

		sent += count > 0 ? (size_t)count : 0;
		error = serve(talk);
	}
	for (int i = 0; i < 1000 && !error; i++)
		error = serve(talk);
	return error;
}

static void a_request_may_have_one_mebibyte_and_no_more(void **state)
{
	struct talk *talk = *state;

	assert_int_equal(send_large(talk, CONTROL_MESSAGE_MAX), 0);
	expect(talk, ECHOED("large"), 1);
	assert_int_equal(send_large(talk, CONTROL_MESSAGE_MAX + 1), -EMSGSIZE);
	expect_nothing(talk);
}

static void a_reply_that_is_not_taken_waits_and_so_does_the_next_request(void **state)
{
	struct talk *talk = *state;
	size_t left = sizeof(ECHOED("")) + SHOUT_SIZE;
	char text[65536];

	send_text(talk->fd, "{\"method\":\"io.bpflock.Shout\"}");
	assert_int_equal(serve(talk), 0);
	assert_true(connection_awaits_output(&talk->connection));
	assert_int_equal(talk->connection.phase, CONNECTION_SENDING);
	send_text(talk->fd, ECHO("next"));
	while (left) {
		ssize_t count = recv(talk->fd, text, left < sizeof(text) ? left : sizeof(text), 0);

		left -= count > 0 ? (size_t)count : 0;
		if (left)
			assert_int_equal(serve(talk), 0);
	}
	assert_int_equal(talk->connection.phase, CONNECTION_IDLE);
	assert_int_equal(serve(talk), 0);
	expect(talk, ECHOED("next"), 1);
}

static void a_client_that_has_gone_ends_its_connection(void **state)
{
	struct talk *talk = *state;

	send_text(talk->fd, ECHO("bye"));
	close(talk->fd);
	talk->fd = -1;
	assert_int_equal(serve(talk), -ECONNRESET);
}

/* As `nc -N` does. */
static void a_client_that_has_finished_sending_still_gets_its_replies(void **state)
{
	static const char requests[] = ECHO("1") "\0" ECHO("2");
	struct talk *talk = *state;

	assert_int_equal(send(talk->fd, requests, sizeof(requests), 0), sizeof(requests));
	assert_int_equal(shutdown(talk->fd, SHUT_WR), 0);
	assert_int_equal(serve(talk), 0);
	assert_int_equal(serve(talk), 0);
	assert_int_equal(serve(talk), -ECONNRESET);
	expect(talk, ECHOED("1") "|" ECHOED("2"), 2);
}

static void time_counts_for_the_first_request_and_for_one_that_has_begun(void **state)
{
	struct talk *talk = *state;
	__u64 first = talk->connection.deadline;

	assert_int_not_equal(first, 0);
	assert_int_equal(serve(talk), 0);
	assert_int_equal(talk->connection.deadline, first);
	ask(talk, ECHO("first"), ECHOED("first"));
	assert_int_equal(talk->connection.deadline, 0);
	assert_int_equal(send(talk->fd, "{", 1, 0), 1);
	assert_int_equal(serve(talk), 0);
	first = talk->connection.deadline;
	assert_int_not_equal(first, 0);
	assert_int_equal(send(talk->fd, " ", 1, 0), 1);
	assert_int_equal(serve(talk), 0);
	assert_int_equal(talk->connection.deadline, first);
}

static void a_reply_may_come_later(void **state)
{
	struct talk *talk = *state;

	send_text(talk->fd, "{\"method\":\"io.bpflock.Hold\"}");
	assert_int_equal(serve(talk), 0);
	expect_nothing(talk);
	assert_non_null(talk->bench.held);
	control_reply(talk->bench.held, NULL);
	expect(talk, "{\"parameters\":{}}", 1);
}

#define FOLLOW "{\"method\":\"io.bpflock.Follow\",\"more\":true}"

static void a_stream_needs_a_client_that_takes_more(void **state)
{
	struct talk *talk = *state;

	ask(talk, "{\"method\":\"io.bpflock.Follow\"}",
	    "{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}");
	assert_null(talk->bench.held);
	assert_int_equal(talk->bench.ended, 0);
	ask(talk, ECHO("next"), ECHOED("next"));
}

static void a_stream_is_sent_when_it_is_served_and_has_no_time_limit(void **state)
{
	struct talk *talk = *state;

	send_text(talk->fd, FOLLOW);
	assert_int_equal(serve(talk), 0);
	assert_non_null(talk->bench.held);
	assert_true(control_continue(talk->bench.held, "{\"a\":1}"));
	assert_true(control_continue(talk->bench.held, "{}"));
	expect_nothing(talk);
	assert_true(connection_awaits_output(&talk->connection));
	assert_int_equal(serve(talk), 0);
	expect(talk, "{\"parameters\":{\"a\":1},\"continues\":true}|{\"parameters\":{},\"continues\":true}", 2);
	assert_false(connection_awaits_output(&talk->connection));
	assert_int_equal(talk->connection.deadline, 0);
}

/* How many replies of this text are taken, until one is refused. */
static size_t fill(struct talk *talk, const char *text)
{
	size_t count = 0;

	while (control_continue(talk->bench.held, text))
		count++;
	return count;
}

static void a_stream_that_is_not_taken_is_refused_more_and_goes_on_later(void **state)
{
	static const size_t size = sizeof("{\"parameters\":{\"text\":\"0123456789\"},\"continues\":true}");
	static const char text[] = "{\"text\":\"0123456789\"}";
	struct talk *talk = *state;
	char taken[4096];
	size_t count, length = 0;
	ssize_t more;

	send_text(talk->fd, FOLLOW);
	assert_int_equal(serve(talk), 0);
	count = fill(talk, text);
	assert_int_equal(count, CONTROL_QUEUE_MAX / size);
	while (serve(talk) == 0 && connection_awaits_output(&talk->connection) && count < 100000)
		count += fill(talk, text);
	while ((more = recv(talk->fd, taken, sizeof(taken), 0)) > 0 || connection_awaits_output(&talk->connection)) {
		length += more > 0 ? (size_t)more : 0;
		assert_int_equal(serve(talk), 0);
	}
	assert_int_equal(length, count * size);
	assert_true(control_continue(talk->bench.held, text));
	assert_int_equal(talk->connection.deadline, 0);
}

static void a_client_that_goes_or_sends_something_ends_its_stream(void **state)
{
	struct talk *talk = *state;

	send_text(talk->fd, FOLLOW);
	assert_int_equal(serve(talk), 0);
	send_text(talk->fd, ECHO("more"));
	assert_int_equal(serve(talk), -EBADMSG);
	assert_true(control_continue(talk->bench.held, "{}"));
	close(talk->fd);
	talk->fd = -1;
	assert_int_equal(serve(talk), -ECONNRESET);
	connection_close(&talk->connection);
	assert_int_equal(talk->bench.ended, 1);
	connection_open(&talk->connection, open("/dev/null", O_RDWR)); /* for tear_down() */
}

static void a_change_is_logged_with_its_client_and_other_calls_are_not(void **state)
{
	struct talk *talk = *state;
	const char *text;

	ask(talk, ECHO("hello"), ECHOED("hello"));
	ask(talk, "{\"method\":\"io.bpflock.Change\"}", "{\"parameters\":{}}");
	text = text_of_log(talk->bench.log);
	assert_int_equal(count_in(text, "\n"), 1);
	assert_non_null(strstr(text, "event=control_call method=Change pid=4711 uid=0 comm=ctl unit=a.service"));
}

static void a_change_that_is_refused_does_nothing_and_is_logged_now_and_then(void **state)
{
	struct talk *talk = *state;
	const char *text;

	talk->bench.restricted = true;
	for (int i = 0; i < 3; i++) {
		char reply[1024];

		send_text(talk->fd, "{\"method\":\"io.bpflock.Change\"}");
		assert_int_equal(serve(talk), 0);
		assert_true(recv(talk->fd, reply, sizeof(reply), 0) > 0);
		assert_ptr_equal(strstr(reply, "{\"error\":\"io.bpflock.Refused\",\"parameters\":{\"text\":\"a guard"),
				 reply);
		assert_non_null(strstr(reply, "\"remedy\":\"use systemctl"));
	}
	assert_int_equal(talk->bench.changes, 0);
	text = text_of_log(talk->bench.log);
	assert_int_equal(count_in(text, "\n"), 1);
	assert_non_null(strstr(text, "level=warning msg=\"event=control_refused method=Change pid=4711 "));
	talk->calls.told -= 11000000000ull;
	send_text(talk->fd, "{\"method\":\"io.bpflock.Change\"}");
	assert_int_equal(serve(talk), 0);
	assert_non_null(strstr(text_of_log(talk->bench.log), " more=2"));
	talk->bench.restricted = false;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_gets_its_reply_ended_by_nul),
		TEST(a_request_may_come_in_pieces),
		TEST(requests_that_come_together_are_answered_in_turn_one_at_a_time),
		TEST(a_oneway_request_gets_no_reply_not_even_an_error),
		TEST(what_there_is_not_is_an_error_of_varlink),
		TEST(parameters_that_are_missing_unknown_or_of_another_type_are_named),
		TEST(the_service_says_what_it_is),
		TEST(rubbish_ends_the_connection),
		TEST(a_request_may_have_one_mebibyte_and_no_more),
		TEST(a_reply_that_is_not_taken_waits_and_so_does_the_next_request),
		TEST(a_client_that_has_gone_ends_its_connection),
		TEST(a_client_that_has_finished_sending_still_gets_its_replies),
		TEST(time_counts_for_the_first_request_and_for_one_that_has_begun),
		TEST(a_reply_may_come_later),
		TEST(a_stream_needs_a_client_that_takes_more),
		TEST(a_stream_is_sent_when_it_is_served_and_has_no_time_limit),
		TEST(a_stream_that_is_not_taken_is_refused_more_and_goes_on_later),
		TEST(a_client_that_goes_or_sends_something_ends_its_stream),
		TEST(a_change_is_logged_with_its_client_and_other_calls_are_not),
		TEST(a_change_that_is_refused_does_nothing_and_is_logged_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
