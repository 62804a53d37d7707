// SPDX-License-Identifier: Apache-2.0
/* What a daemon that is killed leaves behind, and what the next one makes of it. */
#include "bus/delivery.h"

#include "unit.h"

/* One CPU, one plugin. The state and the ring outlive the deliveries, as the pinned maps do. */
struct life {
	struct delivery_state kept;
	struct bpflock_stats stats;
	struct ring ring;
	struct delivery delivery;
	__u64 position;
};

/* The positions of records are their numbers. */
static void begin(struct life *life)
{
	life->ring.id = 7;
	life->position = life->ring.position;
	delivery_begin(&life->delivery, &life->kept, &life->stats, 1, &life->ring);
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

/* Reads the next record. Returns whether the log may have it already. */
static bool read_next(struct life *life)
{
	struct bpflock_event event = event_of(life->position + 1);

	return delivery_take(&life->delivery, &event, &life->ring, life->position++);
}

static bool read_line(struct life *life)
{
	bool again = read_next(life);

	delivery_tell(&life->delivery, 1, false);
	return again;
}

static void settle_begins(struct life *life)
{
	delivery_settle_begins(&life->delivery, &life->ring, life->position);
}

static void settle(struct life *life)
{
	settle_begins(life);
	life->ring.position = life->position;
	delivery_settle_ends(&life->delivery);
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
	read_line(&life);
	read_line(&life);
	settle(&life);
	die(&life);
	begin(&life);
	for (int i = 0; i < 3; i++)
		assert_false(read_line(&life));
	settle(&life);
	assert_int_equal(report_inherited(&life).count, 0);
	assert_int_equal(life.kept.accounted, 5);
	die(&life);
}

static void what_was_read_and_not_written_is_lost_once(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 10);
	read_line(&life);
	for (int i = 0; i < 9; i++)
		read_next(&life); /* collected for one line */
	settle(&life);
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
	for (int i = 0; i < 3; i++)
		read_next(&life);
	assert_int_equal(report_inherited(&life).count, 0);
	die(&life);
}

/* Its lines may be there or not. What is behind it was not touched. */
static void a_batch_that_was_being_written_is_read_again_and_marked(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 4);
	read_line(&life);
	read_next(&life); /* collected */
	read_line(&life);
	settle_begins(&life);
	die(&life);
	begin(&life);
	assert_true(read_line(&life));
	assert_true(read_next(&life));
	assert_true(read_line(&life));
	assert_false(read_line(&life));
	delivery_tell(&life.delivery, 1, false); /* what was collected */
	settle(&life);
	assert_int_equal(report_inherited(&life).count, 0);
	assert_int_equal(life.kept.accounted, 4);
	die(&life);
}

/* The position was moved, and the daemon died before the next store. */
static void a_batch_is_settled_by_the_position(void **state)
{
	struct life life = { 0 };
	struct delivery_loss loss;

	(void)state;
	begin(&life);
	record(&life, 3);
	read_line(&life);
	read_next(&life); /* collected */
	settle_begins(&life);
	life.ring.position = life.position;
	die(&life);
	begin(&life);
	assert_int_equal(life.kept.accounted, 1);
	assert_false(read_line(&life));
	settle(&life);
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 1);
	assert_int_equal(loss.uncertain, 0);
	die(&life);
}

/* A batch is read in smaller ones, and each of the daemons is killed. */
static void a_batch_stays_marked_over_several_kills(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 3);
	for (int i = 0; i < 3; i++)
		read_line(&life);
	settle_begins(&life);
	die(&life);
	begin(&life);
	die(&life);
	begin(&life);
	assert_true(read_line(&life));
	settle(&life);
	assert_true(read_line(&life));
	settle_begins(&life);
	die(&life);
	begin(&life);
	assert_true(read_line(&life));
	assert_true(read_line(&life));
	settle(&life);
	assert_int_equal(report_inherited(&life).count, 0);
	assert_int_equal(life.kept.accounted, 3);
	die(&life);
}

static void a_line_for_several_that_was_being_written_is_lost_and_uncertain(void **state)
{
	struct life life = { 0 };
	struct delivery_loss loss;

	(void)state;
	begin(&life);
	record(&life, 6);
	read_line(&life);
	for (int i = 0; i < 5; i++)
		read_next(&life);
	settle(&life);
	delivery_tell(&life.delivery, 5, true);
	delivery_settle_begins(&life.delivery, NULL, 0);
	die(&life);
	begin(&life);
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 5);
	assert_int_equal(loss.uncertain, 5);
	die(&life);
}

/* Only the line for records that are not in the ring any more is uncertain. */
static void a_batch_may_have_both_kinds_of_lines(void **state)
{
	struct life life = { 0 };
	struct delivery_loss loss;

	(void)state;
	begin(&life);
	record(&life, 9);
	for (int i = 0; i < 5; i++)
		read_next(&life);
	settle(&life);
	for (int i = 0; i < 4; i++)
		read_line(&life);
	delivery_tell(&life.delivery, 2, true);
	settle_begins(&life);
	die(&life);
	begin(&life);
	for (int i = 0; i < 4; i++)
		assert_true(read_line(&life));
	settle(&life);
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 5);
	assert_int_equal(loss.uncertain, 2);
	die(&life);
}

