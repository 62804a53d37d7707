// SPDX-License-Identifier: Apache-2.0
/*
 * Which namespaces are initial, and when that of the network is entered: real pid namespaces, and machines that
 * the test plays in the place of the C library.
 */
#include "kernel/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define INITIAL_PID 0xEFFFFFFCU
#define OTHER_PID 0xF0000123U
#define INITIAL_NET 0xF0000000U
#define OTHER_NET 0xF0000456U

/* The inodes of the namespaces; 0 where they cannot be looked at. */
static struct {
	ino_t own_pid;
	ino_t own_net;
	ino_t net_of_init;
} machine;
static bool is_played;
static int setns_error;
static int entered;

static ino_t inode_at(const char *path)
{
	if (strcmp(path, "/proc/self/ns/pid") == 0)
		return machine.own_pid;
	return strcmp(path, "/proc/1/ns/net") == 0 ? machine.net_of_init : machine.own_net;
}

int stat(const char *restrict path, struct stat *restrict ret)
{
	if (!is_played)
		return fstatat(AT_FDCWD, path, ret, 0);
	*ret = (struct stat){ .st_ino = inode_at(path) };
	errno = EACCES;
	return ret->st_ino ? 0 : -1;
}

int pidfd_open(pid_t pid, unsigned int flags)
{
	assert_int_equal(pid, 1);
	assert_int_equal(flags, 0);
	return dup(STDIN_FILENO);
}

int setns(int fd, int type)
{
	assert_true(fd >= 0);
	assert_int_equal(type, CLONE_NEWNET);
	entered++;
	errno = setns_error;
	return setns_error ? -1 : 0;
}

/* A daemon in a container with the host's pid namespace and a network namespace of its own. */
static int set_up(void **state)
{
	(void)state;
	machine.own_pid = INITIAL_PID;
	machine.own_net = OTHER_NET;
	machine.net_of_init = INITIAL_NET;
	is_played = true;
	setns_error = 0;
	entered = 0;
	return 0;
}

/* It enters that many times, and warns with this text; or says nothing. */
static void assert_enters(int times, const char *warning)
{
	struct report report = { 0 };

	namespaces_enter_initial_network(&report);
	assert_int_equal(entered, times);
	assert_int_equal(report.count, warning ? 1 : 0);
	if (warning) {
		assert_int_equal(report.items[0].level, REPORT_WARNING);
		assert_non_null(strstr(report.items[0].message, warning));
		assert_non_null(strstr(report.items[0].remedy, "--network=host"));
	}
	report_clear(&report);
}

static void a_network_namespace_of_its_own_is_left_for_that_of_process_1(void **state)
{
	(void)state;
	assert_enters(1, NULL);
}

static void where_it_is_that_of_process_1_already_nothing_happens(void **state)
{
	(void)state;
	machine.own_net = INITIAL_NET;
	assert_enters(0, NULL);
}

static void process_1_of_another_pid_namespace_is_not_followed(void **state)
{
	(void)state;
	machine.own_pid = OTHER_PID;
	assert_enters(0, NULL);
	machine.own_pid = 0;
	assert_enters(0, NULL);
}

static void what_cannot_be_seen_is_no_reason_to_warn(void **state)
{
	(void)state;
	machine.net_of_init = 0;
	assert_enters(0, NULL);
	machine.net_of_init = INITIAL_NET;
	machine.own_net = 0;
	assert_enters(0, NULL);
}

static void a_refusal_is_a_warning_with_its_reason(void **state)
{
	(void)state;
	setns_error = EPERM;
	assert_enters(1, strerror(EPERM));
}

static void a_pid_namespace_is_contained_unless_it_is_the_initial_one_or_unknown(void **state)
{
	(void)state;
	assert_false(namespaces_pid_is_contained());
	machine.own_pid = OTHER_PID;
	assert_true(namespaces_pid_is_contained());
	machine.own_pid = 0;
	assert_false(namespaces_pid_is_contained());
}

/* What a child returns. */
static int status_of_child(int (*run)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(run());
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

enum { INITIAL, CONTAINED, NOT_ALLOWED };

static int look(void)
{
	return namespaces_pid_is_contained() ? CONTAINED : INITIAL;
}

static int unshare_and_look(void)
{
	if (unshare(CLONE_NEWPID) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		return NOT_ALLOWED;
	return status_of_child(look);
}

static void a_new_pid_namespace_is_contained(void **state)
{
	int found;

	(void)state;
	is_played = false;
	found = status_of_child(unshare_and_look);
	if (found == NOT_ALLOWED)
		skip();
	assert_int_equal(found, CONTAINED);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_network_namespace_of_its_own_is_left_for_that_of_process_1),
		TEST(where_it_is_that_of_process_1_already_nothing_happens),
		TEST(process_1_of_another_pid_namespace_is_not_followed),
		TEST(what_cannot_be_seen_is_no_reason_to_warn),
		TEST(a_refusal_is_a_warning_with_its_reason),
		TEST(a_pid_namespace_is_contained_unless_it_is_the_initial_one_or_unknown),
		TEST(a_new_pid_namespace_is_contained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
