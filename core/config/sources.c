/* SPDX-License-Identifier: Apache-2.0 */
/* The sources in their order: files, environment, command line. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "config/entries.h"
#include "config/file.h"
#include "config/value.h"
#include "config/variables.h"
#include "util/memory.h"

#define DROP_IN_SUFFIX ".conf"

/* Excludes files that editors and package managers leave: .#10.conf, 10.conf~, 10.conf.dpkg-new. */
static int is_drop_in(const struct dirent *file)
{
	size_t length = strlen(file->d_name);
	size_t suffix = strlen(DROP_IN_SUFFIX);

	return file->d_name[0] != '.' && length > suffix && strcmp(file->d_name + length - suffix, DROP_IN_SUFFIX) == 0;
}

/* The same order in every locale, unlike alphasort(). */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_drop_ins(struct config_text *text, const char *directory, struct report *report)
{
	struct dirent **files;
	int count = scandir(directory, &files, is_drop_in, by_name);

	if (count < 0) {
		if (errno != ENOENT)
			config_error(report, directory, "the directory cannot be read: %s", strerror(errno));
		return;
	}
	for (int i = 0; i < count; i++) {
		CLEANUP(cleanup_free) char *path = xasprintf("%s/%s", directory, files[i]->d_name);

		config_file_read(text, path, true, report);
		free(files[i]);
	}
	free(files);
}

static void read_variable(struct config_text *text, const char *variable, struct report *report)
{
	size_t length = strcspn(variable, "=");
	CLEANUP(cleanup_free) char *name = xstrndup(variable, length);
	CLEANUP(cleanup_free) char *value = NULL;

	if (!variable[length])
		return;
	value = xstrdup(variable + length + 1);
	if (value[strspn(value, CONFIG_BLANKS)] == '\0')
		return;
	config_text_add(text,
			&(struct config_entry){ .kind = CONFIG_VARIABLE, .key = name, .value = value, .where = name },
			report);
}

static void warn_of_case(const char *variable, struct report *report)
{
	size_t length = strcspn(variable, "=");
	CLEANUP(cleanup_free) char *name = xstrndup(variable, length);
	CLEANUP(cleanup_free) char *upper = config_upper_case(xstrdup(name));

	report_remedy(report_add(report, REPORT_WARNING, "config_warning", name,
				 "ignored: names of variables are in upper case"),
		      "write %s", upper);
}

static void read_environment(struct config_text *text, const char *const *environment, struct report *report)
{
	const size_t length = strlen(CONFIG_VARIABLE_PREFIX);

	text->source++;
	for (size_t i = 0; environment && environment[i]; i++) {
		if (strncmp(environment[i], CONFIG_VARIABLE_PREFIX, length) == 0)
			read_variable(text, environment[i], report);
		else if (strncasecmp(environment[i], CONFIG_VARIABLE_PREFIX, length) == 0)
			warn_of_case(environment[i], report);
	}
}

static void read_assignment(struct config_text *text, const char *assignment, struct report *report)
{
	CLEANUP(cleanup_free) char *where = xasprintf("-o %s", assignment);
	size_t name = strcspn(assignment, "=");
	size_t dot = strcspn(assignment, ".=");
	CLEANUP(cleanup_free) char *value = xstrdup(assignment[name] ? assignment + name + 1 : "");
	CLEANUP(cleanup_free) char *section = config_trim(assignment, dot);
	CLEANUP(cleanup_free) char *key = NULL;
	struct config_entry entry = { .kind = CONFIG_ASSIGNMENT, .where = where };

	if (dot < name)
		key = config_trim(assignment + dot + 1, name - dot - 1);
	if (!assignment[name] || !key || !*key || !*section) {
		report_remedy(config_error(report, where, "this is not SECTION.KEY=VALUE"),
			      "for example -o %s.log_format=json", CONFIG_CORE_SECTION);
		return;
	}
	entry.section = section;
	entry.key = key;
	entry.value = value;
	config_text_add(text, &entry, report);
}

static void read_assignments(struct config_text *text, const char *const *assignments, struct report *report)
{
	text->source++;
	for (size_t i = 0; assignments && assignments[i]; i++)
		read_assignment(text, assignments[i], report);
}

int config_read(const struct config_sources *sources, struct config_text **ret, struct report *report)
{
	struct config_text *text = xcalloc(1, sizeof(*text));
	size_t errors = report->errors;

	if (sources->file) {
		config_file_read(text, sources->file, true, report);
	} else {
		config_file_read(text, sources->main_file, false, report);
		read_drop_ins(text, sources->drop_in_dir, report);
	}
	read_environment(text, sources->environment, report);
	read_assignments(text, sources->assignments, report);
	*ret = text;
	return report->errors > errors ? -EINVAL : 0;
}

char *config_peek(const struct config_text *text, const char *key)
{
	CLEANUP(cleanup_free) char *variable = config_variable_name(CONFIG_CORE_SECTION, key);
	unsigned int source = 0;
	char *value = NULL;

	for (size_t i = 0; i < text->count; i++) {
		const struct config_entry *entry = &text->entries[i];

		if (!entry->key)
			continue;
		if (entry->kind == CONFIG_VARIABLE ?
			    strcmp(entry->key, variable) != 0 :
			    strcmp(entry->section, CONFIG_CORE_SECTION) != 0 || strcmp(entry->key, key) != 0)
			continue;
		if (!value || entry->source != source) {
			free(value);
			value = xstrdup(entry->value);
		} else {
			xappend(&value, ", ", "%s", entry->value);
		}
		source = entry->source;
	}
	return value;
}

/* The key, if the entry is one of the plugin; or NULL. `prefix` is what its variables begin with. */
static const char *key_of_plugin(const struct config_entry *entry, const char *plugin, const char *prefix)
{
	if (entry->kind == CONFIG_VARIABLE)
		return strncmp(entry->key, prefix, strlen(prefix)) == 0 ? entry->key + strlen(prefix) : NULL;
	return strcmp(entry->section, plugin) == 0 ? entry->key : NULL;
}

bool config_enables(const struct config_text *text, const char *plugin)
{
	CLEANUP(cleanup_free) char *prefix = config_variable_name(plugin, "");
	bool enabled = false, decided = false;
	unsigned int source = 0;
	__u64 value;

	for (size_t i = 0; i < text->count; i++) {
		const struct config_entry *entry = &text->entries[i];
		const char *key = key_of_plugin(entry, plugin, prefix);

		if (!key)
			continue;
		if (entry->source != source)
			decided = false;
		source = entry->source;
		if (strcasecmp(key, CONFIG_ENABLED_KEY) == 0) {
			/* What is neither is an error, which config_bind() reports. */
			enabled = config_parse_bool(entry->value, &value) < 0 || value;
			decided = true;
		} else if (!decided) {
			enabled = true;
		}
	}
	return enabled;
}
