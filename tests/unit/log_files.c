/* SPDX-License-Identifier: Apache-2.0 */
/* The output file:/path: full disks, files that are moved away, and rotation. */
#include <sys/resource.h>

#include "log_fixture.h"

/* Makes every file look like a block device; in the place of the C library's function. */
static bool is_block_device;

int fstat(int fd, struct stat *ret)
{
	int error = fstatat(fd, "", ret, AT_EMPTY_PATH);

	if (is_block_device)
		ret->st_mode = (ret->st_mode & ~(mode_t)S_IFMT) | S_IFBLK;
	return error;
}

static void limit_file_size(rlim_t size)
{
	struct rlimit limit;

	assert_return_code(getrlimit(RLIMIT_FSIZE, &limit), errno);
	limit.rlim_cur = size;
	assert_return_code(setrlimit(RLIMIT_FSIZE, &limit), errno);
}

/* A size limit cuts a line like a full disk does: a short write, then an error. */
static void fill_up(struct fixture *test)
{
	struct stat status;

	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(stat(test->path, &status), errno);
	limit_file_size((rlim_t)status.st_size + 10);
	write_number(test, 2);
	write_number(test, 3);
	write_number(test, 4);
	assert_int_equal(take_lost(test), 2);
}

static void a_full_disk_that_is_freed_gets_whole_lines(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;

	reader = (struct reader){ 0 };
	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 3);
	assert_int_equal(reader.last, 5);
	assert_int_equal(reader.length, 0);
}

/* The rest of the line may never be written. */
static void a_line_of_which_the_rest_waits_is_kept_as_lost_and_uncertain(void **state)
{
	struct fixture *test = *state;
	struct log_kept kept = { 0 };

	open_log(test, test->output);
	log_keep(test->log, &kept);
	limit_file_size(10);
	write_at(test, 20, 1);
	log_settle(test->log);
	assert_int_equal(kept.lost, 1);
	assert_int_equal(kept.uncertain, 1);
	limit_file_size(RLIM_INFINITY);
	write_at(test, 20, 1);
	assert_int_equal(kept.lost, 0);
	assert_int_equal(kept.uncertain, 0);
}

static void a_file_truncated_to_free_the_disk_starts_with_a_whole_line(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;

	reader = (struct reader){ 0 };
	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	assert_return_code(truncate(test->path, 0), errno);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 1);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 1);
	assert_int_equal(reader.last, 5);
}

/* As after the kill of a daemon on a full disk. */
static void half_a_line_of_before_is_not_continued(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	test->log = log_close(test->log);
	limit_file_size(RLIM_INFINITY);
	open_log(test, test->output);
	write_number(test, 5);
	assert_file_ends_in(test->path, "\ntime=\"1970\n" LINE_5);
}

static void a_whole_line_of_before_is_followed_at_once(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;

	reader = (struct reader){ 0 };
	open_log(test, test->output);
	write_number(test, 1);
	test->log = log_close(test->log);
	open_log(test, test->output);
	write_number(test, 2);
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 2);
}

