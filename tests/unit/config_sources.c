/* SPDX-License-Identifier: Apache-2.0 */
/* Which source wins, what enables a plugin, and what a variable or -o may be. */
#include "config_support.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void the_precedence_is_default_main_drop_ins_environment_assignment(void **state)
{
	struct scene *scene = *state;

	scene_must_read(scene);
	assert_frog(scene, "legs", "4");
	assert_origin(scene, "legs", "default");
	scene_write(scene, "main.conf", FROG "legs = 5\n");
	scene_must_read(scene);
	assert_frog(scene, "legs", "5");
	scene_write(scene, "conf.d/10.conf", FROG "legs = 6\n");
	scene_must_read(scene);
	assert_frog(scene, "legs", "6");
	scene_write(scene, "conf.d/20.conf", FROG "legs = 7\n");
	scene_must_read(scene);
	assert_frog(scene, "legs", "7");
	assert_non_null(strstr(frog_value(scene, "legs")->origin, "/conf.d/20.conf:2"));
	scene->sources.environment = LIST("BPFLOCK_FROG_LEGS=8");
	scene_must_read(scene);
	assert_frog(scene, "legs", "8");
	assert_origin(scene, "legs", "BPFLOCK_FROG_LEGS");
	scene->sources.assignments = LIST("frog.legs=9");
	scene_must_read(scene);
	assert_frog(scene, "legs", "9");
	assert_origin(scene, "legs", "-o");
	assert_int_equal(config_number(frog_of(scene), "legs"), 9);
}

static void drop_ins_are_read_in_byte_order_and_only_those_that_end_in_conf(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "conf.d/a.conf", FROG "legs = 5\n");
	scene_write(scene, "conf.d/B.conf", FROG "legs = 6\n");
	scene_write(scene, "conf.d/z.conf~", "nonsense");
	scene_write(scene, "conf.d/z.conf.dpkg-new", "nonsense");
	scene_write(scene, "conf.d/.z.conf", "nonsense");
	scene_write(scene, "conf.d/README", "nonsense");
	scene_must_read(scene);
	assert_frog(scene, "legs", "5");
}

static void a_drop_in_that_cannot_be_read_is_an_error(void **state)
{
	struct scene *scene = *state;
	CLEANUP(cleanup_free) char *path = xasprintf("%s/b.conf", scene->drop_in_dir);

	scene_write(scene, "conf.d/a.conf", "");
	assert_int_equal(symlink("missing", path), 0);
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "/conf.d/b.conf: the file cannot be read: No such file");
}

static void a_drop_in_directory_that_is_none_is_an_error(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf", "");
	scene->sources.drop_in_dir = scene->main_file;
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "main.conf: the directory cannot be read: Not a directory");
}

static void a_file_given_by_name_is_the_only_one_and_must_exist(void **state)
{
	struct scene *scene = *state;
	CLEANUP(cleanup_free) char *path = xasprintf("%s/own", scene->directory);

	scene_write(scene, "main.conf", FROG "legs = 5\n");
	scene_write(scene, "conf.d/a.conf", FROG "weight = 5K\n");
	scene->sources.file = path;
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "/own: the file cannot be read: No such file or directory");
	scene_write(scene, "own", FROG "song = croak\n");
	scene->sources.environment = LIST("BPFLOCK_FROG_SLEEP=5s");
	scene_must_read(scene);
	assert_frog(scene, "legs", "4");
	assert_frog(scene, "weight", "2K");
	assert_frog(scene, "song", "croak");
	assert_frog(scene, "sleep", "5s");
}

