/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operator wants, for plugins that the test plays: a bell that observes, a door that enforces, a guard, and
 * one whose file is refused.
 */
#include "daemon/settings.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "cgroup/cgroup.h"
#include "unit.h"
#include "util/memory.h"

/* How often each check() was called, and whether the door's finds something. */
static unsigned int checked;
static bool door_objects;

static int check(const struct bpflock_host *host, const void *config)
{
	(void)host;
	(void)config;
	checked++;
	return 0;
}

static int check_door(const struct bpflock_host *host, const void *config)
{
	(void)config;
	checked++;
	if (!door_objects)
		return 0;
	host->error(host, "the door is jammed");
	return -EINVAL;
}

static const struct bpflock_option bell_options[] = {
	{ .name = "towers", .type = BPFLOCK_OPTION_CGROUP, .flags = BPFLOCK_OPTION_LIST, .map = "towers" },
};

static const struct bpflock_operation operations[] = {
	{ .name = "open", .summary = "s", .groups = "all" },
};

static const struct bpflock_plugin bell = { .name = "bell", .options = BPFLOCK_TABLE(bell_options), .check = check };
static const struct bpflock_plugin door = {
	.name = "door", .flags = BPFLOCK_ENFORCER, .operations = BPFLOCK_TABLE(operations), .check = check_door
};
static const struct bpflock_plugin guard = { .name = "guard",
					     .flags = BPFLOCK_ENFORCER | BPFLOCK_GUARD,
					     .operations = BPFLOCK_TABLE(operations),
					     .check = check };
static const struct bpflock_plugin lock = { .name = "lock",
					    .flags = BPFLOCK_ENFORCER,
					    .operations = BPFLOCK_TABLE(operations),
					    .operation_enum = "bolts",
					    .operation_prefix = "BOLT_" };

/* What is in the plugin directory, in name order; a plugin without a descriptor is refused. */
struct file {
	const char *name;
	const struct bpflock_plugin *descriptor;
};

static const struct file *files;
static size_t file_count;
static char directory[128];

int plugins_load(const struct plugin_search *search, const struct plugin_names *reserved, struct plugins *ret,
		 struct report *report)
{
	(void)reserved;
	snprintf(directory, sizeof(directory), "%s", search->directories);
	*ret = (struct plugins){ 0 };
	if (!files) {
		report_add(report, REPORT_ERROR, "plugin_dir_refused", search->directories, "there is none");
		return -ENOENT;
	}
	ret->items = xcalloc(file_count, sizeof(*ret->items));
	for (size_t i = 0; i < file_count; i++) {
		struct plugin *plugin = &ret->items[ret->count++];

		plugin->name = xstrdup(files[i].name);
		plugin->path = xasprintf("/plugins/%s.so", files[i].name);
		if (files[i].descriptor)
			plugin->descriptor = *files[i].descriptor;
		else
			plugin->refusal = xstrdup("it is broken");
	}
	return 0;
}

void plugins_free(struct plugins *plugins)
{
	for (size_t i = 0; i < plugins->count; i++) {
		free(plugins->items[i].name);
		free(plugins->items[i].path);
		free(plugins->items[i].refusal);
		operations_free(&plugins->items[i].operations);
	}
	free(plugins->items);
	*plugins = (struct plugins){ 0 };
}

/* Where cgroup v2 is, or NULL. Its only cgroup is /there. */
static const char *hierarchy;

char *cgroup_root(const char *mounts)
{
	assert_string_equal(mounts, "/proc/self/mounts");
	return hierarchy ? xstrdup(hierarchy) : NULL;
}

int cgroup_id(const char *root, const char *path, __u64 *ret)
{
	assert_string_equal(root, hierarchy);
	*ret = 1;
	return strcmp(path, "/there") == 0 ? 0 : -ENOENT;
}

/* In the place of the C library's function: exceptions find cgroup v2 where they need it. */
int statfs(const char *path, struct statfs *ret)
{
	assert_string_equal(path, CGROUP_ROOT);
	*ret = (struct statfs){ .f_type = CGROUP2_SUPER_MAGIC };
	return 0;
}

struct scene {
	struct kernel kernel;
	struct settings settings;
	struct config *config;
	struct report report;
};

