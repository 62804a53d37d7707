/* SPDX-License-Identifier: Apache-2.0 */
/* The socket at which clients connect. Private to the control module. */
#ifndef BPFLOCK_CONTROL_SOCKET_H
#define BPFLOCK_CONTROL_SOCKET_H

#include <sys/types.h>

#include "util/report.h"

/**
 * struct control_socket - a listening socket
 * @path:   NULL where there is none
 * @fd:     -1 where there is none
 * @device: of the socket's file, which another process may have replaced
 * @inode:  the same
 */
struct control_socket {
	char *path;
	int fd;
	dev_t device;
	ino_t inode;
};

#define CONTROL_SOCKET_CLOSED \
	{                     \
		.fd = -1      \
	}

/*
 * Makes the socket, with mode 0600, and its directory where that is missing. A socket that nobody listens at is
 * replaced. Returns 0 or a negative errno, reported.
 */
int control_socket_open(const char *path, struct control_socket *ret, struct report *report);
/* Removes the file as well, unless it is not ours any more. */
void control_socket_close(struct control_socket *socket);

#endif