static void a_list_adds_up_in_one_source_and_is_replaced_by_the_next(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf", FROG "ponds = a , b\n" CORE FROG "ponds = c\n");
	scene_must_read(scene);
	assert_frog(scene, "ponds", "a, b, c");
	assert_int_equal(frog_value(scene, "ponds")->count, 3);
	assert_string_equal(frog_value(scene, "ponds")->strings[1], "b");
	scene_write(scene, "conf.d/a.conf", FROG "ponds = d\n");
	scene_must_read(scene);
	assert_frog(scene, "ponds", "d");
	scene->sources.environment = LIST("BPFLOCK_FROG_PONDS=e,f");
	scene_must_read(scene);
	assert_frog(scene, "ponds", "e, f");
	scene->sources.assignments = LIST("frog.ponds=g", "frog.ponds=h");
	scene_must_read(scene);
	assert_frog(scene, "ponds", "g, h");
	scene->sources.assignments = LIST("frog.ponds=");
	scene_must_read(scene);
	assert_frog(scene, "ponds", "");
	assert_origin(scene, "ponds", "-o");
	assert_int_equal(frog_value(scene, "ponds")->count, 0);
}

static void an_entry_that_is_replaced_later_is_checked_all_the_same(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf", FROG "legs = many\n");
	scene->sources.assignments = LIST("frog.legs=4");
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "main.conf:2: [frog] legs: 'many' is not a valid number");
}

/* Whether the frog is enabled, and by what. */
static void assert_enabled(struct scene *scene, const char *file, const char *const *environment,
			   const char *const *assignments, const char *origin)
{
	const struct config_value *value;

	scene_write(scene, "main.conf", file);
	scene->sources.environment = environment;
	scene->sources.assignments = assignments;
	scene_must_read(scene);
	value = frog_value(scene, "enabled");
	assert_int_equal(frog_of(scene)->enabled, origin != NULL);
	assert_int_equal(value->numbers[0], origin != NULL);
	if (origin && !strstr(value->origin, origin))
		fail_msg("enabled by %s, not by %s", value->origin, origin);
	assert_false(config_section(scene->config, "toad")->enabled);
	assert_true(config_section(scene->config, "bpflock")->enabled);
}

static void a_file_enables_a_plugin_by_any_option(void **state)
{
	assert_enabled(*state, "", NULL, NULL, NULL);
	assert_enabled(*state, FROG, NULL, NULL, NULL);
	assert_enabled(*state, FROG "legs = 4\n", NULL, NULL, "main.conf:2");
	assert_enabled(*state, FROG "legs = 4\nenabled = no\n", NULL, NULL, NULL);
	/* What has enabled it first is named. */
	assert_enabled(*state, FROG "enabled = yes\n", LIST("BPFLOCK_FROG_LEGS=4"), NULL, "main.conf:2");
	assert_enabled(*state, FROG "enabled = no\n", NULL, NULL, NULL);
	assert_enabled(*state, FROG "enabled = yes\n", NULL, NULL, "main.conf:2");
}

static void a_variable_enables_its_plugin(void **state)
{
	assert_enabled(*state, FROG "enabled = no\n", LIST("BPFLOCK_FROG_LEGS=4"), NULL, "BPFLOCK_FROG_LEGS");
	assert_enabled(*state, "", LIST("BPFLOCK_FROG_ENABLED=yes"), NULL, "BPFLOCK_FROG_ENABLED");
	assert_enabled(*state, "", LIST("BPFLOCK_THE_FROG_IS=brown"), NULL, "BPFLOCK_THE_FROG_IS");
	assert_enabled(*state, "", LIST("BPFLOCK_FROG_LEGS=", "BPFLOCK_FROG_SONG= "), NULL, NULL);
	assert_enabled(*state, "", LIST("BPFLOCK_LOG_FORMAT=json"), NULL, NULL);
}

static void a_variable_that_disables_has_the_last_word_over_others(void **state)
{
	assert_enabled(*state, FROG "enabled = yes\n", LIST("BPFLOCK_FROG_ENABLED=no", "BPFLOCK_FROG_LEGS=4"), NULL,
		       NULL);
	assert_enabled(*state, "", LIST("BPFLOCK_FROG_LEGS=4", "BPFLOCK_FROG_ENABLED=no"), NULL, NULL);
}

static void an_assignment_has_the_last_word_over_everything(void **state)
{
	assert_enabled(*state, "", LIST("BPFLOCK_FROG_ENABLED=no"), LIST("frog.legs=4"), "-o");
	assert_enabled(*state, "", LIST("BPFLOCK_FROG_ENABLED=yes"), LIST("frog.enabled=no", "frog.legs=4"), NULL);
	assert_enabled(*state, FROG "enabled = yes\n", NULL, LIST("frog.enabled=no"), NULL);
}

