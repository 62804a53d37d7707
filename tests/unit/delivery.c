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

/* The kernel records so many more in the ring. */
static void record(struct life *life, __u64 count)
{
	life->stats.records += count;
}

static struct bpflock_event event_of(__u64 sequence)
{
	return (struct bpflock_event){ .sequence = sequence };
}

static enum delivered read_record(struct life *life, __u64 sequence)
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

/* The log reports what it finds. */
static struct delivery_loss report_inherited(struct life *life)
{
	struct delivery_loss loss = delivery_inherited_loss(&life->delivery);

	delivery_loss_begins(&life->delivery, loss.count);
	delivery_loss_ends(&life->delivery);
	return loss;
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
	assert_int_equal(report_inherited(&life).count, 0);
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
	assert_int_equal(report_inherited(&life).count, 9);
	die(&life);
	begin(&life);
	assert_int_equal(report_inherited(&life).count, 0);
	die(&life);
}

/* It has no number. */
static void what_the_ring_had_no_room_for_is_not_lost_twice(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 3);
	life.stats.lost = 7;
	die(&life);
	begin(&life);
	for (__u64 sequence = 1; sequence <= 3; sequence++)
		(void)read_record(&life, sequence);
	assert_int_equal(report_inherited(&life).count, 0);
	die(&life);
}

/* Its line may be there or not. */
static void a_record_that_was_being_written_is_marked_and_counted_once(void **state)
{
	struct life life = { 0 };
	struct bpflock_event event = event_of(1);

	(void)state;
	begin(&life);
	record(&life, 2);
	(void)delivery_take(&life.delivery, &event);
	delivery_write_begins(&life.delivery, &event, 1);
	die(&life);
	begin(&life);
	assert_int_equal(read_record(&life, 1), DELIVERED_MAYBE);
	delivery_write_begins(&life.delivery, &event, 1);
	delivery_write_ends(&life.delivery);
	assert_int_equal(read_record(&life, 2), DELIVERED_NOT);
	assert_int_equal(report_inherited(&life).count, 0);
	die(&life);
}

/* The ring was not told yet that the record is read. */
static void a_record_that_was_written_is_not_written_again(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 2);
	write_record(&life, 1);
	die(&life);
	begin(&life);
	assert_int_equal(read_record(&life, 1), DELIVERED);
	write_record(&life, 2);
	assert_int_equal(report_inherited(&life).count, 0);
	assert_int_equal(life.kept.accounted, 2);
	die(&life);
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
		struct delivery_loss loss = report_inherited(&life);

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
	assert_int_equal(report_inherited(&life).count, 0);
	die(&life);
	begin(&life);
	assert_int_equal(report_inherited(&life).count, 0);
	die(&life);
}

static void what_is_reported_as_lost_is_not_reported_again(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 4);
	(void)read_record(&life, 1);
	delivery_loss_begins(&life.delivery, 1);
	delivery_loss_ends(&life.delivery);
	die(&life);
	begin(&life);
	for (__u64 sequence = 2; sequence <= 4; sequence++)
		write_record(&life, sequence);
	assert_int_equal(report_inherited(&life).count, 0);
	die(&life);
}

/* The line that reports it may be there or not. */
static void a_loss_that_was_being_reported_is_reported_again_and_uncertain(void **state)
{
	struct life life = { 0 };
	struct delivery_loss loss;

	(void)state;
	record(&life, 4);
	begin(&life);
	for (__u64 sequence = 1; sequence <= 4; sequence++)
		(void)read_record(&life, sequence);
	die(&life);
	begin(&life);
	loss = delivery_inherited_loss(&life.delivery);
	assert_int_equal(loss.count, 4);
	assert_int_equal(loss.uncertain, 0);
	delivery_loss_begins(&life.delivery, loss.count);
	die(&life);
	begin(&life);
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 4);
	assert_int_equal(loss.uncertain, 4);
	die(&life);
	begin(&life);
	assert_int_equal(report_inherited(&life).count, 0);
	die(&life);
}

/* A takeover writes lines before it reports what was lost, and may be killed in between. */
static void what_is_uncertain_stays_so_over_several_kills(void **state)
{
	struct life life = { 0 };
	struct delivery_loss loss;

	(void)state;
	begin(&life);
	record(&life, 9);
	for (__u64 sequence = 1; sequence <= 5; sequence++)
		(void)read_record(&life, sequence);
	delivery_write_begins(&life.delivery, NULL, 3);
	die(&life);
	begin(&life);
	die(&life);
	begin(&life);
	write_record(&life, 6);
	(void)read_record(&life, 7);
	die(&life);
	begin(&life);
	write_record(&life, 8);
	write_record(&life, 9);
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 6);
	assert_int_equal(loss.uncertain, 3);
	assert_int_equal(life.kept.uncertain, 0);
	die(&life);
}

