// SPDX-License-Identifier: Apache-2.0
/*
 * How a configuration is put in force, with instances that the test plays in the place of the loader: in which order
 * the steps come, and what is left when one of them fails.
 */
#include "daemon/manager.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/options.h"
#include "loader/limits.h"
#include "loader/loader.h"
#include "unit.h"
#include "util/memory.h"

/* What was done, as "STEP PLUGIN" in order, and the step that is to fail: "load door". */
static char done[4096];
static const char *failing;
static struct bpflock_policy policies[8];
static size_t policy_count;

static void note(const char *text)
{
	strcat(done, *done ? ", " : "");
	strcat(done, text);
}

static int step(const char *name, const struct instance *instance)
{
	CLEANUP(cleanup_free) char *text = xasprintf("%s %s", name, instance->plugin->name);

	note(text);
	return failing && strcmp(text, failing) == 0 ? -EIO : 0;
}

static struct instance_program loaded[] = {
	{ .number = 1, .hook = "lsm/decide", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
	{ .number = 3, .hook = "lsm/never_seen" },
};

static void take_policy(struct instance *instance)
{
	instance->policy = &policies[policy_count++];
	instance->programs = loaded;
	instance->program_count = ARRAY_SIZE(loaded);
}

int instance_open(struct instance *instance, const struct instance *predecessor, const struct plugin *plugin,
		  const struct config_section *section, struct kernel *kernel, const struct pins *pins,
		  struct report *report)
{
	(void)kernel;
	(void)pins;
	*instance = (struct instance){ .plugin = plugin,
				       .section = section,
				       .generation = predecessor ? predecessor->generation + 1 : 1,
				       .exceptions_map = -1 };
	if (plugin_is_enforcer(plugin))
		take_policy(instance);
	if (step("open", instance) == 0)
		return 0;
	report_add(report, REPORT_ERROR, "plugin_failed", NULL, "it cannot be opened");
	return -EIO;
}

int instance_load(struct instance *instance, struct report *report)
{
	(void)report;
	return step("load", instance);
}

int instance_check_lists(const struct instance *instance, const struct config_section *section, struct report *report)
{
	(void)instance;
	(void)section;
	(void)report;
	return 0;
}

int instance_fill_maps(const struct instance *instance, struct report *report)
{
	(void)instance;
	(void)report;
	return 0;
}

int instance_watch_options(struct instance *instance, int epoll, struct report *report)
{
	(void)instance;
	(void)epoll;
	(void)report;
	return 0;
}

int instance_attach(struct instance *instance, struct report *report)
{
	(void)report;
	return step("attach", instance);
}

struct limits *limits_open(const struct kernel *kernel, int protected)
{
	(void)kernel;
	(void)protected;
	return NULL;
}

struct limits *limits_close(struct limits *limits)
{
	return limits;
}

int limits_add(struct limits *limits, const struct instance *instance, struct report *report)
{
	CLEANUP(cleanup_free) char *text = xasprintf("limit %s", instance->plugin->name);

	(void)limits;
	(void)report;
	return failing && strcmp(text, failing) == 0 ? -E2BIG : 0;
}

int instance_pin(struct instance *instance, struct report *report)
{
	(void)report;
	return step("pin", instance);
}

void instance_unpin(const struct instance *instance)
{
	(void)step("unpin", instance);
}

/* Stands for what fills the map of an instance: the section that names what is in there. */
struct exceptions {
	const struct config_section *section;
};

int instance_prepare_exceptions(struct instance *instance, const struct config_section *section, int epoll,
				struct report *report)
{
	(void)epoll;
	(void)report;
	if (!plugin_is_enforcer(instance->plugin) || !config_value(section, "except_cgroups")->count)
		return 0;
	if (step("except", instance) < 0)
		return -EIO;
	instance->next_exceptions = xcalloc(1, sizeof(*instance->next_exceptions));
	instance->next_exceptions->section = section;
	return 0;
}

void instance_commit_exceptions(struct instance *instance)
{
	free(instance->exceptions);
	instance->exceptions = instance->next_exceptions;
	instance->next_exceptions = NULL;
}

void instance_discard_exceptions(struct instance *instance)
{
	free(instance->next_exceptions);
	instance->next_exceptions = NULL;
}

void instance_refresh_cgroups(struct instance *instance, struct report *report)
{
	(void)instance;
	(void)report;
}

void instance_record(struct instance *instance)
{
	(void)step("record", instance);
}

void instance_unprotect(const struct instance *instance)
{
	(void)step("disown", instance);
}

struct instance *instance_of_predecessor(const struct plugin *plugin)
{
	(void)plugin;
	return NULL;
}

void instance_detach(struct instance *instance)
{
	(void)step("detach", instance);
}

void instance_free(struct instance *instance)
{
	instance_discard_exceptions(instance);
	free(instance->exceptions);
	(void)step("free", instance);
}

static __u64 skipped_runs;

__u64 instance_skipped_runs(const struct instance *instance)
{
	(void)instance;
	return skipped_runs;
}

int pins_remove_generations(const char *plugin, __u64 keep)
{
	(void)plugin;
	note(keep ? "unpin the old" : "unpin all");
	return failing && strcmp(failing, "unpin") == 0 ? -EROFS : 0;
}

int pins_remove_plugin(const char *plugin)
{
	(void)plugin;
	note("unpin the state");
	return 0;
}

void pins_report_kept(const char *plugin, int error, struct report *report)
{
	if (error)
		report_plugin(report_add(report, REPORT_ERROR, "pins_failed", NULL, "kept: %s", strerror(-error)),
			      plugin);
}

int pins_pin_shared(const struct pins *pins, struct report *report)
{
	(void)pins;
	(void)report;
	note("pin the shared");
	return 0;
}

void pins_await_removal(void)
{
	note("await removal");
}

bool pins_have_plugin(const char *plugin)
{
	(void)plugin;
	return false;
}

/* Is the program seen to run? As the daemon's self-test does it. */
static bool is_called = true;

static int self_test(const struct bpflock_host *host, const void *config)
{
	(void)host;
	(void)config;
	for (size_t i = 0; is_called && i < ARRAY_SIZE(policies); i++)
		policies[i].passes[1]++;
	return 0;
}

static const struct bpflock_option depth[] = {
	{ .name = "depth", .summary = "s", .initial = "1", .type = BPFLOCK_OPTION_UINT, .variable = "depth" },
};

static const struct bpflock_program programs[] = {
	{ .name = "decide", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
};
static const struct bpflock_program guard_programs[] = {
	{ .name = "decide", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
	{ .name = "decide_more", .flags = BPFLOCK_PROGRAM_HOST },
};

static struct operation door_operations[] = { { .name = (char *)(uintptr_t) "open",
						.text = (char *)(uintptr_t) "open",
						.groups = (char *)(uintptr_t) "",
						.index = 0 } };
static struct operation guard_operations[] = { { .name = (char *)(uintptr_t) "load",
						 .text = (char *)(uintptr_t) "load",
						 .groups = (char *)(uintptr_t) "",
						 .index = 0,
						 .denial = ENOENT,
						 .flags = BPFLOCK_OPERATION_WHILE_ENFORCING } };

/* In name order; the observer comes first. */
static struct plugin items[] = {
	{ .name = (char *)(uintptr_t) "bell", .descriptor = { .name = "bell", .options = BPFLOCK_TABLE(depth) } },
	{ .name = (char *)(uintptr_t) "door",
	  .descriptor = { .name = "door",
			  .flags = BPFLOCK_ENFORCER,
			  .options = BPFLOCK_TABLE(depth),
			  .programs = BPFLOCK_TABLE(programs),
			  .self_test = self_test },
	  .operations = { door_operations, 1 } },
	{ .name = (char *)(uintptr_t) "guard",
	  .descriptor = { .name = "guard",
			  .flags = BPFLOCK_ENFORCER | BPFLOCK_GUARD,
			  .programs = BPFLOCK_TABLE(guard_programs),
			  .self_test = self_test },
	  .operations = { guard_operations, 1 } },
};

struct scene {
	struct config_schema_section sections[4];
	struct plugins plugins;
	struct config_schema schema;
	struct kernel kernel;
	struct pins pins;
	struct manager manager;
	struct report report;
};

/* The section with errors, or NULL. */
static const char *invalid;

static int set_up(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));

	scene->sections[0] = (struct config_schema_section){ .name = CONFIG_CORE_SECTION,
							     .tables = { core_options },
							     .table_count = 1 };
	scene->sections[1] = (struct config_schema_section){
		.name = "bell",
		.plugin = true,
		.table_count = 2,
		.tables = { observer_options, items[0].descriptor.options },
	};
	scene->sections[2] = (struct config_schema_section){
		.name = "door",
		.plugin = true,
		.table_count = 4,
		.tables = { enforcer_options, *policy_defaults(&items[1].descriptor), policy_options,
			    items[1].descriptor.options },
	};
	scene->sections[3] = (struct config_schema_section){
		.name = "guard",
		.plugin = true,
		.table_count = 3,
		.tables = { enforcer_options, *policy_defaults(&items[2].descriptor), policy_options },
	};
	scene->plugins = (struct plugins){ items, ARRAY_SIZE(items) };
	scene->schema = (struct config_schema){ scene->sections, ARRAY_SIZE(scene->sections) };
	*done = '\0';
	failing = NULL;
	invalid = NULL;
	skipped_runs = 0;
	is_called = true;
	policy_count = 0;
	memset(policies, 0, sizeof(policies));
	assert_int_equal(manager_init(&scene->manager, &scene->plugins, &scene->kernel, &scene->pins), 0);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	failing = NULL;
	manager_release(&scene->manager);
	report_clear(&scene->report);
	free(scene);
	return 0;
}

#define SET(...)                  \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

/* What is done while this configuration is put in force is in `done` afterwards. */
static int apply(struct scene *scene, const char *const *assignments)
{
	const struct config_sources sources = { .main_file = "/nonexistent",
						.drop_in_dir = "/nonexistent",
						.environment = (const char *const[]){ NULL },
						.assignments = assignments };
	struct config_text *text;
	struct config *config;
	int error;

	*done = '\0';
	assert_int_equal(config_read(&sources, &text, &scene->report), 0);
	assert_int_equal(config_bind(text, &scene->schema, &config, &scene->report), 0);
	config_text_free(text);
	if (invalid)
		config_section(config, invalid)->invalid = true;
	error = manager_apply(&scene->manager, config, &scene->report);
	if (error)
		config_free(config);
	return error;
}

static void everything_is_loaded_first_and_observers_are_attached_after_enforcers(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("bell.enabled=yes", "door.enabled=yes")), 0);
	assert_string_equal(
		done, "open bell, open door, load bell, load door, attach door, attach bell, "
		      "pin the shared, pin bell, pin the shared, pin door, record bell, unpin the old, record door, "
		      "unpin the old");
	assert_non_null(scene->manager.plugins[0].instance);
	assert_non_null(scene->manager.plugins[1].instance);
	assert_int_equal(scene->manager.plugins[1].verification.state, VERIFY_ENFORCING);
	assert_null(scene->manager.plugins[1].verification.reason);
	assert_string_equal(scene->manager.plugins[1].verification.unseen, "lsm/never_seen");
}

