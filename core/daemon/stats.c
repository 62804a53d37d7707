/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/stats.h"

#include "util/clock.h"

/* `op` is NULL for an operation that has no name in the configuration. */
static void log_decisions(struct log *log, const struct instance *instance, __u32 index, const char *text,
			  const char *op)
{
	static const char *const keys[] = { "allowed", "denied", "would_deny", "exempt" };
	struct log_record record = log_daemon_record(LOG_LEVEL_INFO, "decisions");
	__u64 total = 0;

	record.bpfprog = instance->plugin->name;
	log_str(&record, "operation", text);
	if (op)
		log_str(&record, "op", op);
	for (__u32 i = 0; i < BPFLOCK_VERDICTS; i++) {
		__u64 count = plugin_state_decisions(instance->state, index, i);

		/* The daemon needs few operations: `exempt` is left out where it is 0. */
		if (i != BPFLOCK_VERDICT_EXEMPT || count)
			log_uint(&record, keys[i], count);
		total += count;
	}
	if (total)
		log_write(log, &record);
}

/* A program may decide about any number, for example one that a caller of bpf(2) made up. */
static void log_unknown_decisions(struct log *log, const struct instance *instance)
{
	char text[OPERATION_TEXT_SIZE];

	for (__u32 i = 0; i < BPFLOCK_OPERATIONS_MAX; i++) {
		if (operations_at(&instance->plugin->operations, i))
			continue;
		operation_unknown_text(i, text);
		log_decisions(log, instance, i, text, NULL);
	}
	snprintf(text, sizeof(text), "unknown(%d+)", BPFLOCK_OPERATIONS_MAX);
	log_decisions(log, instance, BPFLOCK_OPERATIONS_MAX, text, NULL);
}

static void log_records(struct log *log, const struct instance *instance)
{
	struct bpflock_stats stats = plugin_state_stats(instance->state);
	struct log_record record = log_daemon_record(LOG_LEVEL_INFO, "records");
	__u64 submitted = instance->state->delivery->submitted;

	record.bpfprog = instance->plugin->name;
	log_uint(&record, "count", stats.records + stats.lost);
	log_uint(&record, "lost", stats.lost);
	if (submitted)
		log_uint(&record, "submitted", submitted);
	log_write(log, &record);
}

static void log_totals(struct log *log, const struct instance *instance)
{
	const struct operations *operations = &instance->plugin->operations;

	for (size_t i = 0; i < operations->count; i++) {
		const struct operation *operation = &operations->items[i];

		if (operation->index >= 0)
			log_decisions(log, instance, (__u32)operation->index, operation->text, operation->name);
	}
	log_unknown_decisions(log, instance);
	log_records(log, instance);
}

void stats_log_totals(struct log *log, const struct manager *manager)
{
	for (size_t i = 0; i < manager->count; i++)
		if (manager->plugins[i].instance)
			log_totals(log, manager->plugins[i].instance);
}

void stats_log_stopped(struct log *log, const struct manager *manager)
{
	for (size_t i = 0; i < manager->count; i++)
		if (manager->plugins[i].stopped)
			log_totals(log, manager->plugins[i].stopped);
}

/* `plugin` is NULL where the loss is not about one. */
static struct log_record loss_record(const char *plugin, __u64 count, const char *stage)
{
	struct log_record record = log_daemon_record(LOG_LEVEL_WARNING, "events_lost");

	record.bpfprog = plugin;
	log_uint(&record, "count", count);
	log_str(&record, "stage", stage);
	return record;
}

/* Both are times of records. */
static void add_times(struct log_record *record, __u64 since, __u64 until)
{
	__s64 boot_time = clock_boot_time();

	log_time(record, "since", clock_wall_time(since, boot_time));
	log_time(record, "until", clock_wall_time(until, boot_time));
}

static void log_inherited(struct log *log, struct managed_plugin *managed)
{
	struct delivery *delivery = &managed->source.delivery;
	struct delivery_loss loss = delivery_inherited_loss(delivery);
	struct log_record record = loss_record(managed->plugin->name, loss.count, "daemon");

	managed->losses.daemon += loss.count;
	log_uint(&record, "uncertain", loss.uncertain);
	delivery_loss_begins(delivery, loss.count);
	if (loss.count)
		log_write(log, &record);
	delivery_loss_ends(delivery);
}

