/* SPDX-License-Identifier: Apache-2.0 */
/* All outputs together: which there are, what they lose, and reports as lines. */
#include "log_fixture.h"
#include "util/memory.h"

static void a_full_device_counts_every_line(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	for (unsigned int i = 0; i < 10; i++)
		write_number(test, i);
	assert_int_equal(take_lost(test), 10);
	assert_string_equal(test->last_lost, "file:/dev/full");
	assert_int_equal(take_lost(test), 0);
}

static void a_sink_that_fails_costs_the_others_nothing(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { "file:/dev/full", test->output };
	static struct reader reader;

	reader = (struct reader){ 0 };
	assert_int_equal(try_open(test, outputs, 2), 0);
	for (unsigned int i = 0; i < 10; i++)
		write_number(test, i);
	assert_int_equal(take_lost(test), 10);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 10);
}

static void what_cannot_be_opened_is_reported_all_at_once(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { "file:/nonexistent/log", test->output, "file:/" };

	assert_int_equal(try_open(test, outputs, 3), -ENOENT);
	assert_null(test->log);
	assert_int_equal(test->report.errors, 2);
	assert_string_equal(test->report.items[0].where, "file:/nonexistent/log");
	assert_non_null(test->report.items[0].remedy);
	assert_string_equal(test->report.items[1].where, "file:/");
}

static size_t lines_in(const char *path)
{
	static struct reader reader;

	reader = (struct reader){ 0 };
	read_file(&reader, path);
	return reader.lines;
}

static void an_output_that_is_named_twice_gets_each_line_once(void **state)
{
	struct fixture *test = *state;
	CLEANUP(cleanup_free) char *other = xasprintf("file:%s/../%s/log", test->directory, test->directory + 5);
	const char *outputs[] = { test->output, test->output, other };

	assert_int_equal(try_open(test, outputs, ARRAY_SIZE(outputs)), 0);
	write_number(test, 1);
	assert_int_equal(lines_in(test->path), 1);
}

static void different_files_get_each_line(void **state)
{
	struct fixture *test = *state;
	CLEANUP(cleanup_free) char *other = xasprintf("%s.1", test->output);
	const char *outputs[] = { test->output, other };

	assert_int_equal(try_open(test, outputs, ARRAY_SIZE(outputs)), 0);
	write_number(test, 1);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(lines_in(rotated(test, 1)), 1);
}

/* What the dropped output had is free for the next one. */
static void outputs_behind_a_repeated_one_are_used(void **state)
{
	struct fixture *test = *state;
	CLEANUP(cleanup_free) char *other = xasprintf("%s.1", test->output);
	const char *outputs[] = { test->output, test->output, other, "file:/dev/full" };

	assert_int_equal(try_open(test, outputs, ARRAY_SIZE(outputs)), 0);
	write_number(test, 1);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(lines_in(rotated(test, 1)), 1);
	assert_int_equal(take_lost(test), 1);
}

static void a_reload_may_name_an_output_twice(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { test->output, test->output };
	struct log *old;

	open_log(test, test->output);
	old = test->log;
	assert_int_equal(try_open(test, outputs, ARRAY_SIZE(outputs)), 0);
	log_replace(test->log, old, count_lost, test);
	write_number(test, 1);
	assert_int_equal(lines_in(test->path), 1);
}

static void count_record(void *context, const struct log_record *record)
{
	__u64 *events = context;

	*events += record->events;
}

static void a_watcher_sees_what_is_written_also_after_a_reload(void **state)
{
	struct fixture *test = *state;
	__u64 events = 0;
	const struct log_watcher watcher = { count_record, &events };

	open_log(test, test->output);
	log_watch(test->log, &watcher);
	write_at(test, 1, 3);
	replace_by(test, test->output);
	write_at(test, 2, 4);
	assert_int_equal(events, 7);
	log_watch(test->log, NULL);
	write_at(test, 3, 5);
	assert_int_equal(events, 7);
}

