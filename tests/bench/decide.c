/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide COUNT: makes the kernel ask for `ioport` that often and prints what one call of ioperm() cost, in
 * nanoseconds. In a guest that counts instructions (boot --icount) a nanosecond is one instruction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <time.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	long long start;

	if (count <= 0 || ioperm(0x80, 1, 1) < 0)
		return EXIT_FAILURE;
	start = now();
	for (long i = 0; i < count; i++)
		(void)ioperm(0x80, 1, 1);
	printf("%lld\n", (now() - start) / count);
	return EXIT_SUCCESS;
}
