// SPDX-License-Identifier: Apache-2.0
/* What the bus does with a record, and what it counts. The ring is that of the test. */
#include "bus/bus.h"

#include <bpf/libbpf.h>
#include <stdlib.h>

#include "bus/invalid.h"
#include "daemon/stats.h"
#include "log_fixture.h"
#include "util/clock.h"

#define MEMORY_RING_SIZE 4096
#define MEMORY_RING_ID 7
#include "memory_ring.h"

static int set_up(void **state)
{
	return memory_ring_open() < 0 ? -1 : setup(state);
}

static int tear_down(void **state)
{
	memory_ring_close();
	return teardown(state);
}

#define BUS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
	struct bus_source source = { .plugin = &plugin };
	struct manager manager = { 0 };
	struct bus *bus = NULL;

	open_log(test, test->output);
	assert_int_equal(bus_open(&memory_ring_fd, 1, &bus), 0);
	bus_add_source(bus, &source);
	assert_false(bus_drain(bus, test->log));
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

	memory_ring_put(&first, sizeof(first));
	memory_ring_put(&second, sizeof(second));
	memory_ring_put(&other, sizeof(other));
	memory_ring_put(&known, sizeof(known));
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

	memory_ring_put(&foreign, sizeof(foreign));
	memory_ring_put(&foreign, sizeof(foreign) - 1);
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
	struct fixture *test = *state;
	struct bus_source source = { .plugin = &plugin };
	struct delivery_state delivery = { 0 };
	struct manager manager = { 0 };
	struct bus *bus = NULL;

	open_log(test, test->output);
	assert_int_equal(bus_open(&memory_ring_fd, 1, &bus), 0);
	bus_add_source(bus, &source);
	bus_attach(bus, &source, &delivery, stats);
	memory_ring_put(&known, sizeof(known));
	memory_ring_put(&invalid, sizeof(invalid));
	assert_false(bus_drain(bus, test->log));
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

/* A bus with one source, whose records are numbered by the test. */
struct life {
	struct bus *bus;
	struct bus_source source;
	struct bpflock_stats *stats;
};

static void begin_life(struct life *life, struct delivery_state *kept, __u64 records)
{
	*life = (struct life){ .source.plugin = &plugin };
	life->stats = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*life->stats));
	life->stats[0].records = records;
	assert_int_equal(bus_open(&memory_ring_fd, 1, &life->bus), 0);
	bus_add_source(life->bus, &life->source);
	bus_attach(life->bus, &life->source, kept, life->stats);
}

static void end_life(struct life *life)
{
	bus_close(life->bus);
	free(life->stats);
}

static __u32 *put_numbered(__u64 sequence)
{
	const struct bpflock_event event = { .source = SOURCE, .sequence = sequence, .type = 5 };

	return memory_ring_put(&event, sizeof(event));
}

static void what_a_program_is_still_writing_is_waited_for(void **state)
{
	struct delivery_state kept = { 0 };
	struct fixture *test = *state;
	struct life life;
	__u32 *header;

	open_log(test, test->output);
	put_numbered(1);
	header = put_numbered(2);
	*header |= BPF_RINGBUF_BUSY_BIT;
	put_numbered(3);
	begin_life(&life, &kept, 3);
	assert_false(bus_drain(life.bus, test->log));
	assert_int_equal(count_in(text_of_log(test), "\n"), 1);
	assert_int_equal(*memory_ring_consumer(), *memory_ring_producer() / 3);
	*header &= ~BPF_RINGBUF_BUSY_BIT;
	assert_false(bus_drain(life.bus, test->log));
	assert_int_equal(count_in(text_of_log(test), "\n"), 3);
	assert_int_equal(*memory_ring_consumer(), *memory_ring_producer());
	assert_int_equal(kept.accounted, 3);
	end_life(&life);
}

static void what_was_discarded_is_no_record(void **state)
{
	struct delivery_state kept = { 0 };
	struct fixture *test = *state;
	struct life life;

	open_log(test, test->output);
	*put_numbered(1) |= BPF_RINGBUF_DISCARD_BIT;
	put_numbered(2);
	*put_numbered(3) |= BPF_RINGBUF_DISCARD_BIT;
	begin_life(&life, &kept, 1);
	assert_false(bus_drain(life.bus, test->log));
	assert_int_equal(count_in(text_of_log(test), "\n"), 1);
	assert_int_equal(*memory_ring_consumer(), *memory_ring_producer());
	end_life(&life);
}

/* Whoever may map the ring can write any position. */
static void a_position_that_is_none_is_skipped(void **state)
{
	struct delivery_state kept = { 0 };
	struct fixture *test = *state;
	struct life life;

	open_log(test, test->output);
	put_numbered(1);
	put_numbered(2);
	begin_life(&life, &kept, 2);
	*memory_ring_consumer() = 3;
	memory_ring_at(0)[0] = MEMORY_RING_SIZE;
	assert_false(bus_drain(life.bus, test->log));
	assert_int_equal(*memory_ring_consumer(), *memory_ring_producer());
	end_life(&life);
}

/* Its predecessor died after the lines and before the position. */
static void a_batch_that_was_not_settled_is_written_again_and_says_so(void **state)
{
	struct delivery_state kept = { 0 }, before;
	struct fixture *test = *state;
	struct life life;

	open_log(test, test->output);
	put_numbered(1);
	put_numbered(2);
	begin_life(&life, &kept, 2);
	assert_false(bus_drain(life.bus, test->log));
	end_life(&life);
	before = kept;
	kept.accounted = 0;
	*memory_ring_consumer() = 0;
	put_numbered(3);
	begin_life(&life, &kept, 3);
	assert_int_equal(before.accounted_next, 2);
	assert_false(bus_drain(life.bus, test->log));
	assert_int_equal(count_in(text_of_log(test), "\n"), 5);
	assert_int_equal(count_in(text_of_log(test), "again=yes"), 2);
	assert_int_equal(kept.accounted, 3);
	assert_int_equal(delivery_inherited_loss(&life.source.delivery).count, 0);
	end_life(&life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BUS_TEST(invalid_records_are_counted_by_plugin_and_type_with_their_times),
		BUS_TEST(an_invalid_record_of_nobody_names_no_plugin),
		BUS_TEST(an_invalid_record_is_accounted_for_when_it_is_reported),
		BUS_TEST(what_a_program_is_still_writing_is_waited_for),
		BUS_TEST(what_was_discarded_is_no_record),
		BUS_TEST(a_position_that_is_none_is_skipped),
		BUS_TEST(a_batch_that_was_not_settled_is_written_again_and_says_so),
		cmocka_unit_test(the_times_are_those_of_the_first_and_the_last_record),
		cmocka_unit_test(a_record_without_a_beginning_has_the_time_at_which_it_was_read),
		cmocka_unit_test(more_kinds_than_there_is_room_for_are_counted_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
