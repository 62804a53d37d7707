// SPDX-License-Identifier: Apache-2.0
/* The control socket: where it listens, how many clients it has, and who may do what. */
#include "control/control.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "control/permission.h"
#include "control_fixture.h"
#include "util/memory.h"

/**
 * struct server - a server whose socket is in a directory of its own
 */
struct server {
	struct bench bench;
	struct control *control;
	char directory[64];
	char path[80];
};

static int set_up(void **state)
{
	struct server *server = test_calloc(1, sizeof(*server));
	struct control_options options;

	if (bench_open(&server->bench) < 0)
		return -1;
	options = bench_options(&server->bench);
	if (control_open(&options, &server->control) < 0)
		return -1;
	snprintf(server->directory, sizeof(server->directory), "%s/run", server->bench.log->directory);
	snprintf(server->path, sizeof(server->path), "%s/socket", server->directory);
	*state = server;
	return 0;
}

static int tear_down(void **state)
{
	struct server *server = *state;

	control_close(server->control);
	unlink(server->path);
	rmdir(server->directory);
	bench_close(&server->bench);
	test_free(server);
	return 0;
}

static void listen_at(struct server *server, const char *path)
{
	struct report report = { 0 };

	control_listen(server->control, path, &report);
	assert_int_equal(report.count, 0);
}

/* Expects that it cannot listen at its path, and that the report says this. */
static void cannot_listen(struct server *server, const char *text)
{
	struct report report = { 0 };

	control_listen(server->control, server->path, &report);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.items[0].event, "control_failed");
	assert_string_equal(report.items[0].where, server->path);
	assert_non_null(strstr(report.items[0].message, text));
	assert_non_null(report.items[0].remedy);
	report_clear(&report);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int listener_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Lets the server do what it has to do. */
static void dispatch(struct server *server, int times)
{
	while (times--)
		assert_int_equal(loop_dispatch(server->bench.loop), 0);
}

static bool answers(struct server *server, int fd)
{
	char reply[256];

	send_text(fd, "{\"method\":\"io.bpflock.Change\"}");
	dispatch(server, 1);
	return recv(fd, reply, sizeof(reply), 0) > 0;
}