static void outputs_are_checked_without_opening_any(void **state)
{
	struct fixture *test = *state;
	const char *outputs[] = { "stderr",   "stdout",	 "syslog", "journal", test->output,
				  "file:log", "stderrr", "file:",  "" };

	assert_int_equal(log_check_outputs(outputs, 5, "x.conf:3", &test->report), 0);
	assert_int_equal(test->report.count, 0);
	assert_int_equal(access(test->path, F_OK), -1);
	assert_int_equal(log_check_outputs(outputs, 9, "x.conf:3", &test->report), -EINVAL);
	assert_int_equal(test->report.errors, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(test->report.items[i].event, "config_error");
		assert_string_equal(test->report.items[i].where, "x.conf:3");
		assert_non_null(strstr(test->report.items[i].message, outputs[5 + i]));
		assert_non_null(strstr(test->report.items[i].remedy, "file:/path"));
	}
	assert_string_equal(test->report.items[1].remedy, "valid: stderr, stdout, file:/path, syslog, journal");
	assert_int_equal(log_check_outputs(NULL, 0, "x.conf:3", &test->report), -EINVAL);
	assert_int_equal(test->report.errors, 5);
}

static void json_is_written_where_it_is_chosen(void **state)
{
	struct fixture *test = *state;
	const char *output = test->output;
	const struct log_options options = {
		.format = LOG_FORMAT_JSON,
		.outputs = &output,
		.output_count = 1,
	};

	assert_int_equal(log_open(&options, &test->log, &test->report), 0);
	write_number(test, 5);
	assert_file_ends_in(test->path, "\"level\":\"info\",\"n\":5}\n");
}

static void a_record_too_long_for_a_line_is_counted(void **state)
{
	struct fixture *test = *state;
	static char text[LOG_LINE_MAX + 1];
	struct log_record record = { .subsys = "bpf", .event = "test" };

	open_log(test, test->output);
	memset(text, 'x', LOG_LINE_MAX);
	log_str(&record, "text", text);
	log_write(test->log, &record);
	assert_int_equal(take_lost(test), 1);
}

static void losses_are_taken_over_by_the_next_log(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	replace_by(test, "file:/dev/full");
	assert_int_equal(test->lost, 0);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 2);
}

static void losses_of_an_output_that_is_left_out_are_told(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	replace_by(test, test->output);
	assert_int_equal(test->lost, 1);
	assert_string_equal(test->last_lost, "file:/dev/full");
	assert_int_equal(take_lost(test), 0);
}

static void write_again(void *context, const char *sink, const struct log_loss *loss)
{
	struct fixture *test = context;

	(void)sink;
	test->lost += loss->messages;
	write_number(test, 0);
}

/* The daemon logs event=events_lost for each, and a dead sink loses that too: no new reason to speak. */
static void losses_may_be_logged_while_they_are_visited(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	log_take_lost(test->log, write_again, test);
	assert_int_equal(test->lost, 1);
	assert_int_equal(take_lost(test), 0);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 2);
}

/* Nor is a reload a new reason. */
static void losses_of_reports_alone_are_not_told_after_a_reload(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_number(test, 1);
	log_take_lost(test->log, write_again, test);
	replace_by(test, "file:/dev/full");
	assert_int_equal(take_lost(test), 0);
}

/* What a log keeps for the case of a kill, while it visits its losses. */
static struct log_kept kept, kept_meanwhile;

static void look_at_kept(void *context, const char *sink, const struct log_loss *loss)
{
	(void)context;
	(void)sink;
	(void)loss;
	kept_meanwhile = kept;
}

static void assert_kept(const struct log_kept *now, __u64 lost, __u64 uncertain)
{
	assert_int_equal(now->lost, lost);
	assert_int_equal(now->uncertain, uncertain);
}

static void start_keeping(struct fixture *test, __u64 lost, __u64 uncertain)
{
	kept = (struct log_kept){ lost, uncertain };
	log_keep(test->log, &kept);
}