static void a_plugin_whose_configuration_has_errors_is_left_out(void **state)
{
	struct scene *scene = *state;

	invalid = "bell";
	assert_int_equal(apply(scene, SET("bell.enabled=yes", "door.enabled=yes")), 0);
	assert_null(scene->manager.plugins[0].instance);
	assert_non_null(scene->manager.plugins[1].instance);
	assert_string_equal(scene->report.items[0].plugin, "bell");
	assert_string_equal(scene->report.items[0].message, "it is left out: its configuration has errors");
}

/* Also what a predecessor has pinned of it: nothing is removed. */
static void an_enforcer_that_is_left_out_keeps_what_is_pinned(void **state)
{
	struct scene *scene = *state;

	invalid = "door";
	assert_int_equal(apply(scene, SET("door.enabled=yes", "door.required=no")), 0);
	assert_null(scene->manager.plugins[1].instance);
	assert_string_equal(done, "");
}

static void pins_that_cannot_be_removed_are_reported(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.enabled=yes")), 0);
	failing = "unpin";
	assert_int_equal(apply(scene, SET("door.enabled=yes", "door.depth=2")), 0);
	assert_int_equal(scene->report.count, 1);
	assert_string_equal(scene->report.items[0].plugin, "door");
	assert_int_equal(apply(scene, SET("door.enabled=no")), 0);
	assert_int_equal(scene->report.count, 2);
	assert_string_equal(scene->report.items[1].message, "kept: Read-only file system");
}

