// SPDX-License-Identifier: Apache-2.0
/*
 * clockwork: uses everything that a plugin may use while it runs: a timer, a descriptor, records of its own, a kept map,
 * metrics and messages. The option `fault` lets it do something wrong.
 */
#include <bpflock/plugin.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clockwork.h"

#define MILLISECOND 1000000ull
#define FIFO "/run/clockwork"

/* BPF_MAP_LOOKUP_ELEM and BPF_MAP_UPDATE_ELEM, without a library */
struct element {
	__u32 map;
	__u32 pad;
	__u64 key;
	__u64 value;
	__u64 flags;
};

struct clockwork_config {
	const char *fault;
	__u64 interval;
};

static const struct bpflock_option options[] = {
	{ .name = "fault",
	  .summary = "what to do wrong",
	  .type = BPFLOCK_OPTION_STRING,
	  BPFLOCK_MEMBER(struct clockwork_config, fault) },
	{ .name = "interval",
	  .summary = "between two ticks",
	  .initial = "200ms",
	  .type = BPFLOCK_OPTION_DURATION,
	  BPFLOCK_MEMBER(struct clockwork_config, interval) },
};

static const struct bpflock_field fields[] = {
	BPFLOCK_FIELD(struct clockwork_tick, ticks, BPFLOCK_FIELD_UINT, "ticks since the map was made"),
};

static const struct bpflock_event_type events[] = {
	{ .type = CLOCKWORK_TICK,
	  .flags = BPFLOCK_EVENT_NO_TASK,
	  .name = "tick",
	  .summary = "the timer has expired",
	  .fields = BPFLOCK_TABLE(fields) },
};

static int element(int command, int map, __u64 *value)
{
	__u32 first = 0;
	struct element attributes = { .map = (__u32)map, .key = (__u64)&first, .value = (__u64)value };

	return (int)syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

static bool hangs;

static int tick(const struct bpflock_host *host, void *data)
{
	struct clockwork_tick record = { .event.type = CLOCKWORK_TICK };
	int map = host->map(host, "kept");

	(void)data;
	while (hangs)
		pause();
	if (map < 0 || element(1, map, &record.ticks) < 0)
		return -ENODATA;
	record.ticks++;
	if (element(2, map, &record.ticks) < 0)
		return -errno;
	return host->submit(host, &record.event, sizeof(record));
}

static int fifo = -1;

static int take_message(const struct bpflock_host *host, void *data)
{
	char text[64];
	ssize_t length = read(fifo, text, sizeof(text) - 1);

	(void)data;
	if (length <= 0)
		return 0;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, "sleep") == 0)
		usleep(1200000);
	hangs = strcmp(text, "hang") == 0;
	if (strcmp(text, "fail") == 0)
		return -EIO;
	host->log(host, BPFLOCK_LOG_INFO, "got '%s'", text);
	return 0;
}

static int misbehave(const struct bpflock_host *host, const char *fault)
{
	struct clockwork_tick record = { .event.type = 77 };

	if (strcmp(fault, "map") == 0)
		return host->map(host, "none");
	if (strcmp(fault, "type") == 0)
		return host->submit(host, &record.event, sizeof(record));
	record.event.type = CLOCKWORK_TICK;
	if (strcmp(fault, "size") == 0)
		return host->submit(host, &record.event, 8);
	if (strcmp(fault, "interval") == 0)
		return host->timer(host, 0, tick, NULL);
	if (strcmp(fault, "descriptor") == 0)
		return host->watch(host, 12345, take_message, NULL);
	return 0;
}

static int check(const struct bpflock_host *host, const void *config)
{
	const struct clockwork_config *clockwork = config;

	if (strcmp(clockwork->fault, "early") == 0)
		return host->timer(host, 1, tick, NULL);
	return 0;
}

static int start(const struct bpflock_host *host, const void *config)
{
	const struct clockwork_config *clockwork = config;
	int error = misbehave(host, clockwork->fault);

	if (error < 0)
		return error;
	error = host->timer(host, clockwork->interval, tick, NULL);
	(void)mkfifo(FIFO, 0600);
	fifo = open(FIFO, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (!error)
		error = host->watch(host, fifo, take_message, NULL);
	host->log(host, BPFLOCK_LOG_INFO, "started, a tick each %llu ms", clockwork->interval / MILLISECOND);
	return error;
}

static int stop(const struct bpflock_host *host, const void *config)
{
	const struct clockwork_config *clockwork = config;

	close(fifo);
	fifo = -1;
	host->log(host, BPFLOCK_LOG_WARNING, "stopped, there was a tick each %llu ms",
		  clockwork->interval / MILLISECOND);
	return 0;
}

static int read_fifo(const struct bpflock_host *host, __u64 *value)
{
	(void)host;
	*value = (__u64)fifo;
	return fifo < 0 ? -EBADF : 0;
}

static int count_reads(const struct bpflock_host *host, __u64 *value)
{
	static __u64 reads;

	(void)host;
	*value = ++reads;
	return 0;
}

static int read_nothing(const struct bpflock_host *host, __u64 *value)
{
	(void)value;
	return host->map(host, "none");
}

static const struct bpflock_metric metrics[] = {
	{ .name = "ticks_total", .type = BPFLOCK_METRIC_COUNTER, .help = "Ticks of all lives", .map = "kept" },
	{ .name = "execs_total", .type = BPFLOCK_METRIC_COUNTER, .help = "Executions", .map = "executed" },
	{ .name = "fifo_number", .type = BPFLOCK_METRIC_GAUGE, .help = "Number of a descriptor", .read = read_fifo },
	{ .name = "reads_total", .type = BPFLOCK_METRIC_COUNTER, .help = "Reads of this one", .read = count_reads },
	{ .name = "nothing", .type = BPFLOCK_METRIC_GAUGE, .help = "Cannot be read", .read = read_nothing },
};

static const struct bpflock_kept_map kept_maps[] = {
	{ .name = "kept", .version = 1 },
};

#ifdef PINNER
BPFLOCK_PLUGIN(pinner,
#else
BPFLOCK_PLUGIN(clockwork,
#endif
	.version = "1.0",
	.summary = "An observer with timers, records, kept maps and metrics of its own",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.config_size = sizeof(struct clockwork_config),
	.options = BPFLOCK_TABLE(options),
	.events = BPFLOCK_TABLE(events),
	.kept_maps = BPFLOCK_TABLE(kept_maps),
	.metrics = BPFLOCK_TABLE(metrics),
	.check = check,
	.start = start,
	.stop = stop);