static void an_alias_sets_its_option(void **state)
{
	struct scene *scene = *state;

	scene->sources.environment = LIST("BPFLOCK_THE_FROG_IS=brown");
	scene_must_read(scene);
	assert_frog(scene, "colour", "brown");
	assert_origin(scene, "colour", "BPFLOCK_THE_FROG_IS");
}

static void an_option_set_by_two_variables_is_an_error(void **state)
{
	struct scene *scene = *state;

	scene->sources.environment = LIST("BPFLOCK_THE_FROG_IS=brown", "BPFLOCK_FROG_COLOUR=green");
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "BPFLOCK_FROG_COLOUR: [frog] colour: it is set twice "
			      "(first by BPFLOCK_THE_FROG_IS)");
}

static void the_core_s_variables_have_no_section_in_their_name(void **state)
{
	struct scene *scene = *state;

	scene->sources.environment = LIST("BPFLOCK_LOG_FORMAT=json");
	scene_must_read(scene);
	assert_string_equal(config_string(config_section(scene->config, "bpflock"), "log_format"), "json");
}

struct bad_source {
	const char *text;
	const char *fragment;
};

static void a_variable_that_maps_to_nothing_is_an_error_with_the_nearest_name(void **state)
{
	static const struct bad_source bad[] = {
		{ "BPFLOCK_FROG_LEG=4", "BPFLOCK_FROG_LEG: there is no such variable (did you mean "
					"'BPFLOCK_FROG_LEGS'?)" },
		{ "BPFLOCK_ENABLED=yes", "BPFLOCK_ENABLED: there is no such variable" },
		{ "BPFLOCK_BPFLOCK_LOG_FORMAT=json", "did you mean 'BPFLOCK_LOG_FORMAT'?" },
		{ "BPFLOCK_THE_FROG_ARE=brown", "did you mean 'BPFLOCK_THE_FROG_IS'?" },
		{ "BPFLOCK_=1", "BPFLOCK_: there is no such variable" },
		{ "BPFLOCK_frog_legs=4", "did you mean 'BPFLOCK_FROG_LEGS'?" },
		{ "BPFLOCK_SERVICE=4", "BPFLOCK_SERVICE: there is no such variable" },
		{ "BPFLOCK_FROG_LEGS=x", "BPFLOCK_FROG_LEGS: [frog] legs: 'x' is not" },
		{ "BPFLOCK_FROG_SONG=a\nb", "FROG_SONG: the value has a control character (0x0a)" },
		{ "BPFLOCK_FROG_SONG=a ;b", "BPFLOCK_FROG_SONG: the value has a ';'" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scene->sources.environment = LIST(bad[i].text);
		assert_int_equal(scene_read(scene), -EINVAL);
		assert_reports(scene, bad[i].fragment);
		assert_int_equal(scene->report.count, 1);
	}
}

static void variables_of_others_are_ignored_and_those_of_kubernetes_noticed(void **state)
{
	struct scene *scene = *state;

	scene->sources.environment = LIST("BPFLOCK=x", "PATH=/bin", "BPFLOCK_EMPTY=", "BPFLOCK_X",
					  "BPFLOCK_SERVICE_HOST=10.0.0.1", "BPFLOCK_PORT=tcp://10.0.0.1:80",
					  "BPFLOCK_PORT_80_TCP_ADDR=10.0.0.1", "BPFLOCK_METRICS_SERVICE_HOST=10.0.0.1",
					  "BPFLOCK_FROG_SERVICE_PORT=80", "BPFLOCK_FROG_SERVICE_PORT_HTTP=80",
					  "BPFLOCK_FROG_PORT=tcp://10.0.0.1:80", "BPFLOCK_NEWT_PORT_53_UDP_PROTO=udp");
	assert_int_equal(scene_read(scene), 0);
	assert_non_null(scene->config);
	assert_false(frog_of(scene)->enabled);
	assert_int_equal(scene->report.count, 8);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(scene->report.items[i].level, REPORT_NOTICE);
		assert_string_equal(scene->report.items[i].event, "config_notice");
	}
	assert_string_equal(scene->report.items[0].where, "BPFLOCK_SERVICE_HOST");
}

