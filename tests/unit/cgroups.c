/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroups that come and go, in a directory that stands for the hierarchy; the map is the test's own. */
#include "cgroup/cgroup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <ftw.h>
#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "unit.h"
#include "util/memory.h"

#define MAP 17
#define MAP_MAX 4

/* What is mounted at CGROUP_ROOT; in the place of the C library's function. */
static unsigned int hierarchy;

int statfs(const char *path, struct statfs *ret)
{
	assert_string_equal(path, "/sys/fs/cgroup");
	*ret = (struct statfs){ .f_type = hierarchy };
	return 0;
}

/* The error of the next watches; in the place of the C library's function. */
static int watch_error;

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (!watch_error)
		return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
	errno = watch_error;
	return -1;
}

/* The map, which has little room; in the place of libbpf's functions. */
static __u64 map[MAP_MAX];
static size_t map_count;

static size_t place_in_map(__u64 id)
{
	size_t place = 0;

	while (place < map_count && map[place] != id)
		place++;
	return place;
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	const __u64 *id = key;

	(void)flags;
	assert_int_equal(fd, MAP);
	assert_int_equal(*(const __u8 *)value, 1);
	if (place_in_map(*id) < map_count)
		return 0;
	if (map_count == MAP_MAX) {
		errno = E2BIG;
		return -1;
	}
	map[map_count++] = *id;
	return 0;
}

int bpf_map_delete_elem(int fd, const void *key)
{
	const __u64 *id = key;
	size_t place = place_in_map(*id);

	assert_int_equal(fd, MAP);
	assert_true(place < map_count);
	map[place] = map[--map_count];
	return 0;
}

struct scene {
	char root[64];
	int epoll;
	struct cgroup_watch *watch;
};

static int set_up(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));

	strcpy(scene->root, "/tmp/bpflock-cgroups-XXXXXX");
	assert_non_null(mkdtemp(scene->root));
	scene->epoll = epoll_create1(EPOLL_CLOEXEC);
	hierarchy = CGROUP2_SUPER_MAGIC;
	watch_error = 0;
	map_count = 0;
	assert_int_equal(cgroup_watch_open(scene->root, MAP, scene->epoll, &scene->watch), 0);
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	cgroup_watch_close(scene->watch);
	close(scene->epoll);
	nftw(scene->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(scene);
	return 0;
}

/* Makes a cgroup, whose parent exists. Returns its id. */
static __u64 make(const struct scene *scene, const char *path)
{
	CLEANUP(cleanup_free) char *directory = xasprintf("%s%s", scene->root, path);
	struct stat status;

	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(stat(directory, &status), 0);
	return status.st_ino;
}

static void destroy(const struct scene *scene, const char *path)
{
	CLEANUP(cleanup_free) char *directory = xasprintf("%s%s", scene->root, path);

	assert_int_equal(rmdir(directory), 0);
}

/* Removes a cgroup and makes it anew, with another id: a file system may reuse the number of what was removed. */
static __u64 make_anew(const struct scene *scene, const char *path)
{
	CLEANUP(cleanup_free) char *from = xasprintf("%s/new", scene->root);
	CLEANUP(cleanup_free) char *to = xasprintf("%s%s", scene->root, path);
	__u64 id = make(scene, "/new");

	assert_int_equal(rename(from, to), 0);
	return id;
}

#define PATHS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static int update(struct cgroup_watch *watch, const char *const *paths)
{
	cgroup_scan_begin(watch);
	while (*paths)
		cgroup_scan_path(watch, *paths++);
	return cgroup_scan_end(watch);
}

static int update_units(struct cgroup_watch *watch, const char *unit)
{
	cgroup_scan_begin(watch);
	cgroup_scan_units(watch, &unit, 1);
	return cgroup_scan_end(watch);
}

