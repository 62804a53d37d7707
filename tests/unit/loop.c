// SPDX-License-Identifier: Apache-2.0
/* The event loop: which handler is called when, and what its result does. */
#include "util/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/timerfd.h>

#include "unit.h"
#include "util/clock.h"
#include "util/memory.h"

/* What a handler was called with, and what it is to return. */
struct calls {
	struct loop *loop;
	int fd;
	int count;
	int signals[4];
	int result;
};

static int count_call(void *context)
{
	struct calls *calls = context;

	calls->count++;
	return calls->result;
}

static int read_byte(void *context)
{
	struct calls *calls = context;
	char byte;

	assert_int_equal(read(calls->fd, &byte, 1), 1);
	return count_call(calls);
}

static int note_signal(void *context, int signal)
{
	struct calls *calls = context;

	assert_true((size_t)calls->count < ARRAY_SIZE(calls->signals));
	calls->signals[calls->count] = signal;
	return count_call(calls);
}

static int set_up(void **state)
{
	struct loop *loop = NULL;

	assert_int_equal(loop_open(&loop), 0);
	*state = loop;
	return 0;
}

static int tear_down(void **state)
{
	*state = loop_close(*state);
	return 0;
}

static void open_pipe(int *fds)
{
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
}

static void close_pipe(const int *fds)
{
	close(fds[0]);
	close(fds[1]);
}

static void send_byte(const int *fds)
{
	assert_int_equal(write(fds[1], "x", 1), 1);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void the_handler_of_the_readable_descriptor_is_called_with_its_context(void **state)
{
	int quiet[2], loud[2];
	struct calls of_quiet = { 0 }, of_loud = { 0 };

	open_pipe(quiet);
	open_pipe(loud);
	of_loud.fd = loud[0];
	assert_int_equal(loop_add(*state, quiet[0], read_byte, &of_quiet), 0);
	assert_int_equal(loop_add(*state, loud[0], read_byte, &of_loud), 0);
	send_byte(loud);
	assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(of_loud.count, 1);
	assert_int_equal(of_quiet.count, 0);
	close_pipe(quiet);
	close_pipe(loud);
}

static void a_handler_that_reads_nothing_is_called_again_and_others_get_their_turn(void **state)
{
	int greedy[2], modest[2];
	struct calls of_greedy = { 0 }, of_modest = { 0 };

	open_pipe(greedy);
	open_pipe(modest);
	of_modest.fd = modest[0];
	assert_int_equal(loop_add(*state, greedy[0], count_call, &of_greedy), 0);
	assert_int_equal(loop_add(*state, modest[0], read_byte, &of_modest), 0);
	send_byte(greedy);
	send_byte(modest);
	for (int i = 0; i < 4; i++)
		assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(of_greedy.count, 3);
	assert_int_equal(of_modest.count, 1);
	close_pipe(greedy);
	close_pipe(modest);
}

static void what_a_handler_returns_comes_out_of_the_loop(void **state)
{
	struct calls calls = { .result = -EIO };
	int fds[2];

	open_pipe(fds);
	assert_int_equal(loop_add(*state, fds[0], count_call, &calls), 0);
	send_byte(fds);
	assert_int_equal(loop_dispatch(*state), -EIO);
	assert_int_equal(calls.count, 1);
	close_pipe(fds);
}

static void what_cannot_be_waited_for_is_refused(void **state)
{
	struct calls calls = { 0 };
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_int_equal(loop_add(*state, -1, count_call, &calls), -EBADF);
	assert_int_equal(loop_add(*state, file, count_call, &calls), -EPERM);
	assert_true(is_open(file));
	close(file);
	assert_int_equal(loop_add_timer(*state, -1, count_call, &calls), -EINVAL);
}

static void a_timer_expires_once_for_each_interval_until_it_is_stopped(void **state)
{
	struct calls calls = { 0 };
	int timer = loop_add_timer(*state, CLOCK_MONOTONIC, count_call, &calls);
	struct itimerspec left;

	assert_true(timer >= 0);
	loop_set_interval(timer, NANOSECONDS / 1000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(calls.count, 3);
	loop_set_interval(timer, 3 * NANOSECONDS / 2);
	assert_int_equal(timerfd_gettime(timer, &left), 0);
	assert_int_equal(left.it_interval.tv_sec, 1);
	assert_int_equal(left.it_interval.tv_nsec, NANOSECONDS / 2);
	loop_set_interval(timer, 0);
	assert_int_equal(timerfd_gettime(timer, &left), 0);
	assert_int_equal(left.it_value.tv_sec, 0);
	assert_int_equal(left.it_value.tv_nsec, 0);
}

static void a_deadline_is_a_time_of_the_clock_and_expires_once(void **state)
{
	struct calls calls = { 0 }, others = { 0 };
	int timer = loop_add_timer(*state, CLOCK_BOOTTIME, count_call, &calls);
	struct itimerspec left;
	int fds[2];

	open_pipe(fds);
	assert_true(timer >= 0);
	assert_int_equal(loop_add(*state, fds[0], count_call, &others), 0);
	loop_set_deadline(timer, clock_since_boot() + 100 * NANOSECONDS);
	assert_int_equal(timerfd_gettime(timer, &left), 0);
	assert_in_range(left.it_value.tv_sec, 90, 100);
	loop_set_deadline(timer, 1);
	assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(calls.count, 1);
	send_byte(fds);
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(calls.count, 1);
	assert_int_equal(others.count, 3);
	close_pipe(fds);
}

static void signals_are_blocked_and_come_to_their_handler_by_number(void **state)
{
	struct calls calls = { 0 };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGHUP);
	assert_int_equal(loop_add_signals(*state, &signals, note_signal, &calls), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(raise(SIGHUP), 0);
	/* All that are pending come in one turn. */
	assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(calls.count, 2);
	assert_int_equal(calls.signals[0] + calls.signals[1], SIGUSR1 + SIGHUP);
	calls.result = -ECANCELED;
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(loop_dispatch(*state), -ECANCELED);
	assert_int_equal(calls.signals[2], SIGHUP);
}

static void interrupt(int signal)
{
	(void)signal;
}

/* A signal that is not the loop's, such as SIGALRM here, and a handler of its own. */
static void a_wait_that_is_interrupted_is_no_error(void **state)
{
	const struct sigaction action = { .sa_handler = interrupt };
	const struct itimerspec soon = { .it_value = { .tv_nsec = 1000000 }, .it_interval = { .tv_nsec = 1000000 } };
	timer_t timer;

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &soon, NULL), 0);
	assert_int_equal(loop_dispatch(*state), 0);
	timer_delete(timer);
}

