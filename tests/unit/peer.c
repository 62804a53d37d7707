// SPDX-License-Identifier: Apache-2.0
/* What is read of a client in a directory of /proc, played by a directory of the test. */
#include "control/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "util/memory.h"

static const char *const files[] = { "status", "uid_map", "cgroup", "comm", "loginuid" };

/**
 * struct play - a process that the test plays
 */
struct play {
	char directory[32];
	int fd;
	struct peer peer;
};

static void write_file(const struct play *play, const char *name, const char *text)
{
	int fd = openat(play->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int set_up(void **state)
{
	struct play *play = test_calloc(1, sizeof(*play));

	strcpy(play->directory, "/tmp/bpflock-peer.XXXXXX");
	assert_non_null(mkdtemp(play->directory));
	play->fd = open(play->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	write_file(play, "status", "Name:\tctl\nNSpid:\t4711\nNSpgid:\t4711\n");
	write_file(play, "uid_map", "         0          0 4294967295\n");
	write_file(play, "cgroup", "0::/system.slice/ssh.service\n");
	write_file(play, "comm", "ctl\n");
	write_file(play, "loginuid", "1000");
	assert_int_equal(symlinkat("/proc/1/net", play->fd, "net"), 0);
	*state = play;
	return 0;
}

static int tear_down(void **state)
{
	struct play *play = *state;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(play->fd, files[i], 0);
	unlinkat(play->fd, "net", 0);
	close(play->fd);
	rmdir(play->directory);
	test_free(play);
	return 0;
}

static const struct peer *read_peer(struct play *play)
{
	play->peer = (struct peer){ 0 };
	assert_int_equal(peer_read(play->fd, &play->peer), 0);
	return &play->peer;
}

static void a_process_of_the_host_is_in_the_initial_namespaces(void **state)
{
	const struct peer *peer = read_peer(*state);

	assert_true(peer->initial_user);
	assert_true(peer->initial_namespaces);
	assert_false(peer->own_cgroup);
	assert_string_equal(peer->comm, "ctl");
	assert_string_equal(peer->loginuid, "1000");
	assert_string_equal(peer->unit, "ssh.service");
}

static void one_with_a_pid_in_another_namespace_is_not(void **state)
{
	write_file(*state, "status", "Name:\tctl\nNSpid:\t4711\t7\nNSpgid:\t4711\t7\n");
	assert_false(read_peer(*state)->initial_namespaces);
	write_file(*state, "status", "Name:\tNSpid:\n");
	assert_false(read_peer(*state)->initial_namespaces);
}

static void one_whose_network_has_other_files_is_not(void **state)
{
	struct play *play = *state;

	assert_int_equal(unlinkat(play->fd, "net", 0), 0);
	assert_false(read_peer(play)->initial_namespaces);
	assert_int_equal(mkdirat(play->fd, "net", 0700), 0);
	write_file(play, "net/dev", "");
	assert_false(read_peer(play)->initial_namespaces);
	unlinkat(play->fd, "net/dev", 0);
	unlinkat(play->fd, "net", AT_REMOVEDIR);
}

static void only_a_map_of_all_users_is_that_of_the_initial_user_namespace(void **state)
{
	static const char *const others[] = {
		"         0       1000          1\n",
		"         0     100000      65536\n",
		"         0          0      65536\n",
		"         0          1 4294967294\n",
		"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		write_file(*state, "uid_map", others[i]);
		assert_false(read_peer(*state)->initial_user);
	}
}

/* Its number can be read, and is another one: here that of an ordinary file. */
static void a_user_namespace_that_can_be_seen_to_be_another_one_is_not_initial(void **state)
{
	struct play *play = *state;

	assert_int_equal(mkdirat(play->fd, "ns", 0700), 0);
	write_file(play, "ns/user", "");
	assert_false(read_peer(play)->initial_user);
	unlinkat(play->fd, "ns/user", 0);
	unlinkat(play->fd, "ns", AT_REMOVEDIR);
}

static void the_cgroup_of_this_process_is_its_own_unless_it_is_the_root(void **state)
{
	char text[4096] = "";
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	const char *path;

	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	path = strstr(text, "0::");
	if (!path)
		skip();
	write_file(*state, "cgroup", path);
	if (strcmp(path, "0::/\n") == 0)
		assert_int_equal(read_peer(*state)->own_cgroup, access("/sys/fs/cgroup/cgroup.type", F_OK) == 0);
	else
		assert_true(read_peer(*state)->own_cgroup);
	write_file(*state, "cgroup", "1:memory:/\n");
	assert_false(read_peer(*state)->own_cgroup);
}

static void the_unit_is_that_of_the_slice_and_none_of_those_below_it(void **state)
{
	static const char *const table[][2] = {
		{ "0::/user.slice/user-1000.slice/session-2.scope\n", "session-2.scope" },
		{ "0::/system.slice/a.service/b.scope/child\n", "a.service" },
		{ "0::/container/ssh.service\n", "" },
		{ "2:cpu:/x.service\n0::/system.slice/a.service\n", "a.service" },
		{ "0::/kubepods/pod1\n", "" },
		{ "0::/.service\n", "" },
		{ "0::/\n", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		write_file(*state, "cgroup", table[i][0]);
		assert_string_equal(read_peer(*state)->unit, table[i][1]);
	}
}

static void a_name_of_a_unit_that_is_too_long_is_left_out(void **state)
{
	char text[600] = "0::/a.slice/";

	memset(text + strlen(text), 'b', 256);
	strcat(text, ".service\n");
	write_file(*state, "cgroup", text);
	assert_string_equal(read_peer(*state)->unit, "");
}

static void a_loginuid_that_is_not_set_is_empty(void **state)
{
	struct play *play = *state;

	write_file(play, "loginuid", "4294967295");
	assert_string_equal(read_peer(play)->loginuid, "");
	unlinkat(play->fd, "loginuid", 0);
	assert_string_equal(read_peer(play)->loginuid, "");
}

static void without_what_decides_it_is_not_known(void **state)
{
	struct play *play = *state;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(renameat(play->fd, files[i], play->fd, "gone"), 0);
		assert_int_equal(peer_read(play->fd, &play->peer), -ESRCH);
		assert_int_equal(renameat(play->fd, "gone", play->fd, files[i]), 0);
	}
	assert_int_equal(peer_read(play->fd, &play->peer), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_process_of_the_host_is_in_the_initial_namespaces),
		TEST(one_with_a_pid_in_another_namespace_is_not),
		TEST(one_whose_network_has_other_files_is_not),
		TEST(only_a_map_of_all_users_is_that_of_the_initial_user_namespace),
		TEST(a_user_namespace_that_can_be_seen_to_be_another_one_is_not_initial),
		TEST(the_cgroup_of_this_process_is_its_own_unless_it_is_the_root),
		TEST(the_unit_is_that_of_the_slice_and_none_of_those_below_it),
		TEST(a_name_of_a_unit_that_is_too_long_is_left_out),
		TEST(a_loginuid_that_is_not_set_is_empty),
		TEST(without_what_decides_it_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