static void what_is_recorded_after_the_beginning_does_not_matter(void **state)
{
	struct life life = { 0 };

	(void)state;
	record(&life, 3);
	begin(&life);
	record(&life, 3);
	for (int i = 0; i < 6; i++)
		read_line(&life);
	settle(&life);
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
	read_next(&life);
	settle(&life);
	delivery_loss_begins(&life.delivery, 1);
	delivery_loss_ends(&life.delivery);
	die(&life);
	begin(&life);
	for (int i = 0; i < 3; i++)
		read_line(&life);
	settle(&life);
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
	for (int i = 0; i < 4; i++)
		read_next(&life);
	settle(&life);
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
	for (int i = 0; i < 5; i++)
		read_next(&life);
	settle(&life);
	delivery_tell(&life.delivery, 3, true);
	delivery_settle_begins(&life.delivery, NULL, 0);
	die(&life);
	begin(&life);
	die(&life);
	begin(&life);
	read_line(&life);
	read_next(&life);
	settle(&life);
	die(&life);
	begin(&life);
	read_line(&life);
	read_line(&life);
	settle(&life);
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 6);
	assert_int_equal(loss.uncertain, 3);
	assert_int_equal(life.kept.uncertain, 0);
	die(&life);
}

/* Its line may be there, and it will not be read again: somebody else has read it. */
static void a_record_that_was_being_written_and_is_gone_is_uncertain(void **state)
{
	struct life life = { 0 };
	struct delivery_loss loss;

	(void)state;
	begin(&life);
	record(&life, 3);
	read_line(&life);
	read_line(&life);
	settle_begins(&life);
	die(&life);
	life.ring.position++;
	begin(&life);
	assert_true(read_line(&life));
	assert_false(read_line(&life));
	settle(&life);
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 1);
	assert_int_equal(loss.uncertain, 1);
	die(&life);
}

/* Positions begin anew in another ring, whose records are others. */
static void a_batch_of_another_ring_is_uncertain_and_marks_nothing(void **state)
{
	struct life life = { 0 };
	struct delivery_loss loss;
	struct bpflock_event first = event_of(3);

	(void)state;
	begin(&life);
	record(&life, 2);
	read_line(&life);
	read_line(&life);
	settle_begins(&life);
	die(&life);
	life.ring = (struct ring){ .id = 8 };
	delivery_begin(&life.delivery, &life.kept, &life.stats, 1, &life.ring);
	assert_false(delivery_take(&life.delivery, &first, &life.ring, 0));
	loss = report_inherited(&life);
	assert_int_equal(loss.count, 2);
	assert_int_equal(loss.uncertain, 2);
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
	const struct ring ring = { .id = 7 };
	struct delivery delivery;

	(void)state;
	delivery_begin(&delivery, &kept, stats, 2, &ring);
	assert_int_equal(delivery.before[0], 3);
	assert_int_equal(delivery.before[1], 1);
	(void)delivery_take(&delivery, &second, &ring, 0);
	(void)delivery_take(&delivery, &newer, &ring, 0);
	(void)delivery_take(&delivery, &beyond, &ring, 0);
	assert_int_equal(delivery_inherited_loss(&delivery).count, 3);
	delivery_end(&delivery);
}

static void a_plugin_that_does_not_run_has_no_notes(void **state)
{
	struct delivery delivery = { 0 };

	(void)state;
	delivery_tell(&delivery, 3, false);
	delivery_settle_begins(&delivery, NULL, 0);
	delivery_settle_ends(&delivery);
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
		cmocka_unit_test(a_batch_that_was_being_written_is_read_again_and_marked),
		cmocka_unit_test(a_batch_is_settled_by_the_position),
		cmocka_unit_test(a_batch_stays_marked_over_several_kills),
		cmocka_unit_test(a_line_for_several_that_was_being_written_is_lost_and_uncertain),
		cmocka_unit_test(a_batch_may_have_both_kinds_of_lines),
		cmocka_unit_test(what_is_recorded_after_the_beginning_does_not_matter),
		cmocka_unit_test(what_is_reported_as_lost_is_not_reported_again),
		cmocka_unit_test(a_loss_that_was_being_reported_is_reported_again_and_uncertain),
		cmocka_unit_test(what_is_uncertain_stays_so_over_several_kills),
		cmocka_unit_test(a_record_that_was_being_written_and_is_gone_is_uncertain),
		cmocka_unit_test(a_batch_of_another_ring_is_uncertain_and_marks_nothing),
		cmocka_unit_test(ring_losses_that_were_being_reported_are_uncertain),
		cmocka_unit_test(each_cpu_has_numbers_of_its_own),
		cmocka_unit_test(a_plugin_that_does_not_run_has_no_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
