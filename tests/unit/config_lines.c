/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand in a file, and what is wrong with what may not. */
#include "config_support.h"

#define TEXT_49 "sssssssssssssssssssssssssssssssssssssssssssssssss"

struct bad_file {
	const char *content;
	const char *where; /* ":LINE: " and what follows, in the only error */
	const char *remedy;
};

static const struct bad_file bad_files[] = {
	/* lines */
	{ FROG " legs = 4\n", ":2: the line is indented", "first column" },
	{ FROG "ponds = a\n\tb, c\n", ":3: the line is indented", "list" },
	{ FROG "ponds = a,\n", ":2: [frog] ponds: there is an empty item", "" },
	{ "  [frog]\nlegs = 4\n", ":1: the line is indented", "" },
	{ FROG "legs\n", ":2: there is no '=' in 'legs'", "valid: KEY = VALUE" },
	{ FROG "legs ;= 4\n", ":2: there is no '='", "" },
	{ FROG "= 4\n", ":2: there is no key before the '='", "" },
	{ FROG ": 4\n", ":2: there is no key before the ':'", "" },
	{ FROG "legs: 4\n", ":2: 'legs' is followed by ':'", "use '=': legs = 4" },
	{ FROG "song : a=b\n", ":2: 'song' is followed by ':'", "use '=': song = a=b" },
	{ FROG "song = a\001b\n", ":2: there is a control character (0x01) in column 9", "" },
	{ FROG "song = a\rlegs = 4\n", ":2: there is a control character (0x0d)", "" },
	{ FROG "# \x7f\n", ":2: there is a control character (0x7f) in column 3", "" },
	{ FROG "song =;x\n", ":2: the value has a ';'", "comment" },
	{ "legs = 4\n" FROG, ":1: 'legs' is outside of any section", "[bpflock]" },
	{ "\n\xef\xbb\xbf# a mark that is not at the start\n", ":2: there is no '='", "" },
	/* headers; legs = x would be an error if it were not skipped */
	{ FROG "\n[bpflock\nlegs = x\n", ":3: the header of the section is broken: '[bpflock'", "skipped" },
	{ "[]\nlegs = x\n", ":1: the header of the section is broken: '[]'", "" },
	{ "[fr ;og]\nlegs = x\n", ":1: the header of the section is broken", "" },
	{ FROG "[bpflock] legs = 4\nlegs = x\n", ":2: there is text after [bpflock]", "" },
	{ FROG "[bpflock]]\nlegs = x\n", ":2: there is text after [bpflock]: ']'", "" },
	{ FROG "[bpflock]; no blank\nlegs = x\n", ":2: there is text after", "" },
	{ "[" TEXT_49 "s]\nlegs = x\n", ":1: the name of the section is longer than 49 bytes", "" },
	{ "[" TEXT_49 "]\nlegs = x\n", ":1: there is no section [" TEXT_49 "]", "" },
	{ FROG "[\001]\nlegs = x\n", ":2: there is a control character", "" },
	{ FROG "\n [toad]\nlegs = x\n", ":3: the line is indented", "" },
	/* names */
	{ "[forg]\nlegs = x\n", ":1: there is no section [forg]", "did you mean 'frog'? valid: bpflock, frog, toad" },
	{ "[zzzzzzz]\nlegs = x\n", ":1: there is no section [zzzzzzz]", "(valid: bpflock, frog, toad" },
	{ "[ frog ]\nlegs = x\n", ":1: there is no section [ frog ]", "did you mean 'frog'" },
	{ FROG "leg = 4\n", ":2: [frog] leg: there is no such key",
	  "did you mean 'legs'? valid: enabled, colour, legs, weight" },
	{ FROG "log_format = json\n", ":2: [frog] log_format: there is no such key", "(valid: enab" },
	{ CORE "enabled = yes\n", ":2: [bpflock] enabled: there is no such key", "valid: log_format, plugin_dir" },
	{ FROG "legs = 4\n\nlegs = 4\n", ":4: [frog] legs: it is set twice", "main.conf:2" },
	{ FROG "legs = 4\n" CORE FROG "legs = 3\n", ":5: [frog] legs: it is set twice", "f:2" },
};

static void each_bad_line_is_an_error_with_its_number_and_a_remedy(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++) {
		const struct bad_file *bad = &bad_files[i];

		scene_write(scene, "main.conf", bad->content);
		assert_int_equal(scene_read(scene), -EINVAL);
		assert_reports(scene, bad->where);
		assert_reports(scene, bad->remedy);
		if (scene->report.count != 1)
			fail_msg("%zu findings for: %s", scene->report.count, bad->content);
		assert_string_equal(scene->report.items[0].event, "config_error");
	}
}

/* A line "song = xxx…" of that many bytes, with an ending. */
static char *song_line(size_t length, const char *end)
{
	char *line = xasprintf("song = %0*d%s", (int)(length - strlen("song = ")), 0, end);

	assert_int_equal(strlen(line), length + strlen(end));
	return line;
}

