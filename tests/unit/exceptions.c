/* SPDX-License-Identifier: Apache-2.0 */
/* What may be written as an exception, on machines that have or lack what exceptions need. */
#include "policy/exceptions.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "config/config.h"
#include "policy/policy.h"
#include "policy/sessions.h"
#include "unit.h"
#include "util/memory.h"

/* What is mounted at the root of the hierarchy; in the place of the C library's function. */
static unsigned int hierarchy;

int statfs(const char *path, struct statfs *ret)
{
	assert_string_equal(path, "/sys/fs/cgroup");
	*ret = (struct statfs){ .f_type = hierarchy };
	return 0;
}

/* The links of systemd; in the place of the C library's function. */
ssize_t readlink(const char *path, char *buffer, size_t size)
{
	static const struct {
		const char *path;
		const char *target;
	} links[] = {
		{ "/etc/systemd/system/sshd.service", "/lib/systemd/system/ssh.service" },
		{ "/usr/lib/systemd/system/dbus.service", "dbus-broker.service" },
		{ "/etc/systemd/system/masked.service", "/dev/null" },
		{ "/lib/systemd/system/masked.service", "other.service" },
		{ "/etc/systemd/system/moved.service", "/opt/units/moved.service" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (strcmp(links[i].path, path) != 0)
			continue;
		assert_true(strlen(links[i].target) <= size);
		memcpy(buffer, links[i].target, strlen(links[i].target));
		return (ssize_t)strlen(links[i].target);
	}
	errno = ENOENT;
	return -1;
}

/* Why there are no sessions, or NULL; no test opens any. */
static const char *no_sessions;

const char *sessions_unavailable(void)
{
	return no_sessions;
}

int sessions_open(struct sessions **ret)
{
	(void)ret;
	return -EOPNOTSUPP;
}

struct sessions *sessions_close(struct sessions *sessions)
{
	(void)sessions;
	return NULL;
}

int sessions_fd(const struct sessions *sessions)
{
	(void)sessions;
	return -1;
}

void sessions_flush(struct sessions *sessions)
{
	(void)sessions;
}

void sessions_each_active_local(const struct sessions *sessions, void (*visit)(void *context, const char *cgroup),
				void *context)
{
	(void)sessions;
	(void)visit;
	(void)context;
}

struct scene {
	struct config_schema_section section;
	struct config_schema schema;
	struct config *config;
	struct report report;
};

static int set_up(void **state)
{
	static const struct bpflock_option enabled[] = {
		{ .name = CONFIG_ENABLED_KEY, .initial = "no", .type = BPFLOCK_OPTION_BOOL },
	};
	struct scene *scene = xcalloc(1, sizeof(*scene));

	scene->section = (struct config_schema_section){
		.name = "gate",
		.tables = { BPFLOCK_TABLE(enabled), policy_options },
		.table_count = 2,
		.plugin = true,
	};
	scene->schema = (struct config_schema){ &scene->section, 1 };
	hierarchy = CGROUP2_SUPER_MAGIC;
	no_sessions = NULL;
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	config_free(scene->config);
	report_clear(&scene->report);
	free(scene);
	return 0;
}

/* What is wrong with this assignment is in the report afterwards. */
static const struct config_section *check(struct scene *scene, const char *assignment)
{
	const char *const assignments[] = { assignment, NULL };
	const struct config_sources sources = { .main_file = "/nonexistent",
						.drop_in_dir = "/nonexistent",
						.assignments = assignments };
	struct config_text *text;

	config_free(scene->config);
	report_clear(&scene->report);
	assert_int_equal(config_read(&sources, &text, &scene->report), 0);
	assert_int_equal(config_bind(text, &scene->schema, &scene->config, &scene->report), 0);
	config_text_free(text);
	exceptions_check(&scene->config->sections[0], &scene->report);
	return &scene->config->sections[0];
}

static void assert_taken(struct scene *scene, const char *assignment)
{
	assert_true(exceptions_wanted(check(scene, assignment)));
	report_print(&scene->report, stderr);
	assert_int_equal(scene->report.count, 0);
}

static void assert_refused(struct scene *scene, const char *unit)
{
	CLEANUP(cleanup_free) char *assignment = xasprintf("gate.except_units=%s", unit);
	CLEANUP(cleanup_free) char *message = xasprintf("[gate] except_units: '%s' is not valid", unit);

	check(scene, assignment);
	assert_int_equal(scene->report.errors, 1);
	assert_string_equal(scene->report.items[0].event, "config_error");
	assert_string_equal(scene->report.items[0].where, "-o");
	assert_string_equal(scene->report.items[0].message, message);
}

static void a_cgroup_need_not_exist(void **state)
{
	assert_taken(*state, "gate.except_cgroups=/no/such, /");
}

static void a_unit_is_one_component_with_the_suffix_of_a_unit_that_has_processes(void **state)
{
	struct scene *scene = *state;

	assert_taken(scene, "gate.except_units=fwupd.service");
	assert_taken(scene, "gate.except_units=getty@tty1.service, libpod-1234.scope, user-1000.slice");
	assert_taken(scene, "gate.except_units=a.b.service");
}

static void what_is_no_such_unit_is_refused(void **state)
{
	static const char *const units[] = { "fwupd",	      "fwupd.socket",	"fwupd.service.d",
					     ".service",      "/fwupd.service", "a/b.service",
					     "fwupd.Service", "fwupd.",		"..",
					     "fwupd.services" };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		assert_refused(*state, units[i]);
}

static void assert_item(struct scene *scene, const char *unit, const char *message, const char *remedy)
{
	CLEANUP(cleanup_free) char *assignment = xasprintf("gate.except_units=%s", unit);

	check(scene, assignment);
	assert_int_equal(scene->report.errors, 1);
	assert_string_equal(scene->report.items[0].message, message);
	assert_string_equal(scene->report.items[0].remedy, remedy);
}

static void a_name_that_no_cgroup_has_is_refused_with_the_one_it_has(void **state)
{
	struct scene *scene = *state;

	assert_item(scene, "sshd.service",
		    "[gate] except_units: 'sshd.service' is an alias, whose cgroup has the name ssh.service",
		    "write ssh.service");
	assert_item(scene, "dbus.service",
		    "[gate] except_units: 'dbus.service' is an alias, whose cgroup has the name dbus-broker.service",
		    "write dbus-broker.service");
	assert_item(scene, "getty@.service", "[gate] except_units: 'getty@.service' is a template, which has no cgroup",
		    "name its instances, or the slice that contains them");
	assert_taken(scene, "gate.except_units=ssh.service, masked.service, moved.service, getty@tty1.service");
}

static void every_item_that_cannot_be_is_reported_with_what_could(void **state)
{
	struct scene *scene = *state;

	check(scene, "gate.except_units=a, b.service, c");
	assert_int_equal(scene->report.errors, 2);
	assert_string_equal(scene->report.items[1].message, "[gate] except_units: 'c' is not valid");
	assert_string_equal(scene->report.items[1].remedy, "valid: NAME.service, NAME.scope, NAME.slice");
}

static void sessions_are_wanted_only_where_they_are_chosen(void **state)
{
	struct scene *scene = *state;

	no_sessions = "no logind";
	assert_false(exceptions_wanted(check(scene, "gate.except_sessions=none")));
	assert_int_equal(scene->report.count, 0);
	check(scene, "gate.except_sessions=active-local");
	assert_int_equal(scene->report.errors, 1);
	assert_string_equal(scene->report.items[0].message, "[gate] except_sessions: no logind");
	assert_string_equal(scene->report.items[0].remedy, "only `none` is valid on this system");
	no_sessions = NULL;
	assert_taken(scene, "gate.except_sessions=active-local");
}

static void without_cgroup2_every_exception_is_refused_at_its_option(void **state)
{
	struct scene *scene = *state;

	hierarchy = TMPFS_MAGIC;
	check(scene, "gate.except_sessions=active-local");
	assert_int_equal(scene->report.errors, 1);
	assert_non_null(strstr(scene->report.items[0].message, "[gate] except_sessions: exceptions need cgroup v2"));
	check(scene, "gate.except_cgroups=/a");
	assert_int_equal(scene->report.errors, 1);
	assert_non_null(strstr(scene->report.items[0].message, "[gate] except_cgroups: exceptions need cgroup v2"));
}

static void an_empty_list_wants_nothing(void **state)
{
	struct scene *scene = *state;

	hierarchy = TMPFS_MAGIC;
	assert_false(exceptions_wanted(check(scene, "gate.except_cgroups=")));
	assert_int_equal(scene->report.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_cgroup_need_not_exist),
		TEST(a_unit_is_one_component_with_the_suffix_of_a_unit_that_has_processes),
		TEST(what_is_no_such_unit_is_refused),
		TEST(a_name_that_no_cgroup_has_is_refused_with_the_one_it_has),
		TEST(every_item_that_cannot_be_is_reported_with_what_could),
		TEST(sessions_are_wanted_only_where_they_are_chosen),
		TEST(without_cgroup2_every_exception_is_refused_at_its_option),
		TEST(an_empty_list_wants_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