static void an_enforcer_whose_programs_were_skipped_is_not_said_to_enforce(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.enabled=yes")), 0);
	skipped_runs = 1;
	manager_verify(&scene->manager);
	assert_int_equal(scene->manager.plugins[1].verification.state, VERIFY_UNVERIFIED);
	assert_non_null(strstr(scene->manager.plugins[1].verification.reason, "has skipped runs of its programs"));
}

static void what_is_not_enabled_does_not_run(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.enabled=yes")), 0);
	assert_string_equal(done, "open door, load door, attach door, pin the shared, pin door, record door, "
				  "unpin the old");
	assert_null(scene->manager.plugins[0].instance);
}

static void a_policy_alone_is_written_to_the_instance_that_runs(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.profile=restricted")), 0);
	assert_int_equal(policies[0].slots[policies[0].active].rules[0], BPFLOCK_RULE_RESTRICTED);
	assert_int_equal(apply(scene, SET("door.profile=baseline")), 0);
	assert_string_equal(done, "");
	assert_int_equal(policies[0].slots[policies[0].active].rules[0], BPFLOCK_RULE_BASELINE);
}

static void an_option_of_the_object_takes_a_successor_that_records_before_the_old_one_goes(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.profile=restricted")), 0);
	skipped_runs = 3;
	scene->manager.plugins[1].skipped_runs = 1;
	assert_int_equal(apply(scene, SET("door.profile=restricted", "door.depth=2")), 0);
	assert_string_equal(done,
			    "open door, load door, attach door, pin the shared, pin door, record door, disown door, "
			    "detach door, unpin the old, free door");
	assert_int_equal(scene->manager.plugins[1].instance->generation, 2);
	assert_int_equal(scene->manager.plugins[1].skipped_runs, 0);
	assert_int_equal(scene->manager.plugins[1].skipped_before, 2);
	assert_int_equal(policies[1].slots[policies[1].active].rules[0], BPFLOCK_RULE_RESTRICTED);
}

