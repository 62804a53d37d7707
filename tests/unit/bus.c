// SPDX-License-Identifier: Apache-2.0
/* What the bus does with a record, and what it counts. The ring is that of the test. */
#include "bus/bus.h"

#include <bpf/libbpf.h>
#include <stdlib.h>

#include "bus/invalid.h"
#include "daemon/stats.h"
#include "log_fixture.h"
#include "util/clock.h"

/* In the place of libbpf's functions: the records that the next read finds. */
struct ring_buffer {
	ring_buffer_sample_fn take;
	void *context;
};

static struct {
	const void *bytes;
	size_t size;
} waiting[64];
static size_t waiting_count;

struct ring_buffer *ring_buffer__new(int fd, ring_buffer_sample_fn take, void *context,
				     const struct ring_buffer_opts *options)
{
	struct ring_buffer *ring = malloc(sizeof(*ring));

	(void)fd;
	(void)options;
	*ring = (struct ring_buffer){ take, context };
	return ring;
}

void ring_buffer__free(struct ring_buffer *ring)
{
	free(ring);
}

int ring_buffer__consume(struct ring_buffer *ring)
{
	size_t count = waiting_count;

	waiting_count = 0;
	for (size_t i = 0; i < count; i++)
		ring->take(ring->context, (void *)(uintptr_t)waiting[i].bytes, waiting[i].size);
	return (int)count;
}

static void put(const void *bytes, size_t size)
{
	waiting[waiting_count].bytes = bytes;
	waiting[waiting_count++].size = size;
}

#define SOURCE 4711

static const struct bpflock_event_type events[] = { { .type = 5, .name = "known", .summary = "s" } };

static struct plugin plugin = {
	.name = (char *)(uintptr_t) "sampler",
	.source = SOURCE,
	.descriptor = { .events = BPFLOCK_TABLE(events) },
};

static struct bpflock_event event_at(__u64 seconds, __u64 source, __u16 type)
{
	return (struct bpflock_event){ .time = seconds * NANOSECONDS, .source = source, .type = type };
}

/* Reads what waits, logs the losses, and returns the lines about them. */
static const char *lines_after_reading(struct fixture *test)
{
	const int ring = -1;
	struct bus_source source = { .plugin = &plugin };
	struct manager manager = { 0 };
	struct bus *bus = NULL;

	open_log(test, test->output);
	assert_int_equal(bus_open(&ring, 1, &bus), 0);
	bus_add_source(bus, &source);
	assert_true(bus_drain(bus, test->log) >= 0);
	stats_log_losses(test->log, &manager, bus);
	stats_log_losses(test->log, &manager, bus); /* nothing is told twice */
	bus_close(bus);
	return text_of_log(test);
}

/* The line that ends so, behind its times, which depend on when this machine was started. */
static void assert_has_line(const char *text, const char *begin, const char *end)
{
	const char *line = strstr(text, begin);

	if (!line)
		fail_msg("no '%s' in: %s", begin, text);
	assert_int_equal(strcspn(line, "\n") - strlen(begin),
			 strlen("2022-02-11T11:30:00Z until=2022-02-11T11:30:00Z") + strlen(end));
	assert_memory_equal(strchr(line, '\n') - strlen(end), end, strlen(end));
}

static void invalid_records_are_counted_by_plugin_and_type_with_their_times(void **state)
{
	const struct bpflock_event first = event_at(30, SOURCE, 9), second = event_at(20, SOURCE, 9);
	const struct bpflock_event other = event_at(40, SOURCE, 8), known = event_at(50, SOURCE, 5);
	const char *text;

	put(&first, sizeof(first));
	put(&second, sizeof(second));
	put(&other, sizeof(other));
	put(&known, sizeof(known));
	text = lines_after_reading(*state);
	assert_has_line(text,
			"event=events_lost count=2 stage=invalid type=9 since=", "\" bpfprog=sampler subsys=bpflock");
	assert_has_line(text,
			"event=events_lost count=1 stage=invalid type=8 since=", "\" bpfprog=sampler subsys=bpflock");
	assert_int_equal(count_in(text, "\n"), 3);
}

static void an_invalid_record_of_nobody_names_no_plugin(void **state)
{
	const struct bpflock_event foreign = event_at(10, SOURCE + 1, 5);
	const char *text;

	put(&foreign, sizeof(foreign));
	put(&foreign, sizeof(foreign) - 1);
	text = lines_after_reading(*state);
	assert_has_line(text, "event=events_lost count=1 stage=invalid type=5 since=", "\" subsys=bpflock");
	assert_has_line(text, "event=events_lost count=1 stage=invalid since=", "\" subsys=bpflock");
	assert_int_equal(count_in(text, "\n"), 2);
}

