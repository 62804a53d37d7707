/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a configuration file. Every error must say where it stands, and a file without errors
 * must come back from the dump with the same values.
 */
#include <ctype.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "config/file.h"
#include "daemon/options.h"
#include "frog.h"
#include "fuzz.h"
#include "log/log.h"
#include "policy/policy.h"
#include "util/memory.h"

static const struct bpflock_operation gate_rows[] = {
	{ .name = "open", .summary = "s", .groups = "doors" },
	{ .name = "shut", .summary = "s", .groups = "doors noise" },
	{ .name = "look", .summary = "s", .groups = "peek" },
	{ .name = "peek", .summary = "s" },
};

static const struct bpflock_plugin gate = { .name = "gate", .operations = BPFLOCK_TABLE(gate_rows) };

enum { CORE, FROG, GATE, REFUSED, SECTIONS };

static struct config_schema_section sections[SECTIONS];
static const struct config_schema schema = { sections, SECTIONS };
static struct operations operations;
static char path[32];
static int file = -1;

/* Tables of other files are no constants that an initializer could take. */
static void set_up(void)
{
	sections[CORE] = (struct config_schema_section){ .name = CONFIG_CORE_SECTION,
							 .tables = { core_options },
							 .table_count = 1 };
	sections[FROG] = (struct config_schema_section){
		.name = "frog", .tables = { observer_options, frog_table }, .table_count = 2, .plugin = true
	};
	sections[GATE] = (struct config_schema_section){
		.name = "gate",
		.tables = { enforcer_options, *policy_defaults(&gate), policy_options },
		.table_count = 3,
		.plugin = true,
	};
	sections[REFUSED] = (struct config_schema_section){
		.name = "refused", .tables = { enforcer_options }, .table_count = 1, .plugin = true, .opaque = true
	};
	MUST(operations_build(&gate, NULL, &operations) == 0);
	file = memfd_create("config", MFD_CLOEXEC);
	MUST(file >= 0);
	MUST(fchmod(file, 0600) == 0); /* a new one has mode 0777, and is refused for that */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
}

static void write_file(const void *bytes, size_t size)
{
	MUST(ftruncate(file, 0) == 0);
	MUST(pwrite(file, bytes, size, 0) == (ssize_t)size);
}

static void check_section(const struct config *config, size_t place, struct report *report)
{
	const struct config_value *outputs = config_value(&config->sections[CORE], "log_output");

	if (place == CORE)
		(void)log_check_outputs((const char *const *)outputs->strings, outputs->count, outputs->origin, report);
	else if (place == GATE)
		(void)policy_check(&operations, &config->sections[GATE], report);
}

/* The whole way of a configuration, as core/daemon/settings.c goes it. */
static struct config *read_file(struct report *report)
{
	const struct config_sources sources = { .file = path };
	struct config_text *text;
	struct config *config;

	(void)config_read(&sources, &text, report);
	free(config_peek(text, "plugin_dir"));
	(void)config_enables(text, "frog");
	(void)config_bind(text, &schema, &config, report);
	for (size_t i = 0; i < SECTIONS; i++)
		check_section(config, i, report);
	config_text_free(text);
	return config;
}

/* FILE:LINE, and a message that is more than nothing. */
static void check_item(const struct report_item *item)
{
	size_t length = strlen(path);

	MUST(*item->message);
	if (item->level == REPORT_NOTICE)
		return;
	if (!item->where || strncmp(item->where, path, length) != 0 || item->where[length] != ':' ||
	    !isdigit((unsigned char)item->where[length + 1])) {
		fprintf(stderr, "not at a line: %s: %s\n", item->where, item->message);
		abort();
	}
}

static void use(const struct config *config)
{
	const struct exemptions none = { .operations = &operations };
	struct bpflock_policy_slot slot;
	struct frog frog;

	config_fill(&config->sections[FROG], &frog_table, &frog);
	MUST(frog.legs >= 2 && (frog.eyes == 0 || frog.eyes >= 2));
	MUST(frog.weight >= 1024 && frog.weight <= 1 << 20);
	MUST(strlen(frog.croak) <= 100 && frog.leaps.count <= 3);
	policy_resolve(&none, &config->sections[GATE], true, &slot);
	for (size_t i = 0; i < BPFLOCK_OPERATIONS_MAX; i++)
		MUST((slot.rules[i] & BPFLOCK_RULE_MASK) != BPFLOCK_RULE_UNSET);
}

/* A text that leaves no room for its key stands in a comment of the dump. */
static bool fits_into_lines(const struct config_value *value)
{
	size_t key = strlen(value->option->name) + strlen(" = ");

	if (!(value->option->flags & BPFLOCK_OPTION_LIST))
		return key + strlen(value->text) <= CONFIG_LINE_MAX;
	for (size_t i = 0; value->strings && i < value->count; i++)
		if (key + strlen(value->strings[i]) > CONFIG_LINE_MAX)
			return false;
	return true;
}

static void compare(const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < SECTIONS; i++)
		for (size_t j = 0; j < before->sections[i].value_count; j++)
			if (fits_into_lines(&before->sections[i].values[j]))
				MUST(config_value_equal(&before->sections[i].values[j], &after->sections[i].values[j]));
}

static char *dump(const struct config *config, size_t *ret_size)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, ret_size);

	config_dump(config, stream);
	fclose(stream);
	return text;
}

static void read_dump(const struct config *config, const char *text, size_t size)
{
	struct report report = { 0 };
	struct config *again;

	write_file(text, size);
	again = read_file(&report);
	if (report.errors) {
		report_print(&report, stderr);
		fprintf(stderr, "the dump has errors:\n%s", text);
		abort();
	}
	compare(config, again);
	config_free(again);
	report_clear(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = { 0 };
	struct config *config;
	char *text;
	size_t text_size;

	if (file < 0)
		set_up();
	write_file(data, size);
	config = read_file(&report);
	for (size_t i = 0; i < report.count; i++)
		check_item(&report.items[i]);
	text = dump(config, &text_size);
	if (report.errors == 0) {
		use(config);
		read_dump(config, text, text_size);
	}
	free(text);
	config_free(config);
	report_clear(&report);
	return 0;
}