static int set_up(void **state)
{
	*state = xcalloc(1, sizeof(struct scene));
	files = NULL;
	checked = 0;
	door_objects = false;
	hierarchy = "/cgroups";
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	config_free(scene->config);
	settings_free(&scene->settings);
	report_clear(&scene->report);
	btf__free(scene->kernel.btf);
	free(scene);
	return 0;
}

#define PLUGINS(...)                                                \
	do {                                                        \
		static const struct file there[] = { __VA_ARGS__ }; \
                                                                    \
		files = there;                                      \
		file_count = ARRAY_SIZE(there);                     \
	} while (0)

#define SET(...)                  \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static struct config_sources sources_of(const char *const *assignments)
{
	return (struct config_sources){ .main_file = "/nonexistent",
					.drop_in_dir = "/nonexistent",
					.assignments = assignments };
}

static int load(struct scene *scene, const char *const *assignments)
{
	const struct config_sources sources = sources_of(assignments);

	return settings_load(&sources, &scene->kernel, &scene->settings, &scene->config, &scene->report);
}

static int reload(struct scene *scene, const char *const *assignments)
{
	const struct config_sources sources = sources_of(assignments);

	config_free(scene->config);
	report_clear(&scene->report);
	return settings_reload(&scene->settings, &sources, &scene->config, &scene->report);
}

static void assert_nothing_reported(const struct scene *scene)
{
	report_print(&scene->report, stderr);
	assert_int_equal(scene->report.count, 0);
}

static bool is_enabled(const struct scene *scene, const char *plugin)
{
	return config_section(scene->config, plugin)->enabled;
}

static const struct report_item *assert_reported(const struct scene *scene, enum report_level level, const char *event,
						 const char *message)
{
	for (size_t i = 0; i < scene->report.count; i++) {
		const struct report_item *item = &scene->report.items[i];

		if (item->level == level && strcmp(item->event, event) == 0 && strstr(item->message, message))
			return item;
	}
	report_print(&scene->report, stderr);
	fail_msg("no %s with: %s", event, message);
	return NULL;
}

static void an_enforcer_enables_the_guard(void **state)
{
	struct scene *scene = *state;
	const struct config_value *enabled;

	PLUGINS({ "bell", &bell }, { "door", &door }, { "guard", &guard });
	assert_int_equal(load(scene, SET("door.enabled=yes")), 0);
	assert_nothing_reported(scene);
	assert_true(is_enabled(scene, "guard"));
	assert_false(is_enabled(scene, "bell"));
	enabled = config_value(config_section(scene->config, "guard"), CONFIG_ENABLED_KEY);
	assert_string_equal(enabled->text, "yes");
	assert_string_equal(enabled->origin, "default (an enforcer runs)");
	assert_string_equal(settings_first_enforcer(&scene->settings, scene->config), "door");
}

static void an_observer_enables_no_guard(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell }, { "door", &door }, { "guard", &guard });
	assert_int_equal(load(scene, SET("bell.enabled=yes")), 0);
	assert_nothing_reported(scene);
	assert_false(is_enabled(scene, "guard"));
	assert_null(settings_first_enforcer(&scene->settings, scene->config));
}

static void a_guard_may_run_without_an_enforcer_and_is_none_itself(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "door", &door }, { "guard", &guard });
	assert_int_equal(load(scene, SET("guard.enabled=yes")), 0);
	assert_nothing_reported(scene);
	assert_true(is_enabled(scene, "guard"));
	assert_null(settings_first_enforcer(&scene->settings, scene->config));
}

static void a_guard_that_the_operator_disables_stays_so_with_a_warning(void **state)
{
	struct scene *scene = *state;
	const struct report_item *item;

	PLUGINS({ "door", &door }, { "guard", &guard });
	assert_int_equal(load(scene, SET("door.enabled=yes", "guard.enabled=no")), 0);
	assert_false(is_enabled(scene, "guard"));
	item = assert_reported(scene, REPORT_WARNING, "unguarded", "door runs without a guard");
	assert_non_null(item->remedy);
	assert_int_equal(scene->report.count, 1);
}

static void an_enforcer_without_a_guard_to_run_is_warned_about(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell }, { "door", &door });
	assert_int_equal(load(scene, SET("door.enabled=yes")), 0);
	assert_reported(scene, REPORT_WARNING, "unguarded", "door runs without a guard");
}