/* If the daemon is killed before, a successor knows that they are not. */
static void an_invalid_record_is_accounted_for_when_it_is_reported(void **state)
{
	const struct bpflock_event known = { .source = SOURCE, .sequence = 1, .type = 5 };
	const struct bpflock_event invalid = { .source = SOURCE, .sequence = 2, .type = 9 };
	struct bpflock_stats *stats = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*stats));
	const int ring = -1;
	struct fixture *test = *state;
	struct bus_source source = { .plugin = &plugin };
	struct delivery_state delivery = { 0 };
	struct manager manager = { 0 };
	struct bus *bus = NULL;

	open_log(test, test->output);
	assert_int_equal(bus_open(&ring, 1, &bus), 0);
	bus_add_source(bus, &source);
	bus_attach(&source, &delivery, stats);
	put(&known, sizeof(known));
	put(&invalid, sizeof(invalid));
	assert_true(bus_drain(bus, test->log) >= 0);
	assert_int_equal(delivery.accounted, 1);
	stats_log_losses(test->log, &manager, bus);
	assert_int_equal(delivery.accounted, 2);
	stats_log_losses(test->log, &manager, bus);
	assert_int_equal(delivery.accounted, 2);
	bus_close(bus);
	free(stats);
}

struct seen {
	size_t kinds;
	__u64 count;
	struct invalid_records last;
};

static void see(void *context, const struct invalid_records *records)
{
	struct seen *seen = context;

	seen->kinds++;
	seen->count += records->count;
	seen->last = *records;
}

static void the_times_are_those_of_the_first_and_the_last_record(void **state)
{
	const __u64 seconds[] = { 30, 20, 40, 25 };
	struct invalid invalid = { 0 };
	struct seen seen = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
		struct bpflock_event event = event_at(seconds[i], SOURCE, 9);

		invalid_count(&invalid, &plugin, &event, 0);
	}
	invalid_take(&invalid, see, &seen);
	assert_int_equal(seen.kinds, 1);
	assert_int_equal(seen.last.since, 20 * NANOSECONDS);
	assert_int_equal(seen.last.until, 40 * NANOSECONDS);
	assert_ptr_equal(seen.last.plugin, &plugin);
	invalid_take(&invalid, see, &seen);
	assert_int_equal(seen.kinds, 1);
}

static void a_record_without_a_beginning_has_the_time_at_which_it_was_read(void **state)
{
	struct invalid invalid = { 0 };
	struct seen seen = { 0 };

	(void)state;
	invalid_count(&invalid, NULL, NULL, 7);
	invalid_count(&invalid, NULL, NULL, 9);
	invalid_take(&invalid, see, &seen);
	assert_int_equal(seen.count, 2);
	assert_false(seen.last.has_type);
	assert_int_equal(seen.last.since, 7);
	assert_int_equal(seen.last.until, 9);
}

/* Types are numbers that a program wrote, so there may be any number of them. */
static void more_kinds_than_there_is_room_for_are_counted_together(void **state)
{
	struct invalid invalid = { 0 };
	struct seen seen = { 0 };

	(void)state;
	for (__u16 type = 0; type < 2 * INVALID_KINDS_MAX; type++) {
		struct bpflock_event event = event_at(type, SOURCE, type);

		invalid_count(&invalid, &plugin, &event, 0);
	}
	invalid_take(&invalid, see, &seen);
	assert_int_equal(seen.kinds, INVALID_KINDS_MAX);
	assert_int_equal(seen.count, 2 * INVALID_KINDS_MAX);
	assert_null(seen.last.plugin);
	assert_false(seen.last.has_type);
	assert_int_equal(seen.last.count, INVALID_KINDS_MAX + 1);
	assert_int_equal(seen.last.since, (INVALID_KINDS_MAX - 1) * NANOSECONDS);
	assert_int_equal(seen.last.until, (2 * INVALID_KINDS_MAX - 1) * NANOSECONDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(invalid_records_are_counted_by_plugin_and_type_with_their_times),
		TEST(an_invalid_record_of_nobody_names_no_plugin),
		TEST(an_invalid_record_is_accounted_for_when_it_is_reported),
		cmocka_unit_test(the_times_are_those_of_the_first_and_the_last_record),
		cmocka_unit_test(a_record_without_a_beginning_has_the_time_at_which_it_was_read),
		cmocka_unit_test(more_kinds_than_there_is_room_for_are_counted_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
