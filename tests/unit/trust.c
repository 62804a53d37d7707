/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "util/memory.h"

/* Below the home of the user who runs this, whose directories nobody else may write to; not in /tmp. */
struct place {
	char directory[64];
	char file[96];
};

/* Who owns the root directory; in the place of the C library's function. */
static uid_t owner_of_root;

int lstat(const char *path, struct stat *ret)
{
	int error = fstatat(AT_FDCWD, path, ret, AT_SYMLINK_NOFOLLOW);

	if (strcmp(path, "/") == 0)
		ret->st_uid = owner_of_root;
	return error;
}

static int set_up(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	strcpy(place->directory, "/run/bpflock-trust-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->file, sizeof(place->file), "%s/plugin.so", place->directory);
	close(open(place->file, O_CREAT | O_WRONLY, 0644));
	*state = place;
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static int tear_down(void **state)
{
	struct place *place = *state;

	nftw(place->directory, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

static void assert_refused(const char *path, int error, const char *because)
{
	CLEANUP(cleanup_free) char *reason = NULL;
	CLEANUP(cleanup_free) char *resolved = NULL;

	assert_int_equal(trust_file(path, &resolved, &reason), error);
	assert_non_null(strstr(reason, because));
}

static void a_file_that_only_its_owner_can_write_is_trusted(void **state)
{
	const struct place *place = *state;
	CLEANUP(cleanup_free) char *reason = NULL;
	CLEANUP(cleanup_free) char *resolved = NULL;

	assert_int_equal(trust_file(place->file, &resolved, &reason), 0);
	assert_null(reason);
	assert_string_equal(resolved, place->file);
}

static void a_group_writable_file_is_refused_by_name(void **state)
{
	const struct place *place = *state;

	chmod(place->file, 0664);
	assert_refused(place->file, -EPERM, place->file);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	const struct place *place = *state;

	chmod(place->file, 0646);
	assert_refused(place->file, -EPERM, "0646");
}

static void a_file_of_somebody_else_is_refused(void **state)
{
	const struct place *place = *state;

	if (chown(place->file, 1234, 0) < 0)
		skip();
	assert_refused(place->file, -EPERM, "1234");
}

static void a_directory_that_others_can_write_is_refused_sticky_or_not(void **state)
{
	const struct place *place = *state;

	chmod(place->directory, 01777);
	assert_refused(place->file, -EPERM, "1777");
	chmod(place->directory, 0775);
	assert_refused(place->file, -EPERM, "0775");
}

static void the_root_directory_is_looked_at_as_well(void **state)
{
	const struct place *place = *state;

	owner_of_root = 4711;
	assert_refused(place->file, -EPERM, "/ belongs to user 4711");
	owner_of_root = 0;
}

static void a_symbolic_link_is_refused_even_to_a_trusted_file(void **state)
{
	const struct place *place = *state;
	CLEANUP(cleanup_free) char *link = xasprintf("%s/link.so", place->directory);

	assert_int_equal(symlink(place->file, link), 0);
	assert_refused(link, -ELOOP, "symbolic link");
}

static void a_directory_is_no_plugin(void **state)
{
	const struct place *place = *state;

	assert_refused(place->directory, -EINVAL, "not a regular file");
}

static void a_missing_file_is_refused_with_the_system_s_words(void **state)
{
	(void)state;
	assert_refused("/run/bpflock-no-such-file.so", -ENOENT, "No such file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_only_its_owner_can_write_is_trusted),
		TEST(a_group_writable_file_is_refused_by_name),
		TEST(a_file_that_others_can_write_is_refused),
		TEST(a_file_of_somebody_else_is_refused),
		TEST(a_directory_that_others_can_write_is_refused_sticky_or_not),
		TEST(the_root_directory_is_looked_at_as_well),
		TEST(a_symbolic_link_is_refused_even_to_a_trusted_file),
		TEST(a_directory_is_no_plugin),
		TEST(a_missing_file_is_refused_with_the_system_s_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