static void the_socket_and_its_directory_are_made_for_root_only_and_removed(void **state)
{
	struct server *server = *state;
	struct stat status;
	int fd;

	listen_at(server, server->path);
	assert_int_equal(stat(server->directory, &status), 0);
	assert_int_equal(status.st_mode & 0777 & ~0755u, 0);
	assert_int_equal(stat(server->path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0600);
	fd = connect_to(server->path);
	dispatch(server, 1);
	assert_true(answers(server, fd));
	close(fd);
	server->control = control_close(server->control);
	assert_false(exists(server->path));
}

static void a_path_that_changes_moves_the_socket_and_clients_stay(void **state)
{
	struct server *server = *state;
	char other[80];
	int fd, fd_of_other;

	snprintf(other, sizeof(other), "%s/other", server->directory);
	listen_at(server, server->path);
	fd = connect_to(server->path);
	dispatch(server, 1);
	listen_at(server, other);
	assert_false(exists(server->path));
	fd_of_other = connect_to(other);
	dispatch(server, 1);
	assert_true(answers(server, fd));
	assert_true(answers(server, fd_of_other));
	listen_at(server, CONTROL_NONE);
	assert_false(exists(other));
	assert_true(answers(server, fd));
	close(fd);
	close(fd_of_other);
}

static void what_a_dead_daemon_left_is_replaced(void **state)
{
	struct server *server = *state;

	assert_int_equal(mkdir(server->directory, 0755), 0);
	close(listener_at(server->path));
	assert_true(exists(server->path));
	listen_at(server, server->path);
	assert_true(connect_to(server->path) >= 0);
}

static void a_socket_of_somebody_who_listens_is_not_taken(void **state)
{
	struct server *server = *state;
	int fd;

	assert_int_equal(mkdir(server->directory, 0755), 0);
	fd = listener_at(server->path);
	cannot_listen(server, "another process listens");
	server->control = control_close(server->control);
	assert_true(exists(server->path));
	close(fd);
}

static void a_file_that_is_no_socket_is_not_removed(void **state)
{
	struct server *server = *state;

	assert_int_equal(mkdir(server->directory, 0755), 0);
	close(open(server->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	cannot_listen(server, "something that no bpflock has left");
	assert_true(exists(server->path));
}

static void a_directory_that_others_may_write_to_is_refused(void **state)
{
	struct server *server = *state;

	assert_int_equal(mkdir(server->directory, 0755), 0);
	assert_int_equal(chmod(server->directory, 0775), 0);
	cannot_listen(server, "others may write to it");
	assert_false(exists(server->path));
	assert_int_equal(chmod(server->directory, 0755), 0);
	listen_at(server, server->path);
}

static void a_directory_that_cannot_be_made_is_reported(void **state)
{
	struct server *server = *state;

	snprintf(server->path, sizeof(server->path), "%s/missing/socket", server->directory);
	cannot_listen(server, "cannot be made: No such file or directory");
}

static void a_socket_that_was_replaced_is_not_removed(void **state)
{
	struct server *server = *state;
	int fd;

	listen_at(server, server->path);
	assert_int_equal(unlink(server->path), 0);
	fd = listener_at(server->path);
	server->control = control_close(server->control);
	assert_true(exists(server->path));
	close(fd);
}

static void only_paths_of_sockets_are_accepted(void **state)
{
	static const char *const bad[] = { "", "relative", "/", "/ends/", "nones" };
	struct report report = { 0 };
	char path[128];

	(void)state;
	assert_int_equal(control_check_path(CONTROL_PATH, "here", &report), 0);
	assert_int_equal(control_check_path(CONTROL_NONE, "here", &report), 0);
	memset(path, '/', sizeof(path));
	strcpy(path + 106, "x");
	assert_int_equal(control_check_path(path, "here", &report), 0);
	strcpy(path + 106, "xx");
	assert_int_equal(control_check_path(path, "here", &report), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(control_check_path(bad[i], "here", &report), -EINVAL);
	assert_int_equal(report.count, 1 + ARRAY_SIZE(bad));
	assert_string_equal(report.items[0].where, "here");
	report_clear(&report);
}

static bool is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) == 0;
}

static void there_are_64_clients_and_the_65th_is_closed_and_told_once(void **state)
{
	struct server *server = *state;
	int fds[CONTROL_CONNECTIONS_MAX + 2];

	listen_at(server, server->path);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = connect_to(server->path);
		assert_true(fds[i] >= 0);
		dispatch(server, 1);
	}
	assert_false(is_closed(fds[CONTROL_CONNECTIONS_MAX - 1]));
	assert_true(is_closed(fds[CONTROL_CONNECTIONS_MAX]));
	assert_true(is_closed(fds[CONTROL_CONNECTIONS_MAX + 1]));
	control_log_closed(server->control);
	control_log_closed(server->control);
	assert_int_equal(count_in(text_of_log(server->bench.log), "\n"), 1);
	assert_non_null(strstr(text_of_log(server->bench.log),
			       "event=control_closed count=2 warning=\\\"more than 64 connections\\\""));
	close(fds[0]);
	dispatch(server, 1);
	fds[0] = connect_to(server->path);
	dispatch(server, 1);
	assert_true(answers(server, fds[0]));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

static void rubbish_closes_its_connection_and_no_other_and_is_counted(void **state)
{
	struct server *server = *state;
	int bad, good;

	listen_at(server, server->path);
	good = connect_to(server->path);
	dispatch(server, 1);
	bad = connect_to(server->path);
	dispatch(server, 1);
	send_text(bad, "rubbish");
	dispatch(server, 1);
	assert_true(is_closed(bad));
	assert_true(answers(server, good));
	control_log_closed(server->control);
	assert_non_null(
		strstr(text_of_log(server->bench.log), "event=control_closed count=1 warning=\\\"not a request"));
	close(bad);
	close(good);
}

/**
 * struct may - what a client may
 */
struct may {
	const char *text;
	struct peer peer;
	bool status, read, change, change_restricted;
};

static bool is_allowed(const struct peer *peer, enum control_access access, bool restricted)
{
	const struct refusal refusal = permission_refuse(peer, access, restricted);

	assert_true(!refusal.text == !refusal.remedy);
	return !refusal.text;
}

#define KNOWN .pid = 4711, .known = true
#define ROOT KNOWN, .initial_user = true

static void who_may_do_what(void **state)
{
	static const struct may table[] = {
		{ "nobody knows who", { .pid = 4711 }, false, false, false, false },
		{ "another user",
		  { KNOWN, .uid = 1000, .initial_user = true, .initial_namespaces = true },
		  false,
		  false,
		  false,
		  false },
		{ "another user of our cgroup",
		  { KNOWN, .uid = 1000, .initial_user = true, .own_cgroup = true },
		  false,
		  false,
		  false,
		  false },
		{ "user 0 of a user namespace",
		  { KNOWN, .initial_namespaces = true, .own_cgroup = true },
		  false,
		  false,
		  false,
		  false },
		{ "root in a container", { ROOT }, true, true, false, false },
		{ "root on the host", { ROOT, .initial_namespaces = true }, true, true, true, false },
		{ "root in our container", { ROOT, .own_cgroup = true }, true, true, true, true },
		{ "process 1",
		  { .pid = 1, .known = true, .initial_user = true, .initial_namespaces = true },
		  true,
		  true,
		  true,
		  true },
		{ "process 1, which has given up all but the status",
		  { .pid = 1, .known = true, .initial_user = true, .initial_namespaces = true, .status_only = true },
		  true,
		  false,
		  false,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (is_allowed(&table[i].peer, CONTROL_STATUS, true) != table[i].status ||
		    is_allowed(&table[i].peer, CONTROL_READ, true) != table[i].read ||
		    is_allowed(&table[i].peer, CONTROL_CHANGE, false) != table[i].change ||
		    is_allowed(&table[i].peer, CONTROL_CHANGE, true) != table[i].change_restricted)
			fail_msg("wrong: %s", table[i].text);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_socket_and_its_directory_are_made_for_root_only_and_removed),
		TEST(a_path_that_changes_moves_the_socket_and_clients_stay),
		TEST(what_a_dead_daemon_left_is_replaced),
		TEST(a_socket_of_somebody_who_listens_is_not_taken),
		TEST(a_file_that_is_no_socket_is_not_removed),
		TEST(a_directory_that_others_may_write_to_is_refused),
		TEST(a_directory_that_cannot_be_made_is_reported),
		TEST(a_socket_that_was_replaced_is_not_removed),
		TEST(only_paths_of_sockets_are_accepted),
		TEST(there_are_64_clients_and_the_65th_is_closed_and_told_once),
		TEST(rubbish_closes_its_connection_and_no_other_and_is_counted),
		TEST(who_may_do_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