static void a_variable_in_lower_case_is_a_warning_with_its_proper_name(void **state)
{
	struct scene *scene = *state;

	scene->sources.environment = LIST("bpflock_frog_legs=4", "Bpflock_Log_Format=json", "bpflocks=1");
	assert_int_equal(scene_read(scene), 0);
	assert_false(frog_of(scene)->enabled);
	assert_int_equal(scene->report.count, 2);
	assert_reports(scene, "bpflock_frog_legs: ignored: names of variables are in upper case "
			      "(write BPFLOCK_FROG_LEGS)");
	assert_reports(scene, "write BPFLOCK_LOG_FORMAT");
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf", FROG "legs = 4\n");
	assert_int_equal(chmod(scene->main_file, 0664), 0);
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "it is writable by its group or by others (mode 0664) (chmod go-w ");
	assert_int_equal(chmod(scene->main_file, 0602), 0);
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "(mode 0602)");
	assert_int_equal(chmod(scene->main_file, 0644), 0);
	scene_must_read(scene);
}

/* As in a directory of a user that is mounted into a container. */
static void a_file_of_somebody_else_is_a_warning(void **state)
{
	struct scene *scene = *state;

	if (geteuid() != 0)
		skip();
	scene_write(scene, "main.conf", FROG "legs = 4\n");
	assert_int_equal(chown(scene->main_file, 1000, 0), 0);
	assert_int_equal(scene_read(scene), 0);
	assert_reports(scene, "main.conf: it belongs to user 1000, who can change it (chown root ");
	assert_frog(scene, "legs", "4");
}

static void a_bad_assignment_is_an_error_that_shows_it(void **state)
{
	static const struct bad_source bad[] = {
		{ "frog.legs", "-o frog.legs: this is not SECTION.KEY=VALUE (for example" },
		{ "legs=4.5", "-o legs=4.5: this is not SECTION.KEY=VALUE" },
		{ ".legs=4", "-o .legs=4: this is not" },
		{ "frog.=4", "-o frog.=4: this is not" },
		{ "", "-o : this is not" },
		{ "forg.legs=4", "-o forg.legs=4: there is no section [forg] (did you mean 'frog'?" },
		{ "frog.leg=4", "-o frog.leg=4: [frog] leg: there is no such key (did you mean 'le" },
		{ "frog.legs=", "-o frog.legs=: [frog] legs: there is no value" },
		{ "frog.legs=x", "-o frog.legs=x: [frog] legs: 'x' is not a valid number" },
		{ "frog.song=a\nb", "the value has a control character (0x0a)" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scene->sources.assignments = LIST(bad[i].text);
		assert_int_equal(scene_read(scene), -EINVAL);
		assert_reports(scene, bad[i].fragment);
		assert_int_equal(scene->report.count, 1);
	}
	scene->sources.assignments = LIST("frog.legs=4", "frog.legs=4");
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "it is set twice (first by -o frog.legs=4)");
}

static void an_assignment_may_have_blanks_and_any_sign_in_its_value(void **state)
{
	struct scene *scene = *state;

	scene->sources.assignments = LIST(" frog . song = a.b=c:d ");
	scene_must_read(scene);
	assert_frog(scene, "song", "a.b=c:d");
}

static bool peeks(const struct scene *scene, const char *expected)
{
	CLEANUP(cleanup_free) char *value = config_peek(scene->text, "plugin_dir");

	return expected ? value && strcmp(value, expected) == 0 : !value;
}

