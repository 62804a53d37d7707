/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrivals PLUGIN <LINES: for the plugin's lines in JSON, the time from the record to the arrival of its line here, in
 * microseconds. At the end of the input it prints a line `MEDIAN MAXIMUM COUNT`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DELAYS_MAX 65536

struct delays {
	long values[DELAYS_MAX];
	size_t count;
};

/* Nanoseconds since 1970 of the member "time" of a line; -1 where it has none. */
static long long time_of(const char *line)
{
	const char *text = strstr(line, "\"time\":\"");
	struct tm broken = { 0 };
	const char *fraction;

	if (!text)
		return -1;
	fraction = strptime(text + strlen("\"time\":\""), "%Y-%m-%dT%H:%M:%S", &broken);
	if (!fraction || *fraction != '.')
		return -1;
	return timegm(&broken) * 1000000000ll + strtoll(fraction + 1, NULL, 10);
}

static void take_line(struct delays *delays, const char *line)
{
	struct timespec now;
	long long time = time_of(line);

	clock_gettime(CLOCK_REALTIME, &now);
	if (time >= 0 && delays->count < DELAYS_MAX)
		delays->values[delays->count++] = (long)((now.tv_sec * 1000000000ll + now.tv_nsec - time) / 1000);
}

static int compare(const void *left, const void *right)
{
	const long *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

int main(int argc, char **argv)
{
	static struct delays delays;
	char wanted[64], *line = NULL;
	size_t size = 0;

	if (argc != 2)
		return EXIT_FAILURE;
	snprintf(wanted, sizeof(wanted), "{\"subsys\":\"bpf\",\"bpfprog\":\"%s\"", argv[1]);
	while (getline(&line, &size, stdin) > 0)
		if (strncmp(line, wanted, strlen(wanted)) == 0)
			take_line(&delays, line);
	free(line);
	if (!delays.count)
		return EXIT_FAILURE;
	qsort(delays.values, delays.count, sizeof(*delays.values), compare);
	printf("%ld %ld %zu\n", delays.values[delays.count / 2], delays.values[delays.count - 1], delays.count);
	return EXIT_SUCCESS;
}
