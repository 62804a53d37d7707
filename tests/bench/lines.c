/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines PLUGIN.so FORMAT OUTPUTS COUNT: feeds the bus with COUNT records of a successful exec, as execsnoop writes them,
 * and prints the nanoseconds of processor time (user and system) that a record costs until its line is in OUTPUTS files.
 *
 * The bus reads a file in memory that looks like the kernel's ring buffer, so neither privileges nor BPF are needed.
 * The files lie in $TMPDIR, and are emptied after each batch.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../plugins/execsnoop/execsnoop.h"
#include "bus/bus.h"
#include "log/log.h"
#include "util/clock.h"

#define MEMORY_RING_SIZE (1024 * 1024)
#define MEMORY_RING_ID 1
#include "../unit/memory_ring.h"

#define BATCH 1000
#define OUTPUTS_MAX 4
#define SOURCE 4711

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void put_exec(__u64 number)
{
	struct execsnoop_execve record = {
		.event = { .time = clock_since_boot(),
			   .source = SOURCE,
			   .sequence = number,
			   .cgroupid = 7014,
			   .tgid = 70711,
			   .pid = 70711,
			   .ppid = 70710,
			   .loginuid = BPFLOCK_NO_LOGINUID,
			   .type = EXECSNOOP_EXECVE,
			   .comm = "head",
			   .pcomm = "sudo" },
		.euid = EXECSNOOP_SAME_UID,
		.filename = "/usr/bin/head",
	};

	memory_ring_put(&record, offsetof(struct execsnoop_execve, args));
}

static long long processor_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ll +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ll;
}

/**
 * struct output - the log's files
 * @names: as `log_output` takes them
 */
struct output {
	char directory[64];
	char names[OUTPUTS_MAX][96];
	size_t count;
};

static struct log *open_output(struct output *output, enum log_format format)
{
	const char *parent = getenv("TMPDIR"), *names[OUTPUTS_MAX];
	struct report report = { 0 };
	struct log *log = NULL;

	snprintf(output->directory, sizeof(output->directory), "%s/bpflock-lines.XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(output->directory))
		fail(output->directory);
	for (size_t i = 0; i < output->count; i++) {
		snprintf(output->names[i], sizeof(output->names[i]), "file:%s/%zu", output->directory, i);
		names[i] = output->names[i];
	}
	if (log_open(&(struct log_options){ .format = format, .outputs = names, .output_count = output->count }, &log,
		     &report) < 0)
		fail("log");
	return log;
}

static const char *path_of(const struct output *output, size_t number)
{
	return output->names[number] + strlen("file:");
}

/* Each batch has this many lines in each file: what is not written would cost nothing. */
static void check_and_empty(const struct output *output, long lines)
{
	for (size_t i = 0; i < output->count; i++) {
		FILE *file = fopen(path_of(output, i), "r");
		long found = 0;
		int byte;

		while (file && (byte = getc_unlocked(file)) != EOF)
			found += byte == '\n';
		if (found != lines || truncate(path_of(output, i), 0) < 0) {
			fprintf(stderr, "lines: %s has %ld lines, not %ld\n", path_of(output, i), found, lines);
			exit(EXIT_FAILURE);
		}
		fclose(file);
	}
}

static void remove_output(const struct output *output)
{
	for (size_t i = 0; i < output->count; i++)
		unlink(path_of(output, i));
	rmdir(output->directory);
}

static long long measure(struct bus *bus, struct log *log, const struct output *output, long count)
{
	long long cost = 0;

	for (long done = 0; done < count;) {
		long end = count - done > BATCH ? done + BATCH : count, lines = end - done;
		long long start;

		while (done < end)
			put_exec((__u64)++done);
		start = processor_time();
		while (bus_drain(bus, log))
			;
		cost += processor_time() - start;
		check_and_empty(output, lines);
	}
	return cost;
}

int main(int argc, char **argv)
{
	struct output output = { .count = argc == 5 ? strtoul(argv[3], NULL, 10) : 0 };
	const long count = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
	struct plugin plugin = { .name = (char *)(uintptr_t) "execsnoop", .source = SOURCE };
	struct bus_source source = { .plugin = &plugin };
	const struct bpflock_plugin *descriptor;
	struct bus *bus = NULL;
	struct log *log;
	void *library;

	if (count <= 0 || !output.count || output.count > OUTPUTS_MAX)
		return EXIT_FAILURE;
	library = dlopen(argv[1], RTLD_NOW);
	descriptor = library ? dlsym(library, "bpflock_plugin_v1") : NULL;
	if (!descriptor) {
		fprintf(stderr, "lines: %s\n", dlerror());
		return EXIT_FAILURE;
	}
	plugin.descriptor = *descriptor;
	if (memory_ring_open() < 0)
		fail("ring");
	if (bus_open(&memory_ring_fd, 1, &bus) < 0)
		fail("bus");
	bus_add_source(bus, &source);
	log = open_output(&output, strcmp(argv[2], "json") == 0 ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT);
	printf("%lld\n", measure(bus, log, &output, count) / count);
	log_close(log);
	bus_close(bus);
	remove_output(&output);
	return EXIT_SUCCESS;
}
