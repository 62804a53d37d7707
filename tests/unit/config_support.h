/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the configuration share: files in a directory, a schema, and a look at reports. */
#ifndef CONFIG_SUPPORT_H
#define CONFIG_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "frog.h"
#include "util/memory.h"

#define CORE "[bpflock]\n"
#define FROG "[frog]\n"

static const struct bpflock_option core_options[] = {
	{ .name = "log_format", .initial = "logfmt", .type = BPFLOCK_OPTION_STRING, .max = 10 },
	{ .name = "plugin_dir", .initial = "/usr/lib", .type = BPFLOCK_OPTION_STRING },
};

static const struct bpflock_option common_options[] = {
	{ .name = "enabled", .initial = "no", .type = BPFLOCK_OPTION_BOOL },
};

static const struct bpflock_alias frog_aliases[] = {
	{ "BPFLOCK_THE_FROG_IS", "colour" },
};

static struct config_schema_section test_sections[] = {
	{ .name = "bpflock", .tables = { BPFLOCK_TABLE(core_options) }, .table_count = 1 },
	{ .name = "frog",
	  .tables = { BPFLOCK_TABLE(common_options), BPFLOCK_TABLE(frog_options) },
	  .table_count = 2,
	  .aliases = BPFLOCK_TABLE(frog_aliases),
	  .plugin = true },
	{ .name = "toad", .tables = { BPFLOCK_TABLE(common_options) }, .table_count = 1, .plugin = true },
	{ .name = "newt",
	  .tables = { BPFLOCK_TABLE(common_options) },
	  .table_count = 1,
	  .plugin = true,
	  .opaque = true },
};

static const struct config_schema test_schema = { test_sections, ARRAY_SIZE(test_sections) };

/**
 * struct scene - one test's files, and what came of them
 * @directory: with main.conf and conf.d/, as far as the test has written them
 * @sources: their paths; a test adds the rest
 */
struct scene {
	char directory[64];
	char main_file[128];
	char drop_in_dir[128];
	struct config_sources sources;
	struct config_text *text;
	struct config *config;
	struct report report;
};

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int scene_open(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));

	strcpy(scene->directory, "/tmp/bpflock-config-XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	sprintf(scene->main_file, "%s/main.conf", scene->directory);
	sprintf(scene->drop_in_dir, "%s/conf.d", scene->directory);
	scene->sources.main_file = scene->main_file;
	scene->sources.drop_in_dir = scene->drop_in_dir;
	*state = scene;
	return 0;
}

static inline void scene_forget(struct scene *scene)
{
	scene->text = config_text_free(scene->text);
	scene->config = config_free(scene->config);
	report_clear(&scene->report);
}

static inline int scene_close(void **state)
{
	struct scene *scene = *state;

	scene_forget(scene);
	nftw(scene->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(scene);
	return 0;
}

static inline void scene_write_bytes(struct scene *scene, const char *name, const char *content, size_t length)
{
	CLEANUP(cleanup_free) char *path = xasprintf("%s/%s", scene->directory, name);
	FILE *file;

	mkdir(scene->drop_in_dir, 0700);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, length, file), length);
	fclose(file);
}

static inline void scene_write(struct scene *scene, const char *name, const char *content)
{
	scene_write_bytes(scene, name, content, strlen(content));
}

/* Reads and binds everything, anew. */
static inline int scene_read(struct scene *scene)
{
	int read;
	int bound;

	scene_forget(scene);
	read = config_read(&scene->sources, &scene->text, &scene->report);
	bound = config_bind(scene->text, &test_schema, &scene->config, &scene->report);
	return read ? read : bound;
}

static inline void scene_must_read(struct scene *scene)
{
	int error = scene_read(scene);

	report_print(&scene->report, stderr);
	assert_int_equal(error, 0);
	assert_int_equal(scene->report.errors, 0);
}

/* The whole of an item as one text, to look for fragments in. */
static inline char *item_text(const struct report_item *item)
{
	return xasprintf("%s: %s (%s)", item->where ? item->where : "", item->message,
			 item->remedy ? item->remedy : "");
}

static inline bool scene_reports(const struct scene *scene, const char *fragment)
{
	for (size_t i = 0; i < scene->report.count; i++) {
		CLEANUP(cleanup_free) char *text = item_text(&scene->report.items[i]);

		if (strstr(text, fragment))
			return true;
	}
	return false;
}

#define assert_reports(scene, fragment)                            \
	do {                                                       \
		if (!scene_reports(scene, fragment)) {             \
			report_print(&(scene)->report, stderr);    \
			fail_msg("no finding with: %s", fragment); \
		}                                                  \
	} while (0)

static inline const struct config_section *frog_of(const struct scene *scene)
{
	return config_section(scene->config, "frog");
}

static inline const struct config_value *frog_value(const struct scene *scene, const char *option)
{
	return config_value(frog_of(scene), option);
}

#define assert_frog(scene, option, expected) assert_string_equal(frog_value(scene, option)->text, expected)
#define assert_origin(scene, option, expected) assert_string_equal(frog_value(scene, option)->origin, expected)

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

#endif
