/* SPDX-License-Identifier: Apache-2.0 */
#include "util/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* open() returns the lowest number that is free: `stream`, because all smaller ones are open. */
static int open_stream(int stream)
{
	if (fcntl(stream, F_GETFD) >= 0)
		return 0;
	return open("/dev/null", O_RDWR) < 0 ? -errno : 0;
}

int streams_open(void)
{
	int error = 0;

	for (int stream = STDIN_FILENO; !error && stream <= STDERR_FILENO; stream++)
		error = open_stream(stream);
	return error;
}