static void assert_mode_is_0600(const char *path)
{
	struct stat status;

	assert_return_code(stat(path, &status), errno);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static unsigned int lines_in(const char *path)
{
	static struct reader reader;

	reader = (struct reader){ 0 };
	read_file(&reader, path);
	assert_int_equal(reader.length, 0);
	return reader.lines;
}

static void a_deleted_file_comes_back_with_the_next_line(void **state)
{
	struct fixture *test = *state;

	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(unlink(test->path), errno);
	write_number(test, 2);
	assert_int_equal(take_lost(test), 0);
	assert_file_ends_in(test->path, "was deleted or moved away; a new one is open\\\"\" "
					"subsys=bpflock\n");
	write_number(test, 5);
	assert_file_ends_in(test->path, LINE_5);
	assert_mode_is_0600(test->path);
}

static void a_file_that_was_moved_away_gets_no_more_lines(void **state)
{
	struct fixture *test = *state;

	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	write_number(test, 2);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	assert_int_equal(lines_in(rotated(test, 1)), 1);
	assert_file_ends_in(test->path, LINE_5);
}

static void another_file_at_the_path_is_continued(void **state)
{
	struct fixture *test = *state;
	int fd;

	open_log(test, test->output);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	fd = open(test->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	assert_int_equal(write(fd, "half", 4), 4);
	close(fd);
	write_number(test, 4);
	assert_int_equal(lines_in(rotated(test, 1)), 0);
	write_number(test, 5);
	assert_file_ends_in(test->path, LINE_5);
}

/* Its lines would go nowhere: they are counted, and the file is back when its directory is. */
static void a_file_deleted_with_its_directory_loses_lines_and_comes_back(void **state)
{
	struct fixture *test = *state;
	char away[48];

	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(unlink(test->path), errno);
	snprintf(away, sizeof(away), "%s.away", test->directory);
	assert_return_code(rename(test->directory, away), errno);
	write_number(test, 2); /* the line about the failure is lost as well */
	write_number(test, 3);
	assert_int_equal(take_lost(test), 3);
	assert_return_code(rename(away, test->directory), errno);
	for (int tries = 0; access(test->path, F_OK) < 0 && tries < 100; tries++) {
		usleep(50000);
		write_number(test, 4);
	}
	write_number(test, 5);
	assert_file_ends_in(test->path, LINE_5);
}

static void half_a_line_is_finished_in_a_file_that_was_moved_away(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	replace_by(test, test->output);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	assert_int_equal(lines_in(rotated(test, 1)), 2);
	assert_int_equal(lines_in(test->path), 1);
}

static void half_a_line_goes_on_after_a_replacement(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	replace_by(test, test->output);
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	assert_int_equal(lines_in(test->path), 3);
}

static void half_a_line_is_finished_after_a_reload_that_was_refused(void **state)
{
	struct fixture *test = *state;
	struct log *log;

	fill_up(test);
	log = test->log;
	open_log(test, test->output);
	log_close(test->log);
	test->log = log;
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 0);
	assert_int_equal(lines_in(test->path), 3);
}

static void half_a_line_that_is_left_behind_is_counted(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	replace_by(test, test->output);
	limit_file_size(RLIM_INFINITY);
	write_number(test, 5);
	assert_int_equal(take_lost(test), 1);
	assert_int_equal(lines_in(test->path), 1);
}

/* n=1000 and on: all of one length. */
#define NUMBERED_LINE 75
#define FIRST_NUMBER 1000

static void write_numbers(struct fixture *test, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		write_number(test, FIRST_NUMBER + i);
}

static void a_file_is_rotated_before_it_grows_beyond_its_size(void **state)
{
	struct fixture *test = *state;

	test->max_size = 3 * NUMBERED_LINE;
	test->keep = 5;
	open_log(test, test->output);
	write_numbers(test, 10);
	assert_int_equal(lines_in(test->path), 1);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(lines_in(rotated(test, i)), 3);
		assert_mode_is_0600(rotated(test, i));
	}
	assert_int_equal(access(rotated(test, 4), F_OK), -1);
	assert_int_equal(access(rotated(test, 0), F_OK), -1);
	assert_mode_is_0600(test->path);
	assert_int_equal(take_lost(test), 0);
}

static void the_lines_of_rotated_files_are_in_order(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;

	reader = (struct reader){ 0 };
	test->max_size = 3 * NUMBERED_LINE;
	test->keep = 5;
	open_log(test, test->output);
	write_numbers(test, 10);
	for (unsigned int i = 3; i > 0; i--)
		read_file(&reader, rotated(test, i));
	read_file(&reader, test->path);
	assert_int_equal(reader.lines, 10);
	assert_int_equal(reader.last, FIRST_NUMBER + 9);
}

static void no_more_files_are_kept_than_was_said(void **state)
{
	struct fixture *test = *state;

	test->max_size = NUMBERED_LINE;
	test->keep = 2;
	open_log(test, test->output);
	write_numbers(test, 9);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(lines_in(rotated(test, 1)), 1);
	assert_int_equal(lines_in(rotated(test, 2)), 1);
	assert_int_equal(access(rotated(test, 3), F_OK), -1);
}

static void what_a_daemon_killed_while_it_rotated_has_left_is_kept(void **state)
{
	struct fixture *test = *state;

	test->max_size = 2 * NUMBERED_LINE;
	test->keep = 2;
	open_log(test, test->output);
	write_numbers(test, 2);
	assert_return_code(rename(test->path, rotated(test, 0)), errno);
	test->log = log_close(test->log);
	open_log(test, test->output);
	write_numbers(test, 3);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(lines_in(rotated(test, 1)), 2);
	assert_int_equal(lines_in(rotated(test, 2)), 2);
}

static void where_none_is_kept_the_old_file_goes(void **state)
{
	struct fixture *test = *state;

	test->max_size = 2 * NUMBERED_LINE;
	open_log(test, test->output);
	write_numbers(test, 5);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(access(rotated(test, 1), F_OK), -1);
}

static void a_line_that_is_longer_than_the_size_is_written_whole(void **state)
{
	struct fixture *test = *state;

	test->max_size = 10;
	test->keep = 1;
	open_log(test, test->output);
	write_numbers(test, 2);
	assert_int_equal(lines_in(test->path), 1);
	assert_int_equal(lines_in(rotated(test, 1)), 1);
}

/* A directory in the way of the last file: nobody may rename over it, not even root. */
static void a_rotation_that_fails_goes_on_in_the_old_file_and_is_told_once(void **state)
{
	struct fixture *test = *state;
	static char text[1 << 16];
	size_t told = 0;
	int fd;

	test->max_size = 2 * NUMBERED_LINE;
	test->keep = 1;
	assert_return_code(mkdir(rotated(test, 1), 0700), errno);
	open_log(test, test->output);
	write_numbers(test, 20);
	assert_int_equal(take_lost(test), 0);
	fd = open(test->path, O_RDONLY | O_CLOEXEC);
	assert_return_code(read(fd, text, sizeof(text) - 1), errno);
	close(fd);
	for (const char *at = text; (at = strstr(at, "cannot be rotated: ")); at++)
		told++;
	assert_int_equal(told, 1);
	assert_non_null(strstr(text, "n=1019"));
	assert_int_equal(access(rotated(test, 0), F_OK), -1);
	assert_return_code(rmdir(rotated(test, 1)), errno);
}

