/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop. The owner of a descriptor registers it once, with a handler. The loop calls the handler when the
 * descriptor is readable (or writable: see loop_await_output()). Descriptors of timers and signals belong to the loop.
 *
 * Descriptors are level-triggered (but for loop_add_edge()): a handler that leaves something unread is called again.
 * Every handler returns 0, or a negative errno, which loop_dispatch() returns.
 */
#ifndef BPFLOCK_UTIL_LOOP_H
#define BPFLOCK_UTIL_LOOP_H

#include <linux/types.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

struct loop;

typedef int (*loop_handler)(void *context);
typedef int (*loop_signal_handler)(void *context, int signal);

/* Returns 0 or a negative errno. */
int loop_open(struct loop **ret);
/* Closes timers and signals; other descriptors stay with their owners. Always returns NULL. */
struct loop *loop_close(struct loop *loop);

/* Returns 0 or a negative errno. The descriptor stays registered until loop_remove(), or until the loop is closed. */
int loop_add(struct loop *loop, int fd, loop_handler handler, void *context);
/* The same, edge-triggered: the handler is called once for each time that the descriptor becomes readable. */
int loop_add_edge(struct loop *loop, int fd, loop_handler handler, void *context);
/* Call it before the descriptor is closed. A handler may remove its own descriptor. */
void loop_remove(struct loop *loop, int fd);
/*
 * From now on the handler is called when the descriptor takes output (`output`), or when it is readable. It is also
 * called when the other end has gone.
 */
void loop_await_output(struct loop *loop, int fd, bool output);

/*
 * Registers a new timer, which loop_set_interval() or loop_set_deadline() starts. Returns its descriptor, which the
 * loop owns, or a negative errno.
 */
int loop_add_timer(struct loop *loop, clockid_t clock, loop_handler handler, void *context);
/* Expires every so many nanoseconds, the first time after the first interval; 0 stops the timer. */
void loop_set_interval(int timer, __u64 interval);
/* Expires once, at this time of its clock in nanoseconds; 0 stops the timer. */
void loop_set_deadline(int timer, __u64 time);

/* Blocks these signals in this process and registers a handler for them. Returns 0 or a negative errno. */
int loop_add_signals(struct loop *loop, const sigset_t *signals, loop_signal_handler handler, void *context);

/*
 * Waits for one descriptor and calls its handler. Returns what the handler returned, 0 when a signal interrupted the
 * wait, or a negative errno.
 */
int loop_dispatch(struct loop *loop);

#endif
