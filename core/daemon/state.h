/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the running daemon, and what signals and clients of the control socket can ask of it. */
#ifndef BPFLOCK_DAEMON_STATE_H
#define BPFLOCK_DAEMON_STATE_H

#include "bus/bus.h"
#include "control/control.h"
#include "daemon/details.h"
#include "daemon/manager.h"
#include "daemon/settings.h"
#include "log/log.h"
#include "util/loop.h"

/**
 * struct daemon - the one daemon of this process
 * @log:      NULL until the configuration and the kernel were found good
 * @control:  the control socket; NULL until the start is complete
 * @loss_timer: expires when losses are to be checked
 * @verify_timer: expires when enforcers are to be verified
 * @since:    its start, in nanoseconds since boot
 * @stopping: SIGTERM or SIGINT has arrived, or a client has asked for the stop
 * @stop_call: the request of that client, which gets its reply when everything is done; or NULL
 * @on_exit:  what that client wants in place of the option `on_exit`; -1: what the option says
 * @monitors: clients that see each line of the log; NULL where there is none
 * @details:  what lines say beyond their records
 * @drift:    what the last verification has told and could not put right
 * @identity: which process this is, for whoever looks for another daemon; its other members are zero
 */
struct daemon {
	const struct config_sources *config_sources;
	struct kernel kernel;
	struct settings settings;
	struct pins pins;
	struct manager manager;
	struct log *log;
	struct bus *bus;
	struct loop *loop;
	struct control *control;
	int loss_timer;
	int verify_timer;
	__u64 since;
	bool stopping;
	struct control_call *stop_call;
	int on_exit;
	struct monitors *monitors;
	struct details details;
	struct report drift;
	struct last_state identity;
};

/*
 * Puts the configuration in force that the sources contain now. On an error the old one stays in force. The report is
 * logged already. Returns 0 or a negative errno.
 */
int daemon_reload(struct daemon *daemon, struct report *report);

/* Verifies the enforcers, and tells the log and the service manager what has changed. */
void daemon_verify(struct daemon *daemon);

/* Frees memory that only a start, a reload or the description of a plugin needs. */
void daemon_trim_memory(struct daemon *daemon);

#endif