static void what_outputs_lost_is_kept_until_it_is_reported(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	start_keeping(test, 0, 0);
	write_at(test, 20, 3);
	assert_kept(&kept, 3, 3);
	log_settle(test->log);
	assert_kept(&kept, 3, 0);
	write_at(test, 20, 0);
	assert_kept(&kept, 3, 0);
	write_at(test, 20, 2);
	assert_kept(&kept, 5, 2);
	log_settle(test->log);
	log_take_lost(test->log, look_at_kept, test);
	assert_kept(&kept_meanwhile, 5, 5);
	assert_kept(&kept, 0, 0);
}

static void what_a_predecessor_kept_is_kept_until_it_is_reported(void **state)
{
	struct fixture *test = *state;
	struct log_kept inherited;

	open_log(test, "file:/dev/full");
	start_keeping(test, 5, 2);
	write_at(test, 20, 1);
	log_settle(test->log);
	assert_kept(&kept, 6, 2);
	inherited = log_inherited_begins(test->log);
	assert_kept(&inherited, 5, 2);
	assert_kept(&kept, 6, 5);
	log_inherited_ends(test->log);
	assert_kept(&kept, 1, 0);
}

static void no_more_is_uncertain_than_is_lost(void **state)
{
	struct fixture *test = *state;
	struct log_kept inherited;

	open_log(test, test->output);
	start_keeping(test, 2, 9);
	inherited = log_inherited_begins(test->log);
	assert_kept(&inherited, 2, 2);
}

static void the_next_log_keeps_what_the_old_one_kept(void **state)
{
	struct fixture *test = *state;
	struct log *old;

	open_log(test, "file:/dev/full");
	start_keeping(test, 4, 0);
	write_at(test, 20, 3);
	log_settle(test->log);
	old = test->log;
	open_log(test, test->output);
	log_replace(test->log, old, look_at_kept, test);
	assert_kept(&kept_meanwhile, 7, 3);
	assert_kept(&kept, 4, 0);
	log_keep(test->log, NULL);
	log_inherited_ends(test->log);
	assert_kept(&kept, 4, 0);
}

static void events_and_messages_are_counted_apart_with_the_times_of_the_first_and_the_last(void **state)
{
	struct fixture *test = *state;

	open_log(test, "file:/dev/full");
	write_at(test, 20, 1);
	write_at(test, 10, 99);
	write_at(test, 30, 0);
	write_at(test, 25, 0);
	take_lost(test);
	assert_int_equal(test->loss.events, 100);
	assert_int_equal(test->loss.messages, 2);
	assert_int_equal(test->loss.since.tv_sec, 10);
	assert_int_equal(test->loss.until.tv_sec, 30);
	write_at(test, 40, 1);
	take_lost(test);
	assert_int_equal(test->loss.events, 1);
	assert_int_equal(test->loss.messages, 0);
	assert_int_equal(test->loss.since.tv_sec, 40);
}

static void assert_item_becomes(struct fixture *test, enum report_level level, const char *expected)
{
	struct report report = { 0 };
	struct report_item *item = report_add(&report, level, "plugin_refused", "/lib/x\n.so", "100%% %s", "\"no\"");

	report_plugin(item, "x");
	report_remedy(item, "remove it");
	log_report(test->log, &report);
	report_clear(&report);
	assert_file_ends_in(test->path, expected);
}

static void a_reports_item_is_a_line_that_names_plugin_source_and_remedy(void **state)
{
	struct fixture *test = *state;

	open_log(test, test->output);
	assert_item_becomes(test, REPORT_ERROR,
			    " level=error msg=\"event=plugin_refused "
			    "source=\\\"/lib/x\\\\n.so\\\" error=\\\"100% \\\\x22no\\\\x22\\\" "
			    "remedy=\\\"remove it\\\"\" bpfprog=x subsys=bpflock\n");
	assert_item_becomes(test, REPORT_WARNING,
			    " level=warning msg=\"event=plugin_refused "
			    "source=\\\"/lib/x\\\\n.so\\\" warning=\\\"100% \\\\x22no\\\\x22\\\" "
			    "remedy=\\\"remove it\\\"\" bpfprog=x subsys=bpflock\n");
	assert_item_becomes(test, REPORT_NOTICE,
			    " level=info msg=\"event=plugin_refused "
			    "source=\\\"/lib/x\\\\n.so\\\" notice=\\\"100% \\\\x22no\\\\x22\\\" "
			    "remedy=\\\"remove it\\\"\" bpfprog=x subsys=bpflock\n");
}

