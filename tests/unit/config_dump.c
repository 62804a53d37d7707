/* SPDX-License-Identifier: Apache-2.0 */
/* What config_dump() prints is a configuration file that says the same. */
#include "config_support.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static char *dump(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	config_dump(config, stream);
	fclose(stream);
	return text;
}

/* Dumps the scene's configuration, reads the dump as the only file, and compares all values. */
static void assert_round_trip(struct scene *scene)
{
	CLEANUP(cleanup_free) char *text = dump(scene->config);
	struct config *first = scene->config;

	scene->config = NULL;
	scene_write(scene, "main.conf", text);
	scene->sources.environment = NULL;
	scene->sources.assignments = NULL;
	scene_must_read(scene);
	for (size_t i = 0; i < first->section_count; i++) {
		const struct config_section *a = &first->sections[i];
		const struct config_section *b = &scene->config->sections[i];

		assert_int_equal(a->enabled, b->enabled);
		for (size_t j = 0; j < a->value_count; j++) {
			assert_true(config_value_equal(&a->values[j], &b->values[j]));
			assert_string_equal(a->values[j].text, b->values[j].text);
		}
	}
	config_free(first);
}

static void every_value_stands_in_the_dump_with_its_origin(void **state)
{
	struct scene *scene = *state;
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *legs = NULL;

	scene_write(scene, "main.conf", FROG "legs = 0x3\n");
	scene->sources.environment = LIST("BPFLOCK_THE_FROG_IS=verdant");
	scene->sources.assignments = LIST("frog.leaps=1,2");
	scene_must_read(scene);
	legs = xasprintf("\nlegs = 0x3    ; %s:2\n", scene->main_file);
	text = dump(scene->config);
	assert_non_null(strstr(text, "[bpflock]\nlog_format = logfmt    ; default\n"));
	assert_non_null(strstr(text, "\n[frog]\nenabled = yes    ; -o\n"));
	assert_non_null(strstr(text, "\ncolour = verdant    ; BPFLOCK_THE_FROG_IS\n"));
	assert_non_null(strstr(text, legs));
	assert_non_null(strstr(text, "\nleaps = 1, 2    ; -o frog.leaps=1,2\n"));
	assert_non_null(strstr(text, "\n; sleep is not set    ; default\n"));
	assert_non_null(strstr(text, "\n[toad]\nenabled = no    ; default\n"));
}

static void the_dump_read_again_gives_the_same_values(void **state)
{
	struct scene *scene = *state;

	scene_must_read(scene);
	assert_round_trip(scene);
	scene->sources.environment = LIST("BPFLOCK_THE_FROG_IS=verdant", "BPFLOCK_FROG_PONDS=a#b",
					  "BPFLOCK_FROG_SLEEP=5min", "BPFLOCK_LOG_FORMAT=#x");
	scene->sources.assignments =
		LIST("frog.song=[a]=b;c:d \"e\" 'f' \xc3\xa9", "frog.leaps=0x10,2", "frog.weight=1M");
	scene_must_read(scene);
	assert_round_trip(scene);
	assert_frog(scene, "song", "[a]=b;c:d \"e\" 'f' \xc3\xa9");
	scene->sources.assignments = LIST("frog.ponds=", "frog.leaps=", "bpflock.log_format=");
	scene_must_read(scene);
	assert_round_trip(scene);
	assert_int_equal(frog_value(scene, "ponds")->count, 0);
}

static void a_list_that_is_too_long_for_a_line_is_dumped_in_several(void **state)
{
	struct scene *scene = *state;
	char text[1024] = "frog.ponds=p";

	for (int i = 0; i < 60; i++)
		sprintf(text + strlen(text), ",pond%d", i);
	scene->sources.assignments = LIST(text);
	scene_must_read(scene);
	assert_round_trip(scene);
	assert_int_equal(frog_value(scene, "ponds")->count, 61);
}

static void a_text_that_leaves_no_room_for_its_origin_has_it_in_front(void **state)
{
	struct scene *scene = *state;

	for (int length = 170; length <= 190; length++) {
		CLEANUP(cleanup_free) char *text = xasprintf("frog.song=%0*d", length, 0);

		scene->sources.assignments = LIST(text);
		scene_must_read(scene);
		assert_round_trip(scene);
	}
}

static void a_text_too_long_for_any_line_stands_in_a_comment(void **state)
{
	struct scene *scene = *state;
	CLEANUP(cleanup_free) char *text = xasprintf("frog.song=%01000d", 0);
	CLEANUP(cleanup_free) char *dumped = NULL;

	scene->sources.assignments = LIST(text);
	scene_must_read(scene);
	dumped = dump(scene->config);
	assert_non_null(strstr(dumped, "\n; -o, too long for a line of a file: song = 000"));
	scene_write(scene, "main.conf", dumped);
	scene->sources.assignments = NULL;
	scene_must_read(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(every_value_stands_in_the_dump_with_its_origin),
		CONFIG_TEST(the_dump_read_again_gives_the_same_values),
		CONFIG_TEST(a_list_that_is_too_long_for_a_line_is_dumped_in_several),
		CONFIG_TEST(a_text_that_leaves_no_room_for_its_origin_has_it_in_front),
		CONFIG_TEST(a_text_too_long_for_any_line_stands_in_a_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
