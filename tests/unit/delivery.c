// SPDX-License-Identifier: Apache-2.0
/* What a daemon that is killed leaves in its notes, and what the next one makes of it. */
#include "bus/delivery.h"

#include "unit.h"

/* One CPU, one plugin: the notes outlive the ledgers, as the pinned map does. */
struct life {
	struct ledger_notes notes;
	struct bpflock_account account;
	struct ledger ledger;
};

static void begin(struct life *life)
{
	ledger_begin(&life->ledger, &life->notes, &life->account, 1);
}

/* The kernel records so many more. */
static void record(struct life *life, __u64 count)
{
	life->account.records += count;
}

static struct bpflock_event event_of(__u64 sequence)
{
	return (struct bpflock_event){ .sequence = sequence };
}

static bool read_record(struct life *life, __u64 sequence)
{
	struct bpflock_event event = event_of(sequence);

	return ledger_take(&life->ledger, &event);
}

static void write_record(struct life *life, __u64 sequence)
{
	struct bpflock_event event = event_of(sequence);

	(void)ledger_take(&life->ledger, &event);
	ledger_write_begins(&life->ledger, &event, 1);
	ledger_write_ends(&life->ledger);
}

static struct ledger_loss settle(struct life *life)
{
	return ledger_settle(&life->ledger);
}

static void die(struct life *life)
{
	ledger_end(&life->ledger);
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
	assert_int_equal(settle(&life).count, 0);
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
	assert_int_equal(settle(&life).count, 9);
	die(&life);
	begin(&life);
	assert_int_equal(settle(&life).count, 0);
	die(&life);
}

static void what_the_ring_had_no_room_for_is_not_lost_twice(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 10);
	life.account.lost = 7;
	die(&life);
	begin(&life);
	for (__u64 sequence = 1; sequence <= 3; sequence++)
		(void)read_record(&life, sequence);
	assert_int_equal(settle(&life).count, 0);
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
		(void)ledger_take(&life.ledger, &event);
		ledger_write_begins(&life.ledger, &event, 1);
		if (written)
			ledger_write_ends(&life.ledger);
		die(&life);

		begin(&life);
		assert_true(read_record(&life, 1));
		ledger_write_begins(&life.ledger, &event, 1);
		ledger_write_ends(&life.ledger);
		write_record(&life, 2);
		assert_int_equal(settle(&life).count, 0);
		die(&life);
		begin(&life);
		assert_int_equal(settle(&life).count, 0);
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
	ledger_write_begins(&life.ledger, NULL, 5);
	die(&life);
	begin(&life);
	{
		struct ledger_loss loss = settle(&life);

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
	assert_int_equal(settle(&life).count, 0);
	die(&life);
	begin(&life);
	assert_int_equal(settle(&life).count, 0);
	die(&life);
}

static void what_the_log_was_told_is_gone_is_not_told_again(void **state)
{
	struct life life = { 0 };

	(void)state;
	begin(&life);
	record(&life, 4);
	(void)read_record(&life, 1);
	ledger_gone(&life.ledger, 1);
	die(&life);
	begin(&life);
	for (__u64 sequence = 2; sequence <= 4; sequence++)
		write_record(&life, sequence);
	assert_int_equal(settle(&life).count, 0);
	die(&life);
}

/* The same number on another CPU is another record. */
static void each_cpu_has_numbers_of_its_own(void **state)
{
	struct ledger_notes notes = { 0 };
	struct bpflock_account accounts[2] = { { .records = 3 }, { .records = 1 } };
	struct bpflock_event second = { .sequence = 1, .cpu = 1 };
	struct bpflock_event newer = { .sequence = 2, .cpu = 1 };
	struct bpflock_event beyond = { .sequence = 0, .cpu = 2 };
	struct ledger ledger;

	(void)state;
	ledger_begin(&ledger, &notes, accounts, 2);
	assert_int_equal(ledger.before[0], 3);
	assert_int_equal(ledger.before[1], 1);
	(void)ledger_take(&ledger, &second);
	(void)ledger_take(&ledger, &newer);
	(void)ledger_take(&ledger, &beyond);
	assert_int_equal(ledger_settle(&ledger).count, 3);
	ledger_end(&ledger);
}

static void a_record_that_was_being_written_is_told_by_its_cpu(void **state)
{
	struct ledger_notes notes = { 0 };
	struct bpflock_account accounts[2] = { { 0 }, { 0 } };
	struct bpflock_event written = { .sequence = 1, .cpu = 1 };
	struct bpflock_event other = { .sequence = 1, .cpu = 0 };
	struct ledger ledger;

	(void)state;
	ledger_begin(&ledger, &notes, accounts, 2);
	ledger_write_begins(&ledger, &written, 1);
	ledger_end(&ledger);
	accounts[0].records = accounts[1].records = 1;
	ledger_begin(&ledger, &notes, accounts, 2);
	assert_false(ledger_take(&ledger, &other));
	assert_true(ledger_take(&ledger, &written));
	ledger_end(&ledger);
}

/* Once all that was there has been read, a record of that number is another one. */
static void nothing_is_again_after_the_settlement(void **state)
{
	struct life life = { 0 };
	struct bpflock_event event = event_of(1);

	(void)state;
	begin(&life);
	record(&life, 1);
	ledger_write_begins(&life.ledger, &event, 1);
	die(&life);
	begin(&life);
	assert_int_equal(settle(&life).count, 1);
	assert_false(read_record(&life, 1));
	assert_int_equal(settle(&life).uncertain, 0);
	die(&life);
}

static void a_plugin_that_does_not_run_has_no_notes(void **state)
{
	struct ledger ledger = { 0 };

	(void)state;
	ledger_write_begins(&ledger, NULL, 3);
	ledger_write_ends(&ledger);
	ledger_gone(&ledger, 3);
	assert_int_equal(ledger_settle(&ledger).count, 0);
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
		cmocka_unit_test(nothing_is_again_after_the_settlement),
		cmocka_unit_test(a_plugin_that_does_not_run_has_no_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