/* Is an update due? */
static bool is_due(const struct scene *scene)
{
	struct pollfd fd = { .fd = scene->epoll, .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static bool is_in_map(__u64 id)
{
	return place_in_map(id) < map_count;
}

static void an_absolute_path_without_detours_is_one_of_a_cgroup(void **state)
{
	static const char *const good[] = { "/", "/a", "/a/", "/system.slice/fwupd.service", "/...", "/.a/..b" };
	static const char *const bad[] = { "",	 "a",	"a/b",	"//",	 "/a//b", "//a",
					   "/.", "/..", "/a/.", "/a/..", "/../a", "/./a/b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(cgroup_is_path(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(cgroup_is_path(bad[i]));
}

/* The root according to a table with one mount of this type (to be freed). */
static char *root_of(const struct scene *scene, const char *type)
{
	CLEANUP(cleanup_free) char *path = xasprintf("%s/mounts", scene->root);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "proc /proc proc rw 0 0\nx /a/hierarchy %s rw 0 0\n", type);
	fclose(file);
	return cgroup_root(path);
}

static void the_hierarchy_is_at_its_usual_place_or_where_the_mounts_say(void **state)
{
	CLEANUP(cleanup_free) char *usual = root_of(*state, "cgroup2");
	CLEANUP(cleanup_free) char *elsewhere = NULL;

	assert_string_equal(usual, "/sys/fs/cgroup");
	hierarchy = TMPFS_MAGIC;
	elsewhere = root_of(*state, "cgroup2");
	assert_string_equal(elsewhere, "/a/hierarchy");
	assert_null(root_of(*state, "cgroup"));
	assert_null(cgroup_root("/nonexistent"));
}

static void only_a_directory_of_the_hierarchy_has_an_id(void **state)
{
	const struct scene *scene = *state;
	__u64 a = make(scene, "/a"), id = 0;

	assert_int_equal(cgroup_id(scene->root, "/a", &id), 0);
	assert_int_equal(id, a);
	assert_int_equal(cgroup_id(scene->root, "/a/", &id), 0);
	assert_int_equal(cgroup_id(scene->root, "/b", &id), -ENOENT);
	free(root_of(scene, "cgroup2")); /* which makes a file */
	assert_int_equal(cgroup_id(scene->root, "/mounts", &id), -ENOTDIR);
	/* "/" would be another directory for an emulator that finds libraries below a directory of its own. */
	assert_int_equal(cgroup_id("/proc/self/root/", "proc", &id), -EXDEV);
	assert_int_equal(id, a);
}

static void a_cgroup_that_is_missing_is_no_error_and_is_found_when_it_is_made(void **state)
{
	struct scene *scene = *state;
	__u64 id;

	assert_int_equal(update(scene->watch, PATHS("/a/b")), 0);
	assert_int_equal(map_count, 0);
	assert_false(is_due(scene));
	make(scene, "/a");
	assert_true(is_due(scene));
	assert_int_equal(update(scene->watch, PATHS("/a/b")), 0);
	assert_int_equal(map_count, 0);
	assert_false(is_due(scene));
	id = make(scene, "/a/b");
	assert_true(is_due(scene));
	assert_int_equal(update(scene->watch, PATHS("/a/b")), 0);
	assert_int_equal(map_count, 1);
	assert_true(is_in_map(id));
	assert_false(is_due(scene));
}

static void a_cgroup_that_is_made_anew_takes_the_place_of_the_old_one(void **state)
{
	struct scene *scene = *state;
	__u64 old = make(scene, "/a"), new;

	assert_int_equal(update(scene->watch, PATHS("/a", "/a/")), 0);
	assert_int_equal(map_count, 1);
	new = make_anew(scene, "/a");
	assert_true(is_due(scene));
	assert_int_equal(update(scene->watch, PATHS("/a")), 0);
	assert_int_equal(map_count, 1);
	assert_true(is_in_map(new));
	assert_false(is_in_map(old));
	destroy(scene, "/a");
	assert_true(is_due(scene));
	assert_int_equal(update(scene->watch, PATHS("/a")), 0);
	assert_int_equal(map_count, 0);
}

static void a_map_needs_no_more_room_than_there_are_cgroups(void **state)
{
	static const char *const paths[] = { "/a", "/b", "/c", "/d", NULL };
	struct scene *scene = *state;

	for (size_t i = 0; i < MAP_MAX; i++)
		make(scene, paths[i]);
	assert_int_equal(update(scene->watch, paths), 0);
	for (size_t i = 0; i < MAP_MAX; i++)
		make_anew(scene, paths[i]);
	assert_int_equal(update(scene->watch, paths), 0);
	assert_int_equal(map_count, MAP_MAX);
}

static void an_id_that_found_no_room_is_added_when_there_is_some(void **state)
{
	struct scene *scene = *state;
	__u64 id;

	for (map_count = 0; map_count < MAP_MAX; map_count++)
		map[map_count] = UINT64_MAX - map_count;
	id = make(scene, "/a");
	assert_int_equal(update(scene->watch, PATHS("/a")), -E2BIG);
	map_count--;
	assert_int_equal(update(scene->watch, PATHS("/a")), 0);
	assert_true(is_in_map(id));
}

static void a_directory_that_cannot_be_watched_is_an_error_of_one_update(void **state)
{
	struct scene *scene = *state;
	__u64 id = make(scene, "/a");

	watch_error = ENOSPC;
	assert_int_equal(update(scene->watch, PATHS("/a")), -ENOSPC);
	assert_true(is_in_map(id));
	watch_error = 0;
	assert_int_equal(update(scene->watch, PATHS("/a")), 0);
}

static void a_unit_is_found_in_slices_only(void **state)
{
	struct scene *scene = *state;
	__u64 top, below;

	assert_int_equal(update_units(scene->watch, "x.service"), 0);
	top = make(scene, "/x.service");
	make(scene, "/x.service/x.service");
	make(scene, "/a.slice");
	make(scene, "/a.slice/a-b.slice");
	below = make(scene, "/a.slice/a-b.slice/x.service");
	make(scene, "/other");
	make(scene, "/other/x.service");
	assert_true(is_due(scene));
	assert_int_equal(update_units(scene->watch, "x.service"), 0);
	assert_int_equal(map_count, 2);
	assert_true(is_in_map(top) && is_in_map(below));
	assert_false(is_due(scene));
	destroy(scene, "/a.slice/a-b.slice/x.service");
	assert_true(is_due(scene));
}

static void a_cgroup_is_found_by_its_id_while_it_exists(void **state)
{
	const struct scene *scene = *state;
	__u64 ids[] = { make(scene, "/a"), make(scene, "/a/b"), make(scene, "/c") };
	static const char *const paths[] = { "/a", "/a/b", "/c" };
	CLEANUP(cleanup_free) char *root = NULL;
	struct stat status;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		CLEANUP(cleanup_free) char *path = cgroup_path_of(scene->root, ids[i]);

		assert_string_equal(path, paths[i]);
	}
	destroy(scene, "/a/b");
	assert_null(cgroup_path_of(scene->root, ids[1]));
	assert_null(cgroup_path_of("/nonexistent", ids[0]));
	assert_int_equal(stat(scene->root, &status), 0);
	root = cgroup_path_of(scene->root, status.st_ino);
	assert_string_equal(root, "/");
}

static void what_ends_leaves_the_ids_that_its_successor_has(void **state)
{
	struct scene *scene = *state;
	struct cgroup_watch *successor = NULL;
	__u64 a = make(scene, "/a"), b = make(scene, "/b"), c = make(scene, "/c");

	assert_int_equal(update(scene->watch, PATHS("/a", "/b")), 0);
	assert_int_equal(cgroup_watch_open(scene->root, MAP, scene->epoll, &successor), 0);
	assert_int_equal(update(successor, PATHS("/b", "/c")), 0);
	scene->watch = cgroup_watch_end(scene->watch, successor);
	assert_null(scene->watch);
	assert_false(is_in_map(a));
	assert_true(is_in_map(b) && is_in_map(c));
	assert_null(cgroup_watch_close(successor));
	assert_int_equal(map_count, 2);
	assert_null(cgroup_watch_end(NULL, NULL));
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void the_id_of_a_container_is_read_where_only_root_chooses_names(void **state)
{
	static const struct {
		const char *path, *id;
	} paths[] = {
		{ "/system.slice/docker-" ID ".scope", ID },
		{ "/machine.slice/libpod-" ID ".scope/container", ID },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podabc.slice/cri-containerd-" ID
		  ".scope",
		  ID },
		{ "/kubepods.slice/crio-" ID ".scope", ID },
		{ "/docker/" ID, ID },
		{ "/docker/" ID "/init", ID },
		{ "/libpod_parent/libpod-" ID, ID },
		{ "/kubepods/burstable/pod0123/" ID, ID },
		{ "/", "" },
		{ "/system.slice/ssh.service", "" },
		{ "/machine.slice/libpod-conmon-" ID ".scope", "" },
		{ "/system.slice/docker-0123.scope", "" },
		{ "/system.slice/docker-" ID "0.scope", "" },
		{ "/system.slice/docker-" ID, "" },
		{ "/docker/nothing", "" },
		/* Below a unit of a user, and in a container, which could choose the name. */
		{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope", "" },
		{ "/system.slice/web.service/docker/" ID, "" },
		{ "/docker/sub/" ID, "" },
	};
	char id[CGROUP_CONTAINER_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		cgroup_container_of(paths[i].path, id);
		if (strcmp(id, paths[i].id) != 0)
			fail_msg("%s: '%s'", paths[i].path, id);
	}
}

static void names_are_found_once_and_remembered_also_when_the_cgroup_has_gone(void **state)
{
	const struct scene *scene = *state;
	struct cgroup_names *names;
	const struct cgroup_name *name;
	__u64 service, none;

	(void)make(scene, "/a.slice");
	service = make(scene, "/a.slice/web.service");
	none = make(scene, "/none");
	names = cgroup_names_open(scene->root);
	assert_null(cgroup_names_find(names, 0));
	name = cgroup_names_find(names, service);
	assert_string_equal(name->unit, "web.service");
	assert_string_equal(name->container, "");
	destroy(scene, "/a.slice/web.service");
	assert_string_equal(cgroup_names_find(names, service)->unit, "web.service");
	assert_string_equal(cgroup_names_find(names, none)->unit, "");
	/* In the same place as the first one. */
	assert_string_equal(cgroup_names_find(names, service + 256)->unit, "");
	assert_string_equal(cgroup_names_find(names, service)->unit, "");
	assert_null(cgroup_names_close(names));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_absolute_path_without_detours_is_one_of_a_cgroup),
		TEST(the_hierarchy_is_at_its_usual_place_or_where_the_mounts_say),
		TEST(only_a_directory_of_the_hierarchy_has_an_id),
		TEST(a_cgroup_that_is_missing_is_no_error_and_is_found_when_it_is_made),
		TEST(a_cgroup_that_is_made_anew_takes_the_place_of_the_old_one),
		TEST(a_map_needs_no_more_room_than_there_are_cgroups),
		TEST(an_id_that_found_no_room_is_added_when_there_is_some),
		TEST(a_directory_that_cannot_be_watched_is_an_error_of_one_update),
		TEST(a_unit_is_found_in_slices_only),
		TEST(a_cgroup_is_found_by_its_id_while_it_exists),
		TEST(the_id_of_a_container_is_read_where_only_root_chooses_names),
		TEST(names_are_found_once_and_remembered_also_when_the_cgroup_has_gone),
		TEST(what_ends_leaves_the_ids_that_its_successor_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