static void a_report_without_source_plugin_or_remedy_is_a_line_too(void **state)
{
	struct fixture *test = *state;
	struct report report = { 0 };

	report_add(&report, REPORT_ERROR, "kernel_requirement", NULL, "none");
	open_log(test, test->output);
	log_report(test->log, &report);
	report_clear(&report);
	assert_file_ends_in(test->path, " level=error msg=\"event=kernel_requirement error=none\" "
					"subsys=bpflock\n");
}

static void a_report_that_is_too_long_is_cut_and_not_lost(void **state)
{
	struct fixture *test = *state;
	struct report report = { 0 };
	static char text[2 * LOG_LINE_MAX];

	memset(text, '\\', sizeof(text) - 1);
	report_remedy(report_add(&report, REPORT_ERROR, "plugin_failed", text, "%s", text), "%s", text);
	open_log(test, test->output);
	log_report(test->log, &report);
	report_clear(&report);
	assert_int_equal(take_lost(test), 0);
	assert_file_ends_in(test->path, "\\\" truncated=error\" subsys=bpflock\n");
}

static void a_file_that_cannot_be_made_or_written_is_found_without_making_one(void **state)
{
	struct fixture *test = *state;
	CLEANUP(cleanup_free) char *fine = xasprintf("file:%s.new", test->path);
	const char *good[] = { "stderr", fine, "syslog" };
	const char *bad[] = { "file:/missing/log", "file:/dev/null/log", fine };

	assert_int_equal(log_check_files(good, ARRAY_SIZE(good), "x.conf:3", &test->report), 0);
	assert_int_equal(test->report.count, 0);
	assert_int_equal(access(fine + strlen("file:"), F_OK), -1);
	assert_int_equal(log_check_files(bad, ARRAY_SIZE(bad), "x.conf:3", &test->report), -EINVAL);
	assert_int_equal(test->report.errors, 2);
	assert_string_equal(test->report.items[0].where, "x.conf:3");
	assert_string_equal(test->report.items[0].message,
			    "the log cannot be written to /missing/log: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_full_device_counts_every_line),
		TEST(a_sink_that_fails_costs_the_others_nothing),
		TEST(what_cannot_be_opened_is_reported_all_at_once),
		TEST(a_file_that_cannot_be_made_or_written_is_found_without_making_one),
		TEST(an_output_that_is_named_twice_gets_each_line_once),
		TEST(different_files_get_each_line),
		TEST(outputs_behind_a_repeated_one_are_used),
		TEST(a_reload_may_name_an_output_twice),
		TEST(a_watcher_sees_what_is_written_also_after_a_reload),
		TEST(outputs_are_checked_without_opening_any),
		TEST(json_is_written_where_it_is_chosen),
		TEST(a_record_too_long_for_a_line_is_counted),
		TEST(losses_are_taken_over_by_the_next_log),
		TEST(losses_of_an_output_that_is_left_out_are_told),
		TEST(losses_may_be_logged_while_they_are_visited),
		TEST(losses_of_reports_alone_are_not_told_after_a_reload),
		TEST(what_outputs_lost_is_kept_until_it_is_reported),
		TEST(what_a_predecessor_kept_is_kept_until_it_is_reported),
		TEST(no_more_is_uncertain_than_is_lost),
		TEST(the_next_log_keeps_what_the_old_one_kept),
		TEST(events_and_messages_are_counted_apart_with_the_times_of_the_first_and_the_last),
		TEST(a_reports_item_is_a_line_that_names_plugin_source_and_remedy),
		TEST(a_report_without_source_plugin_or_remedy_is_a_line_too),
		TEST(a_report_that_is_too_long_is_cut_and_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
