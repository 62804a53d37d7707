/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines PLUGIN.so FORMAT OUTPUTS COUNT: feeds the bus with COUNT records of a successful exec, as execsnoop writes them,
 * and prints the nanoseconds of processor time (user and system) that a record costs until its line is in OUTPUTS files.
 *
 * The bus reads a file in memory that looks like the kernel's ring buffer, so neither privileges nor BPF are needed.
 * The files lie in $TMPDIR, and are emptied after each batch.
 */
#include <bpf/bpf.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../plugins/execsnoop/execsnoop.h"
#include "bus/bus.h"
#include "log/log.h"
#include "util/clock.h"

#define RING_SIZE (1024 * 1024)
#define BATCH 1000
#define OUTPUTS_MAX 4
#define SOURCE 4711

/* As the kernel maps it: the consumer's page, the producer's, and the records twice. */
static char *ring;

/* In the place of libbpf's, which asks the kernel. */
int bpf_obj_get_info_by_fd(int fd, void *info, __u32 *size)
{
	struct bpf_map_info *map = info;

	(void)fd;
	(void)size;
	map->id = 1;
	map->type = BPF_MAP_TYPE_RINGBUF;
	map->max_entries = RING_SIZE;
	return 0;
}

/* libbpf's reader of rings adds the ring to an epoll instance, which refuses files in memory. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	(void)epoll;
	(void)operation;
	(void)fd;
	(void)event;
	return 0;
}

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static int open_ring(void)
{
	size_t size = 2 * (size_t)sysconf(_SC_PAGESIZE) + 2 * RING_SIZE;
	int fd = memfd_create("ring", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		fail("ring");
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		fail("ring");
	return fd;
}

/* The kernel maps the pages of the records twice in a row. Here, a record that wraps is copied to both places. */
static void put(const void *bytes, size_t size)
{
	char *page = ring + sysconf(_SC_PAGESIZE), *records = page + sysconf(_SC_PAGESIZE);
	__u64 *producer = (__u64 *)page;
	__u64 offset = *producer & (RING_SIZE - 1);
	__u32 header[2] = { (__u32)size, 0 };

	memcpy(records + offset, header, sizeof(header));
	memcpy(records + offset + sizeof(header), bytes, size);
	if (offset + sizeof(header) + size > RING_SIZE)
		memcpy(records, records + RING_SIZE, offset + sizeof(header) + size - RING_SIZE);
	__atomic_store_n(producer, *producer + (sizeof(header) + size + 7) / 8 * 8, __ATOMIC_RELEASE);
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

	put(&record, offsetof(struct execsnoop_execve, args));
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
		while (bus_drain(bus, log) > 0)
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
	int fd;

	if (count <= 0 || !output.count || output.count > OUTPUTS_MAX)
		return EXIT_FAILURE;
	library = dlopen(argv[1], RTLD_NOW);
	descriptor = library ? dlsym(library, "bpflock_plugin_v1") : NULL;
	if (!descriptor) {
		fprintf(stderr, "lines: %s\n", dlerror());
		return EXIT_FAILURE;
	}
	plugin.descriptor = *descriptor;
	fd = open_ring();
	if (bus_open(&fd, 1, &bus) < 0)
		fail("bus");
	bus_add_source(bus, &source);
	log = open_output(&output, strcmp(argv[2], "json") == 0 ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT);
	printf("%lld\n", measure(bus, log, &output, count) / count);
	log_close(log);
	bus_close(bus);
	remove_output(&output);
	return EXIT_SUCCESS;
}