static void a_step_that_fails_takes_back_what_was_prepared_and_changes_nothing(void **state)
{
	static const char *const steps[] = { "open door", "load door", "attach door", "pin door" };
	struct scene *scene = *state;
	struct instance *running;

	assert_int_equal(apply(scene, SET("door.profile=restricted")), 0);
	running = scene->manager.plugins[1].instance;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		failing = steps[i];
		policy_count = 1;
		assert_int_equal(apply(scene, SET("door.profile=baseline", "door.depth=2")), -EIO);
		assert_non_null(strstr(done, "unpin door, disown door, free door"));
		assert_null(strstr(done, "record"));
		assert_ptr_equal(scene->manager.plugins[1].instance, running);
		assert_int_equal(policies[0].slots[policies[0].active].rules[0], BPFLOCK_RULE_RESTRICTED);
		failing = NULL;
	}
}

/* The exceptions in the map of an instance. */
static const char *exceptions_of(const struct instance *instance)
{
	return instance->exceptions ? config_value(instance->exceptions->section, "except_cgroups")->text : "";
}

static void exceptions_come_and_go_with_the_configuration(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.profile=baseline", "door.except_cgroups=/old")), 0);
	assert_string_equal(exceptions_of(scene->manager.plugins[1].instance), "/old");
	assert_int_equal(apply(scene, SET("door.profile=baseline", "door.except_cgroups=/new")), 0);
	assert_string_equal(done, "except door");
	assert_string_equal(exceptions_of(scene->manager.plugins[1].instance), "/new");
	assert_int_equal(apply(scene, SET("door.profile=baseline", "door.except_cgroups=/new", "door.depth=2")), 0);
	assert_string_equal(exceptions_of(scene->manager.plugins[1].instance), "/new");
	assert_int_equal(apply(scene, SET("door.profile=baseline", "door.depth=2")), 0);
	assert_string_equal(exceptions_of(scene->manager.plugins[1].instance), "");
}

/* With old policy, exceptions and options. */
static void assert_unchanged(const struct managed_plugin *door, const struct instance *before)
{
	assert_ptr_equal(door->instance, before);
	assert_int_equal(policies[0].slots[policies[0].active].rules[0],
			 BPFLOCK_RULE_BASELINE | BPFLOCK_RULE_EXCEPTIONS);
	assert_string_equal(exceptions_of(before), "/old");
	assert_null(before->next_exceptions);
	assert_int_equal(door->verification.state, VERIFY_ENFORCING);
	assert_int_equal(config_number(before->section, "depth"), 1);
}