static void a_line_of_the_limit_is_read_in_full(void **state)
{
	struct scene *scene = *state;
	static const char *const ends[] = { "\n", "\r\n", "" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		CLEANUP(cleanup_free) char *line = song_line(197, ends[i]);
		CLEANUP(cleanup_free) char *file = xasprintf(FROG "%s", line);

		scene_write(scene, "main.conf", file);
		scene_must_read(scene);
		assert_int_equal(strlen(config_string(frog_of(scene), "song")), 197 - strlen("song = "));
	}
}

static void a_line_over_the_limit_is_an_error_with_its_number(void **state)
{
	struct scene *scene = *state;

	for (size_t length = 198; length < 420; length++) {
		CLEANUP(cleanup_free) char *line = song_line(length, "\n");
		CLEANUP(cleanup_free) char *file = xasprintf(FROG "\n%slegs = 3\n", line);

		scene_write(scene, "main.conf", file);
		assert_int_equal(scene_read(scene), -EINVAL);
		assert_reports(scene, "main.conf:3: the line is longer than 197 bytes");
		assert_int_equal(scene->report.errors, 1);
	}
}

static void a_comment_may_be_of_any_length(void **state)
{
	struct scene *scene = *state;
	CLEANUP(cleanup_free) char *comment = song_line(1000, "\n");
	CLEANUP(cleanup_free) char *file = xasprintf(FROG "# %s  ; %s", comment, comment);

	scene_write(scene, "main.conf", file);
	scene_must_read(scene);
}

static void nul_bytes_are_an_error(void **state)
{
	static const char content[] = FROG "song = a\0b\n[to\0ad]\nlegs = x\n";
	struct scene *scene = *state;

	scene_write_bytes(scene, "main.conf", content, sizeof(content) - 1);
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "main.conf:2: there is a control character (0x00) in column 9");
	assert_reports(scene, "main.conf:3: there is a control character (0x00) in column 4");
	assert_int_equal(scene->report.errors, 2);
}

static void all_errors_of_a_file_are_reported_in_one_run(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf",
		    FROG "leg = 4\nlegs = x\n[toad\nx = y\n" CORE "log_format = 12345678901\nfoo\n");
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_int_equal(scene->report.errors, 5);
	assert_reports(scene, ":2: [frog] leg: ");
	assert_reports(scene, ":3: [frog] legs: 'x' is not a valid number");
	assert_reports(scene, ":4: the header");
	assert_reports(scene, ":7: [bpflock] log_format: the text is longer than 10 bytes");
	assert_reports(scene, ":8: there is no '='");
}

static void an_error_in_a_plugins_section_names_the_plugin(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf", FROG "leg = 4\n" CORE "leg = 4\n");
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_string_equal(scene->report.items[0].plugin, "frog");
	assert_null(scene->report.items[1].plugin);
}

static void comments_blank_lines_a_byte_order_mark_and_crlf_are_accepted(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf",
		    "\xef\xbb\xbf[frog] ; a frog\r\n# legs = x\r\n;legs = x\r\n\t # legs\r\n \t\r\n\r\n"
		    "legs=3 ; three\r\nsong\t=\ta;b #c ;d\r\n[toad]\t\r\n[frog]\r\nweight = 4K");
	scene_must_read(scene);
	assert_frog(scene, "legs", "3");
	assert_frog(scene, "song", "a;b #c");
	assert_frog(scene, "weight", "4K");
}

static void a_byte_order_mark_alone_is_an_empty_file(void **state)
{
	struct scene *scene = *state;

	scene_write(scene, "main.conf", "\xef\xbb\xbf");
	scene_must_read(scene);
}

static void a_directory_given_as_a_file_is_an_error(void **state)
{
	struct scene *scene = *state;

	scene->sources.file = scene->directory;
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "the file cannot be read: Is a directory");
	assert_string_equal(scene->report.items[0].where, scene->directory);
}

static void a_device_without_end_is_an_error(void **state)
{
	struct scene *scene = *state;

	scene->sources.file = "/dev/zero";
	assert_int_equal(scene_read(scene), -EINVAL);
	assert_reports(scene, "/dev/zero: the file cannot be read: File too large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(each_bad_line_is_an_error_with_its_number_and_a_remedy),
		CONFIG_TEST(a_line_of_the_limit_is_read_in_full),
		CONFIG_TEST(a_line_over_the_limit_is_an_error_with_its_number),
		CONFIG_TEST(a_comment_may_be_of_any_length),
		CONFIG_TEST(nul_bytes_are_an_error),
		CONFIG_TEST(all_errors_of_a_file_are_reported_in_one_run),
		CONFIG_TEST(an_error_in_a_plugins_section_names_the_plugin),
		CONFIG_TEST(comments_blank_lines_a_byte_order_mark_and_crlf_are_accepted),
		CONFIG_TEST(a_byte_order_mark_alone_is_an_empty_file),
		CONFIG_TEST(a_directory_given_as_a_file_is_an_error),
		CONFIG_TEST(a_device_without_end_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