void stats_log_inherited(struct log *log, struct manager *manager)
{
	for (size_t i = 0; i < manager->count; i++)
		if (manager_instance(&manager->plugins[i]))
			log_inherited(log, &manager->plugins[i]);
}

/* Losses because the ring was full, or its last quarter was reserved. */
static void log_ring_losses(struct log *log, const struct instance *instance)
{
	struct delivery_state *delivery = instance->state->delivery;
	__u64 now = clock_since_boot();
	struct bpflock_stats stats = plugin_state_stats(instance->state);
	struct delivery_loss loss = delivery_ring_loss_begins(delivery, stats.lost);
	struct log_record record = loss_record(instance->plugin->name, loss.count, "ring");

	add_times(&record, delivery->reported_at, stats.lost_at);
	if (loss.uncertain) /* a predecessor was killed while it wrote this line */
		log_uint(&record, "uncertain", loss.uncertain);
	if (loss.count)
		log_write(log, &record);
	delivery_ring_loss_ends(delivery, now);
}

/* Where numbers are missing, another process has read the pinned ring. */
static void log_thefts(struct log *log, struct managed_plugin *managed)
{
	__u64 stolen = sequences_take_stolen(&managed->source.sequences, !managed->instance);
	struct log_record record = loss_record(managed->plugin->name, stolen, "stolen");

	if (!stolen)
		return;
	managed->losses.stolen += stolen;
	delivery_loss_begins(&managed->source.delivery, stolen);
	log_write(log, &record);
	delivery_loss_ends(&managed->source.delivery);
}

/**
 * struct teller - who tells of invalid records, and where they are counted
 */
struct teller {
	struct log *log;
	struct manager *manager;
};

static void count_invalid(struct manager *manager, const struct invalid_records *records)
{
	for (size_t i = 0; i < manager->count; i++)
		if (manager->plugins[i].plugin == records->plugin)
			manager->plugins[i].losses.invalid += records->count;
}

static void log_invalid(void *context, const struct invalid_records *records)
{
	const struct teller *teller = context;
	const char *plugin = records->plugin ? records->plugin->name : NULL;
	struct log_record record = loss_record(plugin, records->count, "invalid");

	if (records->has_type)
		log_uint(&record, "type", records->type);
	add_times(&record, records->since, records->until);
	count_invalid(teller->manager, records);
	log_write(teller->log, &record);
}

void stats_log_sink_loss(void *log, const char *sink, const struct log_loss *loss)
{
	struct log_record record = log_daemon_record(LOG_LEVEL_WARNING, "events_lost");

	log_uint(&record, "count", loss->events);
	log_uint(&record, "messages", loss->messages);
	log_str(&record, "stage", "sink");
	log_str(&record, "sink", sink);
	log_time(&record, "since", loss->since);
	log_time(&record, "until", loss->until);
	log_write(log, &record);
}

/* An upper bound: a run that was skipped need not have recorded anything. */
static void log_skipped_runs(struct log *log, struct managed_plugin *managed)
{
	struct log_record record = log_daemon_record(LOG_LEVEL_WARNING, "runs_skipped");
	__u64 skipped = instance_skipped_runs(manager_instance(managed));
	__u64 count = managed->skipped_before + skipped - managed->skipped_runs;

	managed->skipped_before = 0;
	managed->skipped_runs = skipped;
	record.bpfprog = managed->plugin->name;
	log_uint(&record, "count", count);
	if (count)
		log_write(log, &record);
}

void stats_log_losses(struct log *log, struct manager *manager, struct bus *bus)
{
	struct teller teller = { log, manager };

	for (size_t i = 0; i < manager->count; i++) {
		const struct instance *instance = manager_instance(&manager->plugins[i]);

		if (!instance)
			continue;
		log_thefts(log, &manager->plugins[i]);
		log_ring_losses(log, instance);
		log_skipped_runs(log, &manager->plugins[i]);
	}
	bus_take_invalid(bus, log_invalid, &teller);
	log_take_lost(log, stats_log_sink_loss, log);
}
