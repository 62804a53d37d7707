/* SPDX-License-Identifier: Apache-2.0 */
/* What a call that sets errno has come to. */
#ifndef RESULT_H
#define RESULT_H

#include <errno.h>
#include <unistd.h>

/* 0 or a negative errno. */
static inline int result(long value)
{
	return value < 0 ? -errno : 0;
}

/* The same of a call that gives a descriptor, which is closed. */
static inline int closed(int fd)
{
	int error = result(fd);

	if (fd >= 0)
		close(fd);
	return error;
}

#endif