static void one_guard_of_two_is_enough(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "door", &door }, { "guard", &guard }, { "ward", &guard });
	assert_int_equal(load(scene, SET("door.enabled=yes", "ward.enabled=no")), 0);
	assert_nothing_reported(scene);
	assert_true(is_enabled(scene, "guard"));
	assert_false(is_enabled(scene, "ward"));
}

static void a_guard_whose_file_is_refused_guards_nothing(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "door", &door }, { "guard", NULL });
	assert_int_equal(load(scene, SET("door.enabled=yes")), 0);
	assert_reported(scene, REPORT_WARNING, "plugin_refused", "refused: it is broken");
	assert_reported(scene, REPORT_WARNING, "unguarded", "door runs without a guard");
	assert_false(is_enabled(scene, "guard"));
}

static void a_refused_plugin_that_is_wanted_is_an_error_unless_it_is_not_required(void **state)
{
	struct scene *scene = *state;
	const struct report_item *item;

	PLUGINS({ "bell", &bell }, { "broken", NULL });
	assert_int_equal(load(scene, SET("broken.enabled=yes")), -EINVAL);
	item = assert_reported(scene, REPORT_ERROR, "plugin_refused", "refused: it is broken");
	assert_string_equal(item->where, "/plugins/broken.so");
	assert_string_equal(item->plugin, "broken");
	assert_string_equal(item->remedy, "replace the file, or set required = no in [broken]");
	assert_int_equal(reload(scene, SET("broken.enabled=yes", "broken.required=no")), 0);
	item = assert_reported(scene, REPORT_WARNING, "plugin_refused", "refused: it is broken");
	assert_null(item->remedy);
}

static void a_refused_plugin_that_nobody_wants_is_a_warning_and_no_enforcer(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "broken", NULL }, { "guard", &guard });
	assert_int_equal(load(scene, SET("guard.enabled=no")), 0);
	assert_reported(scene, REPORT_WARNING, "plugin_refused", "refused: it is broken");
	assert_int_equal(scene->report.errors, 0);
	assert_null(settings_first_enforcer(&scene->settings, scene->config));
}

static void options_of_a_refused_plugin_are_taken_as_they_are(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell }, { "broken", NULL });
	assert_int_equal(load(scene, SET("broken.enabled=yes", "broken.anything=3")), -EINVAL);
	assert_int_equal(scene->report.errors, 1);
	assert_reported(scene, REPORT_ERROR, "plugin_refused", "refused: it is broken");
	assert_int_equal(reload(scene, SET("bell.anything=3")), -EINVAL);
	assert_reported(scene, REPORT_ERROR, "config_error", "[bell] anything: there is no such key");
}

static void a_plugin_whose_operations_this_kernel_lacks_is_refused(void **state)
{
	struct scene *scene = *state;

	scene->kernel.btf = btf__new_empty();
	assert_non_null(scene->kernel.btf);
	PLUGINS({ "guard", &guard }, { "lock", &lock });
	assert_int_equal(load(scene, SET("lock.enabled=yes")), -EINVAL);
	assert_reported(scene, REPORT_ERROR, "plugin_refused", "refused: this kernel's bolts cannot be used");
	assert_null(settings_first_enforcer(&scene->settings, scene->config));
	assert_false(is_enabled(scene, "guard"));
}

static void only_enabled_plugins_are_asked_to_check_and_guards_are(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell }, { "door", &door }, { "guard", &guard });
	door_objects = true;
	assert_int_equal(load(scene, SET("bell.enabled=yes")), 0);
	assert_int_equal(checked, 1);
	assert_int_equal(reload(scene, SET("door.enabled=yes")), -EINVAL);
	assert_int_equal(checked, 3);
	assert_string_equal(assert_reported(scene, REPORT_ERROR, "plugin_failed", "the door is jammed")->where, "-o");
	assert_int_equal(scene->report.errors, 1);
}

static void a_configuration_that_enables_nothing_is_warned_about(void **state)
{
	struct scene *scene = *state;
	const struct report_item *item;

	PLUGINS({ "bell", &bell }, { "broken", NULL }, { "door", &door });
	assert_int_equal(load(scene, SET("door.profile=baseline", "door.enabled=no", "broken.required=no")), 0);
	item = assert_reported(scene, REPORT_WARNING, "config_warning", "no plugin is enabled: nothing is restricted");
	assert_string_equal(item->remedy, "enable one by any of its options; installed are: bell, broken, door");
}

