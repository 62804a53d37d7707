/* SPDX-License-Identifier: Apache-2.0 */
#include "util/loop.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "util/clock.h"
#include "util/memory.h"

/**
 * struct loop_source - a registered descriptor
 * @dispatch:  reads the descriptor where it is the loop's, then calls the handler
 * @on_signal: the handler of signals; others have @handler
 * @owned:     the loop closes @fd
 */
struct loop_source {
	struct loop_source *next;
	int fd;
	bool owned;
	int (*dispatch)(const struct loop_source *source);
	loop_handler handler;
	loop_signal_handler on_signal;
	void *context;
};

/**
 * struct loop - the event loop
 * @sources: list of all registered descriptors
 */
struct loop {
	int epoll;
	struct loop_source *sources;
};

int loop_open(struct loop **ret)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		return -errno;
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->epoll = epoll;
	return 0;
}

static void free_source(struct loop_source *source)
{
	if (source->owned)
		close(source->fd);
	free(source);
}

struct loop *loop_close(struct loop *loop)
{
	if (!loop)
		return NULL;
	while (loop->sources) {
		struct loop_source *source = loop->sources;

		loop->sources = source->next;
		free_source(source);
	}
	close(loop->epoll);
	free(loop);
	return NULL;
}

/* `events` are those of epoll_ctl(2). Closes an owned descriptor when it fails. */
static int add_source_for(struct loop *loop, const struct loop_source *template, __u32 events)
{
	struct loop_source *source = xcalloc(1, sizeof(*source));
	struct epoll_event event = { .events = events, .data.ptr = source };

	*source = *template;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0) {
		int error = -errno;

		free_source(source);
		return error;
	}
	source->next = loop->sources;
	loop->sources = source;
	return 0;
}

static int add_source(struct loop *loop, const struct loop_source *template)
{
	return add_source_for(loop, template, EPOLLIN);
}

static int dispatch_plain(const struct loop_source *source)
{
	return source->handler(source->context);
}

int loop_add(struct loop *loop, int fd, loop_handler handler, void *context)
{
	return add_source(loop, &(struct loop_source){
					.fd = fd, .dispatch = dispatch_plain, .handler = handler, .context = context });
}

int loop_add_edge(struct loop *loop, int fd, loop_handler handler, void *context)
{
	return add_source_for(
		loop,
		&(struct loop_source){ .fd = fd, .dispatch = dispatch_plain, .handler = handler, .context = context },
		EPOLLIN | EPOLLET);
}

void loop_remove(struct loop *loop, int fd)
{
	for (struct loop_source **place = &loop->sources; *place; place = &(*place)->next) {
		struct loop_source *source = *place;

		if (source->fd != fd)
			continue;
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
		*place = source->next;
		free_source(source);
		return;
	}
}

void loop_await_output(struct loop *loop, int fd, bool output)
{
	struct loop_source *source = loop->sources;
	struct epoll_event event = { .events = output ? EPOLLOUT : EPOLLIN };

	while (source && source->fd != fd)
		source = source->next;
	assert(source);
	event.data.ptr = source;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event);
}

/* The read fails where the timer was set anew after it had expired. */
static int dispatch_timer(const struct loop_source *source)
{
	__u64 expirations;

	if (read(source->fd, &expirations, sizeof(expirations)) < 0)
		return 0;
	return source->handler(source->context);
}

int loop_add_timer(struct loop *loop, clockid_t clock, loop_handler handler, void *context)
{
	int fd = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
	int error;

	if (fd < 0)
		return -errno;
	error = add_source(
		loop,
		&(struct loop_source){
			.fd = fd, .owned = true, .dispatch = dispatch_timer, .handler = handler, .context = context });
	return error ? error : fd;
}

static struct timespec timespec_of(__u64 nanoseconds)
{
	return (struct timespec){ .tv_sec = (time_t)(nanoseconds / NANOSECONDS),
				  .tv_nsec = (long)(nanoseconds % NANOSECONDS) };
}

void loop_set_interval(int timer, __u64 interval)
{
	const struct itimerspec every = { .it_value = timespec_of(interval), .it_interval = timespec_of(interval) };

	timerfd_settime(timer, 0, &every, NULL);
}

void loop_set_deadline(int timer, __u64 time)
{
	const struct itimerspec once = { .it_value = timespec_of(time) };

	timerfd_settime(timer, TFD_TIMER_ABSTIME, &once, NULL);
}

static int dispatch_signals(const struct loop_source *source)
{
	struct signalfd_siginfo signal;
	int error = 0;

	while (!error && read(source->fd, &signal, sizeof(signal)) == sizeof(signal))
		error = source->on_signal(source->context, (int)signal.ssi_signo);
	return error;
}

int loop_add_signals(struct loop *loop, const sigset_t *signals, loop_signal_handler handler, void *context)
{
	int fd;

	if (sigprocmask(SIG_BLOCK, signals, NULL) < 0)
		return -errno;
	fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	return add_source(loop, &(struct loop_source){ .fd = fd,
						       .owned = true,
						       .dispatch = dispatch_signals,
						       .on_signal = handler,
						       .context = context });
}

/* One event at a time: a handler may close descriptors whose events would follow. */
int loop_dispatch(struct loop *loop)
{
	const struct loop_source *source;
	struct epoll_event event;
	int count = epoll_wait(loop->epoll, &event, 1, -1);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	source = event.data.ptr;
	return source->dispatch(source);
}