/* Its line may be there, and it will not be read again: the ring was replaced, or somebody else has read it. */
static void a_record_that_was_being_written_and_is_gone_is_uncertain(void **state)
{
	struct life life = { 0 };
	struct bpflock_event event = event_of(1);
	struct delivery_loss loss;

	(void)state;
	begin(&life);
	record(&life, 2);
	(void)read_record(&life, 1);
	delivery_write_begins(&life.delivery, &event, 1);
	die(&life);
	begin(&life);
	write_record(&life, 2);
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 1);
	assert_int_equal(loss.uncertain, 1);
	die(&life);
}

/* The second daemon is killed before and while it writes the line again: the third one knows as much. */
static void a_record_that_was_being_written_is_marked_over_several_kills(void **state)
{
	struct life life = { 0 };
	struct bpflock_event event = event_of(1);

	(void)state;
	begin(&life);
	record(&life, 1);
	(void)read_record(&life, 1);
	delivery_write_begins(&life.delivery, &event, 1);
	for (int kills = 0; kills < 3; kills++) {
		die(&life);
		begin(&life);
		assert_int_equal(read_record(&life, 1), DELIVERED_MAYBE);
		if (kills)
			delivery_write_begins(&life.delivery, &event, 1);
		assert_int_equal(life.kept.writing, 1);
		assert_int_equal(life.kept.accounted_next, 1);
	}
	delivery_write_ends(&life.delivery);
	assert_int_equal(report_inherited(&life).count, 0);
	assert_int_equal(life.kept.accounted, 1);
	die(&life);
}

static void ring_losses_that_were_being_reported_are_uncertain(void **state)
{
	struct delivery_state kept = { 0 };
	struct delivery_loss loss = delivery_ring_loss_begins(&kept, 5);

	(void)state;
	assert_int_equal(loss.count, 5);
	assert_int_equal(loss.uncertain, 0);
	/* Here it is killed. */
	loss = delivery_ring_loss_begins(&kept, 7);
	assert_int_equal(loss.count, 7);
	assert_int_equal(loss.uncertain, 5);
	delivery_ring_loss_ends(&kept, 99);
	assert_int_equal(kept.reported_at, 99);
	loss = delivery_ring_loss_begins(&kept, 8);
	assert_int_equal(loss.count, 1);
	assert_int_equal(loss.uncertain, 0);
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
	for (__u16 cpu = 0; cpu <= 1; cpu++) {
		struct delivery_state kept = { 0 };
		struct bpflock_stats stats[2] = { { 0 }, { 0 } };
		struct bpflock_event written = { .sequence = 1, .cpu = 1 };
		struct bpflock_event first = { .sequence = 1, .cpu = cpu };
		struct delivery delivery;

		(void)state;
		delivery_begin(&delivery, &kept, stats, 2);
		delivery_write_begins(&delivery, &written, 1);
		delivery_end(&delivery);
		stats[0].records = stats[1].records = 1;
		delivery_begin(&delivery, &kept, stats, 2);
		assert_int_equal(delivery_take(&delivery, &first), cpu == 1 ? DELIVERED_MAYBE : DELIVERED_NOT);
		delivery_end(&delivery);
	}
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
	assert_int_equal(report_inherited(&life).uncertain, 1);
	assert_int_equal(read_record(&life, 1), DELIVERED_NOT);
	assert_int_equal(report_inherited(&life).uncertain, 0);
	die(&life);
}

static void a_plugin_that_does_not_run_has_no_notes(void **state)
{
	struct delivery delivery = { 0 };

	(void)state;
	delivery_write_begins(&delivery, NULL, 3);
	delivery_write_ends(&delivery);
	delivery_loss_begins(&delivery, 3);
	delivery_loss_ends(&delivery);
	assert_int_equal(delivery_inherited_loss(&delivery).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_and_what_waits_is_not_lost),
		cmocka_unit_test(what_was_read_and_not_written_is_lost_once),
		cmocka_unit_test(what_the_ring_had_no_room_for_is_not_lost_twice),
		cmocka_unit_test(a_record_that_was_being_written_is_marked_and_counted_once),
		cmocka_unit_test(a_record_that_was_written_is_not_written_again),
		cmocka_unit_test(a_line_for_several_that_was_being_written_is_lost_and_uncertain),
		cmocka_unit_test(what_is_recorded_after_the_beginning_does_not_matter),
		cmocka_unit_test(what_is_reported_as_lost_is_not_reported_again),
		cmocka_unit_test(a_loss_that_was_being_reported_is_reported_again_and_uncertain),
		cmocka_unit_test(what_is_uncertain_stays_so_over_several_kills),
		cmocka_unit_test(a_record_that_was_being_written_and_is_gone_is_uncertain),
		cmocka_unit_test(a_record_that_was_being_written_is_marked_over_several_kills),
		cmocka_unit_test(ring_losses_that_were_being_reported_are_uncertain),
		cmocka_unit_test(each_cpu_has_numbers_of_its_own),
		cmocka_unit_test(a_record_that_was_being_written_is_told_by_its_cpu),
		cmocka_unit_test(nothing_is_again_once_the_inherited_loss_is_known),
		cmocka_unit_test(a_plugin_that_does_not_run_has_no_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