static void a_value_that_is_refused_has_no_second_error_from_the_plugin(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "door", &door }, { "guard", &guard });
	door_objects = true;
	assert_int_equal(load(scene, SET("door.log=loud")), -EINVAL);
	assert_reported(scene, REPORT_ERROR, "config_error", "[door] log: 'loud' is none of the choices");
	assert_int_equal(scene->report.errors, 1);
	assert_int_equal(reload(scene, SET("door.block=opne")), -EINVAL);
	assert_string_equal(assert_reported(scene, REPORT_ERROR, "config_error", "unknown operation 'opne'")->plugin,
			    "door");
}

static void an_error_of_a_plugin_that_is_not_required_can_be_forgiven(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell }, { "door", &door }, { "guard", &guard });
	assert_int_equal(load(scene, SET("bell.volume=11", "door.profile=baseline")), -EINVAL);
	assert_int_equal(settings_forgive(scene->config, &scene->report), 0);
	assert_int_equal(scene->report.errors, 0);
	assert_reported(scene, REPORT_ERROR, "config_error", "[bell] volume: there is no such key");
	assert_true(config_section(scene->config, "bell")->invalid);
	assert_false(config_section(scene->config, "door")->invalid);
	assert_int_equal(reload(scene, SET("door.required=no", "door.block=opne")), -EINVAL);
	assert_int_equal(settings_forgive(scene->config, &scene->report), 0);
	assert_true(config_section(scene->config, "door")->invalid);
}

static void any_other_error_is_not_forgiven(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell }, { "door", &door }, { "guard", &guard });
	assert_int_equal(load(scene, SET("bell.volume=11", "door.block=opne")), -EINVAL);
	assert_int_equal(settings_forgive(scene->config, &scene->report), -EINVAL);
	assert_int_equal(scene->report.errors, 2);
	assert_int_equal(reload(scene, SET("door.required=maybe")), -EINVAL);
	assert_int_equal(settings_forgive(scene->config, &scene->report), -EINVAL);
	assert_int_equal(reload(scene, SET("bell.volume=11", "bpflock.ring_size=65537")), -EINVAL);
	assert_int_equal(settings_forgive(scene->config, &scene->report), -EINVAL);
	assert_int_equal(reload(scene, SET("bell.volume=11", "mouse.trap=1")), -EINVAL);
	assert_int_equal(settings_forgive(scene->config, &scene->report), -EINVAL);
}

static void a_reload_decides_anew_about_the_guard(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell }, { "door", &door }, { "guard", &guard });
	assert_int_equal(load(scene, SET("door.enabled=yes")), 0);
	assert_true(is_enabled(scene, "guard"));
	files = NULL; /* what there is was found at the start */
	assert_int_equal(reload(scene, SET("bell.enabled=yes")), 0);
	assert_nothing_reported(scene);
	assert_false(is_enabled(scene, "guard"));
	assert_int_equal(reload(scene, SET("door.enabled=yes")), 0);
	assert_true(is_enabled(scene, "guard"));
}

static void the_plugin_directory_comes_from_the_configuration(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell });
	assert_int_equal(load(scene, SET("bpflock.plugin_dir=/opt/plugins")), 0);
	assert_string_equal(directory, "/opt/plugins");
}

static void without_a_plugin_directory_there_is_no_configuration(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(load(scene, SET("bpflock.log_format=json")), -ENOENT);
	assert_string_equal(directory, BPFLOCK_PLUGIN_DIR "," BPFLOCK_LOCAL_PLUGIN_DIR);
	assert_null(scene->config);
	assert_int_equal(scene->report.errors, 1);
}

static void what_the_core_cannot_use_is_reported_at_once_with_the_rest(void **state)
{
	struct scene *scene = *state;

	PLUGINS({ "bell", &bell });
	assert_int_equal(load(scene, SET("bpflock.ring_size=65537", "bpflock.log_output=nowhere", "mouse.trap=1")),
			 -EINVAL);
	assert_string_equal(
		assert_reported(scene, REPORT_ERROR, "config_error", "[bpflock] ring_size: 65537 is not a power of two")
			->where,
		"-o");
	assert_reported(scene, REPORT_ERROR, "config_error", "'nowhere' is not an output");
	assert_reported(scene, REPORT_ERROR, "config_error", "there is no section [mouse]");
	assert_int_equal(scene->report.errors, 3);
	assert_int_equal(reload(scene, SET("bpflock.ring_size=64K", "bell.enabled=yes")), 0);
	assert_nothing_reported(scene);
}

