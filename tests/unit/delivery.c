// SPDX-License-Identifier: Apache-2.0
/* What a daemon that is killed leaves behind, and what the next one makes of it. */
#include "bus/delivery.h"

#include "unit.h"

/* One CPU, one plugin: the state outlives the deliveries, as the pinned map does. */
struct life {
	struct delivery_state kept;
	struct bpflock_stats stats;
	struct delivery delivery;
};

static void begin(struct life *life)
{
	delivery_begin(&life->delivery, &life->kept, &life->stats, 1);
}

/* The kernel records so many more. */
static void record(struct life *life, __u64 count)
{
	life->stats.records += count;
}

static struct bpflock_event event_of(__u64 sequence)
{
	return (struct bpflock_event){ .sequence = sequence };
}

static bool read_record(struct life *life, __u64 sequence)
{
	struct bpflock_event event = event_of(sequence);

	return delivery_take(&life->delivery, &event);
}

static void write_record(struct life *life, __u64 sequence)
{
	struct bpflock_event event = event_of(sequence);

	(void)delivery_take(&life->delivery, &event);
	delivery_write_begins(&life->delivery, &event, 1);
	delivery_write_ends(&life->delivery);
}

static struct delivery_loss inherited_loss(struct life *life)
{
	return delivery_inherited_loss(&life->delivery);
}

static void die(struct life *life)
{
	delivery_end(&life->delivery);
}

static void what_was_written_and_what_waits_is_not_lost(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 5);
	write_record(&life, 1);
	write_record(&life, 2);
	die(&life);
	begin(&life);
	for (__u64 sequence = 3; sequence <= 5; sequence++)
		write_record(&life, sequence);
	assert_int_equal(inherited_loss(&life).count, 0);
	die(&life);
}

static void what_was_read_and_not_written_is_lost_once(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 10);
	write_record(&life, 1);
	for (__u64 sequence = 2; sequence <= 10; sequence++)
		(void)read_record(&life, sequence); /* collected for one line */
	die(&life);
	begin(&life);
	assert_int_equal(inherited_loss(&life).count, 9);
	die(&life);
	begin(&life);
	assert_int_equal(inherited_loss(&life).count, 0);
	die(&life);
}

static void what_the_ring_had_no_room_for_is_not_lost_twice(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 10);
	life.stats.lost = 7;
	die(&life);
	begin(&life);
	for (__u64 sequence = 1; sequence <= 3; sequence++)
		(void)read_record(&life, sequence);
	assert_int_equal(inherited_loss(&life).count, 0);
	die(&life);
}

/* The line may be there or not; the record is read again either way. */
static void a_record_that_was_being_written_is_marked_and_counted_once(void **state)
{
	for (int written = 0; written <= 1; written++) {
		struct life life = { 0 };
		struct bpflock_event event = event_of(1);

		(void)state;
		begin(&life);
		record(&life, 2);
		(void)delivery_take(&life.delivery, &event);
		delivery_write_begins(&life.delivery, &event, 1);
		if (written)
			delivery_write_ends(&life.delivery);
		die(&life);

		begin(&life);
		assert_true(read_record(&life, 1));
		delivery_write_begins(&life.delivery, &event, 1);
		delivery_write_ends(&life.delivery);
		write_record(&life, 2);
		assert_int_equal(inherited_loss(&life).count, 0);
		die(&life);
		begin(&life);
		assert_int_equal(inherited_loss(&life).count, 0);
		die(&life);
	}
}

static void a_line_for_several_that_was_being_written_is_lost_and_uncertain(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 6);
	write_record(&life, 1);
	for (__u64 sequence = 2; sequence <= 6; sequence++)
		(void)read_record(&life, sequence);
	delivery_write_begins(&life.delivery, NULL, 5);
	die(&life);
	begin(&life);
	{
		struct delivery_loss loss = inherited_loss(&life);

		assert_int_equal(loss.count, 5);
		assert_int_equal(loss.uncertain, 5);
	}
	die(&life);
}