static void a_plugin_that_is_not_required_stays_as_it_was_when_a_step_of_a_reload_fails(void **state)
{
	static const char *const steps[] = { "open door", "load door", "except door", "attach door", "pin door" };
	struct scene *scene = *state;
	const struct managed_plugin *door = &scene->manager.plugins[1];
	const struct instance *before;

	assert_int_equal(apply(scene, SET("door.profile=baseline", "door.required=no", "door.except_cgroups=/old")), 0);
	before = door->instance;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		failing = steps[i];
		policy_count = 1;
		assert_int_equal(apply(scene, SET("door.profile=restricted", "door.required=no",
						  "door.except_cgroups=/new", "door.depth=2")),
				 0);
		assert_non_null(strstr(done, failing));
		assert_non_null(strstr(done, "unpin door, disown door, free door"));
		assert_unchanged(door, before);
	}
	failing = "except door";
	assert_int_equal(apply(scene, SET("door.profile=restricted", "door.required=no", "door.except_cgroups=/new")),
			 0);
	assert_unchanged(door, before);
	failing = NULL;
	assert_int_equal(apply(scene, SET("door.profile=restricted", "door.required=no", "door.except_cgroups=/new",
					  "door.depth=2")),
			 0);
	assert_int_equal(door->instance->generation, 2);
	assert_string_equal(exceptions_of(door->instance), "/new");
}

static void a_successor_that_is_not_called_does_not_replace_the_enforcer_that_is(void **state)
{
	struct scene *scene = *state;
	const struct managed_plugin *door = &scene->manager.plugins[1];
	const struct instance *before;

	assert_int_equal(apply(scene, SET("door.profile=baseline", "door.required=no", "door.except_cgroups=/old")), 0);
	before = door->instance;
	is_called = false;
	assert_int_equal(apply(scene, SET("door.profile=restricted", "door.required=no", "door.depth=2")), 0);
	assert_unchanged(door, before);
	assert_int_equal(apply(scene, SET("door.profile=restricted", "door.depth=2")), -ENOTRECOVERABLE);
	assert_unchanged(door, before);
}

static void a_plugin_that_is_not_required_is_left_out_and_the_others_run(void **state)
{
	struct scene *scene = *state;

	failing = "open bell";
	assert_int_equal(apply(scene, SET("bell.enabled=yes", "door.enabled=yes")), 0);
	assert_null(scene->manager.plugins[0].instance);
	assert_non_null(scene->manager.plugins[1].instance);
	assert_int_equal(scene->report.count, 1);
	assert_int_equal(scene->report.items[0].level, REPORT_WARNING);
	assert_int_equal(scene->report.errors, 0);
}

static void an_enforcer_that_is_not_required_and_left_out_stays_an_error_to_the_eye(void **state)
{
	struct scene *scene = *state;

	failing = "open door";
	assert_int_equal(apply(scene, SET("door.enabled=yes", "door.required=no")), 0);
	assert_int_equal(scene->report.items[0].level, REPORT_ERROR);
	assert_int_equal(scene->report.errors, 0);
}

static void an_enforcer_that_is_not_called_is_refused(void **state)
{
	struct scene *scene = *state;

	is_called = false;
	assert_int_equal(apply(scene, SET("door.enabled=yes")), -ENOTRECOVERABLE);
	assert_null(scene->manager.plugins[1].instance);
	assert_non_null(strstr(scene->report.items[0].message, "the kernel does not call it: lsm/decide"));
}

static void an_enforcer_that_is_no_longer_called_is_noticed(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.enabled=yes")), 0);
	scene->manager.plugins[1].verification.reported = true;
	manager_verify(&scene->manager);
	assert_true(scene->manager.plugins[1].verification.reported);
	is_called = false;
	manager_verify(&scene->manager);
	assert_int_equal(scene->manager.plugins[1].verification.state, VERIFY_FAILED);
	assert_false(scene->manager.plugins[1].verification.reported);
	is_called = true;
	manager_verify(&scene->manager);
	assert_int_equal(scene->manager.plugins[1].verification.state, VERIFY_ENFORCING);
}