static void the_loop_closes_its_timers_and_nothing_of_others(void **state)
{
	struct calls calls = { 0 };
	struct loop *loop = NULL;
	int fds[2], timer;

	(void)state;
	open_pipe(fds);
	assert_int_equal(loop_open(&loop), 0);
	timer = loop_add_timer(loop, CLOCK_MONOTONIC, count_call, &calls);
	assert_true(is_open(timer));
	assert_int_equal(loop_add(loop, fds[0], count_call, &calls), 0);
	assert_null(loop_close(loop));
	assert_false(is_open(timer));
	assert_true(is_open(fds[0]));
	close_pipe(fds);
	assert_null(loop_close(NULL));
}

static int remove_itself(void *context)
{
	struct calls *calls = context;

	calls->count++;
	loop_remove(calls->loop, calls->fd);
	return 0;
}

static void a_handler_may_remove_its_descriptor_and_is_not_called_again(void **state)
{
	int gone[2], kept[2];
	struct calls of_gone = { .loop = *state }, of_kept = { 0 };

	open_pipe(gone);
	open_pipe(kept);
	of_gone.fd = gone[0];
	of_kept.fd = kept[0];
	assert_int_equal(loop_add(*state, kept[0], read_byte, &of_kept), 0);
	assert_int_equal(loop_add(*state, gone[0], remove_itself, &of_gone), 0);
	send_byte(gone);
	assert_int_equal(loop_dispatch(*state), 0);
	send_byte(kept);
	assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(of_gone.count, 1);
	assert_int_equal(of_kept.count, 1);
	loop_remove(*state, gone[0]);
	assert_true(is_open(gone[0]));
	assert_int_equal(loop_add(*state, gone[0], read_byte, &of_gone), 0);
	assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(of_gone.count, 2);
	close_pipe(gone);
	close_pipe(kept);
}

/* A pipe is full where its capacity is written. */
static void one_that_awaits_output_is_called_when_there_is_room_again(void **state)
{
	struct calls calls = { 0 }, others = { 0 };
	int full[2], ready[2];
	char page[4096] = { 0 };

	open_pipe(full);
	open_pipe(ready);
	assert_int_equal(fcntl(full[1], F_SETPIPE_SZ, sizeof(page)), sizeof(page));
	assert_int_equal(write(full[1], page, sizeof(page)), sizeof(page));
	assert_int_equal(loop_add(*state, full[1], count_call, &calls), 0);
	assert_int_equal(loop_add(*state, ready[0], count_call, &others), 0);
	loop_await_output(*state, full[1], true);
	send_byte(ready);
	assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(calls.count, 0);
	assert_int_equal(read(full[0], page, sizeof(page)), sizeof(page));
	for (int i = 0; i < 2; i++)
		assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(calls.count, 1);
	loop_await_output(*state, full[1], false);
	for (int i = 0; i < 2; i++)
		assert_int_equal(loop_dispatch(*state), 0);
	assert_int_equal(calls.count, 1);
	close_pipe(full);
	close_pipe(ready);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_handler_of_the_readable_descriptor_is_called_with_its_context),
		TEST(a_handler_that_reads_nothing_is_called_again_and_others_get_their_turn),
		TEST(what_a_handler_returns_comes_out_of_the_loop),
		TEST(what_cannot_be_waited_for_is_refused),
		TEST(a_timer_expires_once_for_each_interval_until_it_is_stopped),
		TEST(a_deadline_is_a_time_of_the_clock_and_expires_once),
		TEST(signals_are_blocked_and_come_to_their_handler_by_number),
		TEST(a_wait_that_is_interrupted_is_no_error),
		TEST(a_handler_may_remove_its_descriptor_and_is_not_called_again),
		TEST(one_that_awaits_output_is_called_when_there_is_room_again),
		TEST(the_loop_closes_its_timers_and_nothing_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