static void peek_gives_the_list_of_the_latest_source(void **state)
{
	struct scene *scene = *state;

	scene_must_read(scene);
	assert_true(peeks(scene, NULL));
	scene_write(scene, "main.conf", FROG "plugin_dir = /x\n" CORE "plugin_dir = /a\nplugin_dir = /e, /f\n");
	scene_read(scene);
	assert_true(peeks(scene, "/a, /e, /f"));
	scene->sources.environment = LIST("BPFLOCK_PLUGIN_DIR=/b", "BPFLOCK_LOG_FORMAT=c");
	scene_read(scene);
	assert_true(peeks(scene, "/b"));
	scene->sources.assignments = LIST("bpflock.plugin_dir=/c", "frog.plugin_dir=/d");
	scene_read(scene);
	assert_true(peeks(scene, "/c"));
}

/* As for a plugin that is known: the latest source counts, and in it `enabled` before other keys. */
static void what_enables_a_plugin_is_known_before_its_tables(void **state)
{
	struct scene *scene = *state;

	scene_read(scene);
	assert_false(config_enables(scene->text, "frog"));
	scene_write(scene, "main.conf", FROG "enabled = no\nsong = x\n");
	scene_read(scene);
	assert_false(config_enables(scene->text, "frog"));
	assert_false(config_enables(scene->text, "toad"));
	scene->sources.environment = LIST("BPFLOCK_FROG_SONG=y");
	scene_read(scene);
	assert_true(config_enables(scene->text, "frog"));
	assert_false(config_enables(scene->text, "fro"));
	scene->sources.assignments = LIST("frog.song=z", "frog.enabled=Off");
	scene_read(scene);
	assert_false(config_enables(scene->text, "frog"));
}

static void anything_may_be_said_of_a_plugin_that_was_refused(void **state)
{
	const char *const environment[] = { "BPFLOCK_NEWT_TAIL=long", NULL };
	struct scene *scene = *state;

	scene_write(scene, "main.conf", "[newt]\nenabled = no\ntail = short\nlegs = 4\n");
	scene_must_read(scene);
	assert_false(config_section(scene->config, "newt")->enabled);
	scene->sources.environment = environment;
	scene_must_read(scene);
	assert_true(config_section(scene->config, "newt")->enabled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(the_precedence_is_default_main_drop_ins_environment_assignment),
		CONFIG_TEST(drop_ins_are_read_in_byte_order_and_only_those_that_end_in_conf),
		CONFIG_TEST(a_drop_in_that_cannot_be_read_is_an_error),
		CONFIG_TEST(a_drop_in_directory_that_is_none_is_an_error),
		CONFIG_TEST(a_file_given_by_name_is_the_only_one_and_must_exist),
		CONFIG_TEST(a_list_adds_up_in_one_source_and_is_replaced_by_the_next),
		CONFIG_TEST(an_entry_that_is_replaced_later_is_checked_all_the_same),
		CONFIG_TEST(a_file_enables_a_plugin_by_any_option),
		CONFIG_TEST(a_variable_enables_its_plugin),
		CONFIG_TEST(a_variable_that_disables_has_the_last_word_over_others),
		CONFIG_TEST(an_assignment_has_the_last_word_over_everything),
		CONFIG_TEST(an_alias_sets_its_option),
		CONFIG_TEST(an_option_set_by_two_variables_is_an_error),
		CONFIG_TEST(the_core_s_variables_have_no_section_in_their_name),
		CONFIG_TEST(a_variable_that_maps_to_nothing_is_an_error_with_the_nearest_name),
		CONFIG_TEST(variables_of_others_are_ignored_and_those_of_kubernetes_noticed),
		CONFIG_TEST(a_variable_in_lower_case_is_a_warning_with_its_proper_name),
		CONFIG_TEST(a_file_that_others_can_write_is_refused),
		CONFIG_TEST(a_file_of_somebody_else_is_a_warning),
		CONFIG_TEST(a_bad_assignment_is_an_error_that_shows_it),
		CONFIG_TEST(an_assignment_may_have_blanks_and_any_sign_in_its_value),
		CONFIG_TEST(peek_gives_the_list_of_the_latest_source),
		CONFIG_TEST(what_enables_a_plugin_is_known_before_its_tables),
		CONFIG_TEST(anything_may_be_said_of_a_plugin_that_was_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