static void a_plugin_that_is_disabled_is_detached_and_can_still_be_asked_for_its_counts(void **state)
{
	struct scene *scene = *state;
	const struct instance *bell;

	assert_int_equal(apply(scene, SET("bell.enabled=yes", "door.enabled=yes")), 0);
	bell = scene->manager.plugins[0].instance;
	assert_int_equal(apply(scene, SET("door.enabled=yes")), 0);
	/* While a pin holds a link, a program decides on after its descriptor is closed. */
	assert_string_equal(done, "disown bell, unpin all, await removal, detach bell");
	assert_true(manager_has_stopped(&scene->manager));
	assert_ptr_equal(manager_instance(&scene->manager.plugins[0]), bell);
	*done = '\0';
	manager_finalize(&scene->manager);
	/* Until now a successor would find what to report. */
	assert_string_equal(done, "unpin the state, free bell");
	assert_false(manager_has_stopped(&scene->manager));
	assert_null(manager_instance(&scene->manager.plugins[0]));
}

static void what_is_kept_at_a_stop_stays_pinned(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.enabled=yes")), 0);
	*done = '\0';
	manager_stop(&scene->manager, true, &scene->report);
	manager_finalize(&scene->manager);
	assert_string_equal(done, "detach door, free door");
}

/* Of the guard's instance, which comes after the door's. */
static __u8 rule_of_guard(void)
{
	return policies[1].slots[policies[1].active].rules[0];
}

static void a_guard_denies_some_things_only_while_an_enforcer_can_deny(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("door.profile=baseline", "guard.enabled=yes")), 0);
	assert_int_equal(rule_of_guard(), BPFLOCK_RULE_BASELINE | BPFLOCK_RULE_LOG_DENIED);
	assert_int_equal(policies[1].denials[0], ENOENT);
	assert_int_equal(apply(scene, SET("door.profile=privileged", "guard.enabled=yes")), 0);
	assert_int_equal(rule_of_guard(), BPFLOCK_RULE_BASELINE | BPFLOCK_RULE_LOG_DENIED | BPFLOCK_RULE_AUDIT);
	assert_int_equal(apply(scene, SET("door.block=@all", "guard.enabled=yes")), 0);
	assert_int_equal(rule_of_guard(), BPFLOCK_RULE_BASELINE | BPFLOCK_RULE_LOG_DENIED);
}

static void programs_against_the_host_come_and_go_with_a_policy_that_denies_it(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(apply(scene, SET("guard.profile=baseline", "door.profile=baseline")), 0);
	assert_int_equal(apply(scene, SET("guard.profile=privileged", "door.profile=restricted")), 0);
	assert_string_equal(done, "");
	assert_int_equal(apply(scene, SET("guard.profile=restricted", "door.profile=restricted")), 0);
	assert_non_null(strstr(done, "open guard, load guard, attach guard, pin the shared, pin guard, record guard"));
	assert_int_equal(apply(scene, SET("guard.block=@all", "door.profile=restricted")), 0);
	assert_string_equal(done, "");
	assert_int_equal(apply(scene, SET("guard.profile=baseline", "door.profile=restricted")), 0);
	assert_non_null(strstr(done, "open guard"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_loaded_first_and_observers_are_attached_after_enforcers),
		TEST(a_plugin_whose_configuration_has_errors_is_left_out),
		TEST(an_enforcer_that_is_left_out_keeps_what_is_pinned),
		TEST(pins_that_cannot_be_removed_are_reported),
		TEST(an_enforcer_whose_programs_were_skipped_is_not_said_to_enforce),
		TEST(what_is_not_enabled_does_not_run),
		TEST(a_policy_alone_is_written_to_the_instance_that_runs),
		TEST(an_option_of_the_object_takes_a_successor_that_records_before_the_old_one_goes),
		TEST(a_step_that_fails_takes_back_what_was_prepared_and_changes_nothing),
		TEST(exceptions_come_and_go_with_the_configuration),
		TEST(a_plugin_that_is_not_required_stays_as_it_was_when_a_step_of_a_reload_fails),
		TEST(a_successor_that_is_not_called_does_not_replace_the_enforcer_that_is),
		TEST(a_plugin_that_is_not_required_is_left_out_and_the_others_run),
		TEST(an_enforcer_that_is_not_required_and_left_out_stays_an_error_to_the_eye),
		TEST(an_enforcer_that_is_not_called_is_refused),
		TEST(a_guard_denies_some_things_only_while_an_enforcer_can_deny),
		TEST(programs_against_the_host_come_and_go_with_a_policy_that_denies_it),
		TEST(an_enforcer_that_is_no_longer_called_is_noticed),
		TEST(a_plugin_that_is_disabled_is_detached_and_can_still_be_asked_for_its_counts),
		TEST(what_is_kept_at_a_stop_stays_pinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
