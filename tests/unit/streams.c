// SPDX-License-Identifier: Apache-2.0
/* Streams that were closed before the start: no file of the daemon gets their numbers. */
#include "util/streams.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static bool is_null(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

/* A process of its own, because the streams of the test are needed. `closed` has a bit for each closed stream. */
static int child_without(unsigned int closed)
{
	int ends[2];

	if (pipe(ends) < 0)
		return 1;
	for (int stream = 0; stream <= 2; stream++)
		if (closed & 1u << stream)
			close(stream);
		else
			dup2(ends[1], stream);
	if (streams_open() < 0)
		return 2;
	for (int stream = 0; stream <= 2; stream++)
		if (is_null(stream) != !!(closed & 1u << stream))
			return 3;
	return dup(ends[1]) > 2 ? 0 : 4;
}

static void a_closed_stream_is_the_null_device_and_an_open_one_stays(void **state)
{
	(void)state;
	for (unsigned int closed = 0; closed < 8; closed++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(child_without(closed));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_closed_stream_is_the_null_device_and_an_open_one_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