/* The rest of a line that a full disk has cut counts as if it were in the file already. */
static void half_a_line_belongs_to_the_size_of_its_file(void **state)
{
	struct fixture *test = *state;
	static struct reader reader;
	struct stat status;
	off_t length;

	reader = (struct reader){ 0 };
	open_log(test, test->output);
	write_number(test, 1);
	assert_return_code(stat(test->path, &status), errno);
	length = status.st_size;
	test->log = log_close(test->log);
	assert_return_code(unlink(test->path), errno);

	test->max_size = (__u64)length * 2 + 20;
	test->keep = 1;
	open_log(test, test->output);
	write_number(test, 1);
	limit_file_size((rlim_t)length + 10);
	write_number(test, 2);
	limit_file_size(RLIM_INFINITY);
	write_number(test, 3);
	assert_int_equal(take_lost(test), 0);
	read_file(&reader, rotated(test, 1));
	assert_int_equal(reader.last, 2);
	read_file(&reader, test->path);
	assert_int_equal(reader.last, 3);
	assert_int_equal(reader.lines, 3);
}

static void a_block_device_is_refused(void **state)
{
	struct fixture *test = *state;
	const char *output = test->output;

	is_block_device = true;
	assert_int_equal(try_open(test, &output, 1), -ENOTSUP);
	is_block_device = false;
	assert_int_equal(test->report.errors, 1);
}

static void what_is_not_a_file_is_not_rotated(void **state)
{
	struct fixture *test = *state;

	test->max_size = 1;
	open_log(test, "file:/dev/null");
	write_numbers(test, 3);
	assert_int_equal(take_lost(test), 0);
	assert_return_code(access("/dev/null", F_OK), errno);
}

static void a_reopen_that_fails_keeps_the_old_file_and_is_told_once(void **state)
{
	struct fixture *test = *state;

	open_log(test, test->output);
	assert_return_code(rename(test->path, rotated(test, 1)), errno);
	assert_return_code(symlink("/dev/null", test->path), errno);
	write_number(test, 2);
	assert_file_ends_in(rotated(test, 1), "remedy=\\\"name the file itself, not a symbolic link "
					      "to it\\\"\" subsys=bpflock\n");
	write_number(test, 5);
	assert_file_ends_in(rotated(test, 1), LINE_5);
	assert_int_equal(take_lost(test), 0);
}

static void half_a_line_that_is_given_up_counts_all_its_events(void **state)
{
	struct fixture *test = *state;

	fill_up(test);
	limit_file_size(RLIM_INFINITY);
	test->log = log_close(test->log);
	unlink(test->path);
	open_log(test, test->output);
	limit_file_size(10);
	write_at(test, 50, 7);
	take_lost(test);
	assert_int_equal(test->lost, 0);
	log_finish(test->log);
	take_lost(test);
	assert_int_equal(test->loss.events, 7);
	assert_int_equal(test->loss.messages, 0);
	assert_int_equal(test->loss.since.tv_sec, 50);
	limit_file_size(RLIM_INFINITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_full_disk_that_is_freed_gets_whole_lines),
		TEST(a_line_of_which_the_rest_waits_is_kept_as_lost_and_uncertain),
		TEST(a_file_truncated_to_free_the_disk_starts_with_a_whole_line),
		TEST(half_a_line_of_before_is_not_continued),
		TEST(a_whole_line_of_before_is_followed_at_once),
		TEST(a_deleted_file_comes_back_with_the_next_line),
		TEST(a_file_that_was_moved_away_gets_no_more_lines),
		TEST(another_file_at_the_path_is_continued),
		TEST(a_file_deleted_with_its_directory_loses_lines_and_comes_back),
		TEST(half_a_line_is_finished_in_a_file_that_was_moved_away),
		TEST(half_a_line_goes_on_after_a_replacement),
		TEST(half_a_line_is_finished_after_a_reload_that_was_refused),
		TEST(half_a_line_that_is_left_behind_is_counted),
		TEST(a_file_is_rotated_before_it_grows_beyond_its_size),
		TEST(the_lines_of_rotated_files_are_in_order),
		TEST(no_more_files_are_kept_than_was_said),
		TEST(what_a_daemon_killed_while_it_rotated_has_left_is_kept),
		TEST(where_none_is_kept_the_old_file_goes),
		TEST(a_line_that_is_longer_than_the_size_is_written_whole),
		TEST(a_rotation_that_fails_goes_on_in_the_old_file_and_is_told_once),
		TEST(half_a_line_belongs_to_the_size_of_its_file),
		TEST(a_block_device_is_refused),
		TEST(what_is_not_a_file_is_not_rotated),
		TEST(a_reopen_that_fails_keeps_the_old_file_and_is_told_once),
		TEST(half_a_line_that_is_given_up_counts_all_its_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