static void what_is_recorded_after_the_beginning_does_not_matter(void **state)
{
	struct life life = { 0 };

	(void)state;
	record(&life, 3);
	begin(&life);
	record(&life, 3);
	for (__u64 sequence = 1; sequence <= 6; sequence++)
		write_record(&life, sequence);
	assert_int_equal(inherited_loss(&life).count, 0);
	die(&life);
	begin(&life);
	assert_int_equal(inherited_loss(&life).count, 0);
	die(&life);
}

static void what_the_log_was_told_is_gone_is_not_told_again(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 4);
	(void)read_record(&life, 1);
	delivery_gone(&life.delivery, 1);
	die(&life);
	begin(&life);
	for (__u64 sequence = 2; sequence <= 4; sequence++)
		write_record(&life, sequence);
	assert_int_equal(inherited_loss(&life).count, 0);
	die(&life);
}

/* The same number on another CPU is another record. */
static void each_cpu_has_numbers_of_its_own(void **state)
{
	struct delivery_state kept = { 0 };
	struct bpflock_stats stats[2] = { { .records = 3 }, { .records = 1 } };
	struct bpflock_event second = { .sequence = 1, .cpu = 1 };
	struct bpflock_event newer = { .sequence = 2, .cpu = 1 };
	struct bpflock_event beyond = { .sequence = 0, .cpu = 2 };
	struct delivery delivery;

	(void)state;
	delivery_begin(&delivery, &kept, stats, 2);
	assert_int_equal(delivery.before[0], 3);
	assert_int_equal(delivery.before[1], 1);
	(void)delivery_take(&delivery, &second);
	(void)delivery_take(&delivery, &newer);
	(void)delivery_take(&delivery, &beyond);
	assert_int_equal(delivery_inherited_loss(&delivery).count, 3);
	delivery_end(&delivery);
}

static void a_record_that_was_being_written_is_told_by_its_cpu(void **state)
{
	struct delivery_state kept = { 0 };
	struct bpflock_stats stats[2] = { { 0 }, { 0 } };
	struct bpflock_event written = { .sequence = 1, .cpu = 1 };
	struct bpflock_event other = { .sequence = 1, .cpu = 0 };
	struct delivery delivery;

	(void)state;
	delivery_begin(&delivery, &kept, stats, 2);
	delivery_write_begins(&delivery, &written, 1);
	delivery_end(&delivery);
	stats[0].records = stats[1].records = 1;
	delivery_begin(&delivery, &kept, stats, 2);
	assert_false(delivery_take(&delivery, &other));
	assert_true(delivery_take(&delivery, &written));
	delivery_end(&delivery);
}

/* Once all that was there has been read, a record of that number is another one. */
static void nothing_is_again_once_the_inherited_loss_is_known(void **state)
{
	struct life life = { 0 };
	struct bpflock_event event = event_of(1);

	(void)state;
	begin(&life);
	record(&life, 1);
	delivery_write_begins(&life.delivery, &event, 1);
	die(&life);
	begin(&life);
	assert_int_equal(inherited_loss(&life).count, 1);
	assert_false(read_record(&life, 1));
	assert_int_equal(inherited_loss(&life).uncertain, 0);
	die(&life);
}

static void a_plugin_that_does_not_run_has_no_notes(void **state)
{
	struct delivery delivery = { 0 };

	(void)state;
	delivery_write_begins(&delivery, NULL, 3);
	delivery_write_ends(&delivery);
	delivery_gone(&delivery, 3);
	assert_int_equal(delivery_inherited_loss(&delivery).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_and_what_waits_is_not_lost),
		cmocka_unit_test(what_was_read_and_not_written_is_lost_once),
		cmocka_unit_test(what_the_ring_had_no_room_for_is_not_lost_twice),
		cmocka_unit_test(a_record_that_was_being_written_is_marked_and_counted_once),
		cmocka_unit_test(a_line_for_several_that_was_being_written_is_lost_and_uncertain),
		cmocka_unit_test(what_is_recorded_after_the_beginning_does_not_matter),
		cmocka_unit_test(what_the_log_was_told_is_gone_is_not_told_again),
		cmocka_unit_test(each_cpu_has_numbers_of_its_own),
		cmocka_unit_test(a_record_that_was_being_written_is_told_by_its_cpu),
		cmocka_unit_test(nothing_is_again_once_the_inherited_loss_is_known),
		cmocka_unit_test(a_plugin_that_does_not_run_has_no_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
