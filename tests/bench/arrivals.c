/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrivals PLUGIN... <LINES: for lines in JSON, the time from the record to the arrival of its line here, in
 * microseconds. At the end of the input it prints a line `PLUGIN MEDIAN MAXIMUM COUNT` for each plugin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PLUGINS_MAX 8
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
	static struct delays delays[PLUGINS_MAX];
	char *line = NULL;
	size_t size = 0;

	if (argc < 2 || argc > PLUGINS_MAX + 1)
		return EXIT_FAILURE;
	while (getline(&line, &size, stdin) > 0)
		for (int i = 1; i < argc; i++) {
			char wanted[64];

			snprintf(wanted, sizeof(wanted), "{\"subsys\":\"bpf\",\"bpfprog\":\"%s\"", argv[i]);
			if (strncmp(line, wanted, strlen(wanted)) == 0)
				take_line(&delays[i - 1], line);
		}
	free(line);
	for (int i = 1; i < argc; i++) {
		struct delays *of = &delays[i - 1];

		if (!of->count)
			return EXIT_FAILURE;
		qsort(of->values, of->count, sizeof(*of->values), compare);
		printf("%s %ld %ld %zu\n", argv[i], of->values[of->count / 2], of->values[of->count - 1], of->count);
	}
	return EXIT_SUCCESS;
}