static void a_cgroup_that_is_missing_is_named_in_a_notice(void **state)
{
	struct scene *scene = *state;
	const struct report_item *item;

	PLUGINS({ "bell", &bell }, { "door", &door }, { "guard", &guard });
	assert_int_equal(load(scene, SET("bell.towers=/there, /later", "guard.except_cgroups=/there, /a")), 0);
	item = assert_reported(scene, REPORT_NOTICE, "config_notice",
			       "[bell] towers: the cgroup /cgroups/later is not found (No such file or directory); it "
			       "will be watched for");
	assert_string_equal(item->plugin, "bell");
	assert_reported(scene, REPORT_NOTICE, "config_notice",
			"[guard] except_cgroups: the cgroup /cgroups/a is not found");
	assert_int_equal(scene->report.count, 2);
	assert_int_equal(reload(scene, SET("bell.towers=/there")), 0);
	assert_nothing_reported(scene);
	assert_int_equal(reload(scene, SET("bell.towers=/later", "bell.enabled=no", "door.enabled=yes")), 0);
	assert_nothing_reported(scene);
	assert_int_equal(reload(scene, SET("bell.towers=/later", "bell.volume=11")), -EINVAL);
	assert_int_equal(scene->report.count, 1);
}

static void where_no_hierarchy_is_mounted_an_option_that_names_cgroups_is_refused(void **state)
{
	struct scene *scene = *state;
	const struct report_item *item;

	hierarchy = NULL;
	PLUGINS({ "bell", &bell }, { "guard", &guard });
	assert_int_equal(load(scene, SET("bell.towers=/there, /later")), -EINVAL);
	item = assert_reported(scene, REPORT_ERROR, "config_error", "[bell] towers: no cgroup v2 hierarchy is mounted");
	assert_string_equal(item->remedy, "mount -t cgroup2 none /sys/fs/cgroup");
	assert_int_equal(scene->report.count, 1);
	assert_int_equal(settings_forgive(scene->config, &scene->report), 0);
	assert_true(config_section(scene->config, "bell")->invalid);
	assert_int_equal(reload(scene, SET("bell.towers=", "bell.enabled=yes")), 0);
	assert_nothing_reported(scene);
	/* Exceptions are checked by themselves: there is one error about them, and here none. */
	assert_int_equal(reload(scene, SET("guard.except_cgroups=/there")), 0);
	assert_nothing_reported(scene);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_enforcer_enables_the_guard),
		TEST(an_observer_enables_no_guard),
		TEST(a_guard_may_run_without_an_enforcer_and_is_none_itself),
		TEST(a_guard_that_the_operator_disables_stays_so_with_a_warning),
		TEST(an_enforcer_without_a_guard_to_run_is_warned_about),
		TEST(one_guard_of_two_is_enough),
		TEST(a_guard_whose_file_is_refused_guards_nothing),
		TEST(a_refused_plugin_that_is_wanted_is_an_error_unless_it_is_not_required),
		TEST(a_refused_plugin_that_nobody_wants_is_a_warning_and_no_enforcer),
		TEST(options_of_a_refused_plugin_are_taken_as_they_are),
		TEST(a_plugin_whose_operations_this_kernel_lacks_is_refused),
		TEST(only_enabled_plugins_are_asked_to_check_and_guards_are),
		TEST(a_configuration_that_enables_nothing_is_warned_about),
		TEST(a_value_that_is_refused_has_no_second_error_from_the_plugin),
		TEST(an_error_of_a_plugin_that_is_not_required_can_be_forgiven),
		TEST(any_other_error_is_not_forgiven),
		TEST(a_reload_decides_anew_about_the_guard),
		TEST(the_plugin_directory_comes_from_the_configuration),
		TEST(without_a_plugin_directory_there_is_no_configuration),
		TEST(what_the_core_cannot_use_is_reported_at_once_with_the_rest),
		TEST(a_cgroup_that_is_missing_is_named_in_a_notice),
		TEST(where_no_hierarchy_is_mounted_an_option_that_names_cgroups_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
