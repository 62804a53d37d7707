/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpflock-plugin doc: the page of a plugin from its tables, or with `bpflock` as the name the options of the daemon.
 * scripts/make-manuals makes the manual pages of this tree by it.
 */
#include <argp.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "config/config.h"
#include "daemon/describe.h"
#include "daemon/settings.h"
#include "doc_format.h"
#include "kernel/kernel.h"
#include "kit.h"
#include "loader/loader.h"
#include "util/json.h"
#include "util/memory.h"

/**
 * struct doc - the arguments
 */
struct doc {
	const struct doc_format *format;
	const char *name;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "man: a manual page in mdoc (the default); md: Markdown", 0 },
	{ 0 },
};

static const struct doc_format *find_format(const char *name)
{
	for (unsigned int i = 0; i < doc_format_count; i++)
		if (strcmp(doc_formats[i].name, name) == 0)
			return &doc_formats[i];
	return NULL;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct doc *doc = state->input;

	switch (key) {
	case 'f':
		doc->format = find_format(argument);
		if (!doc->format)
			argp_error(state, "there is no format '%s'; valid: man, md", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (doc->name)
			argp_error(state, "one plugin at a time");
		doc->name = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which plugin? Give its name, or its file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	parse,
	"NAME|FILE",
	"Writes the manual page of a plugin, from its tables: of an installed one by its name, or of a file NAME.so. "
	"`bpflock` is the list of the daemon's own options.",
	NULL,
	NULL,
	NULL,
};

static const struct json_object *item_of(const struct json_object *list, size_t i)
{
	return json_object_array_get_idx(list, i);
}

/* Summaries begin in lower case and have no full stop. */
static void print_sentence(const struct doc_format *format, const char *text)
{
	CLEANUP(cleanup_free) char *sentence = xasprintf("%s.", text);

	*sentence = (char)toupper((unsigned char)*sentence);
	format->sentence(sentence);
}

static void print_values(const struct doc_format *format, const struct json_object *values)
{
	if (!json_length(values))
		return;
	format->list(true, true);
	for (size_t i = 0; i < json_length(values); i++) {
		const char *summary = json_get_text(item_of(values, i), "summary");

		format->item(json_get_text(item_of(values, i), "name"), true);
		format->sentence(*summary ? summary : "another name of the one before");
	}
	format->list(false, true);
}

/* The default of plugin_dir depends on how bpflock was built. */
static void print_default(const struct doc_format *format, const struct json_object *option)
{
	const char *initial = json_get_text(option, "default");
	CLEANUP(cleanup_free) char *text = xasprintf("Default: %s.", initial);

	if (*initial && strcmp(json_get_text(option, "name"), "plugin_dir") != 0)
		format->sentence(text);
}

static void print_option(const struct doc_format *format, const struct json_object *option)
{
	const char *type = json_get_text(option, "type");
	CLEANUP(cleanup_free)
	char *text = xasprintf("Type: %s%s.", strcmp(type, "one of") == 0 ? "one of those below" : type,
			       json_get_bool(option, "list") ? "; a list" : "");

	format->item(json_get_text(option, "name"), false);
	print_sentence(format, json_get_text(option, "summary"));
	format->sentence(text);
	print_default(format, option);
	format->variable(json_get_text(option, "variable"));
	print_values(format, json_get_list(option, "values"));
}

static void print_options(const struct doc_format *format, const struct json_object *list)
{
	format->list(true, false);
	for (size_t i = 0; i < json_length(list); i++)
		print_option(format, item_of(list, i));
	format->list(false, false);
}

static void print_groups(const struct doc_format *format, const struct json_object *groups)
{
	size_t count = json_length(groups);

	format->sentence("Groups of them:");
	for (size_t i = 0; i < count; i++)
		format->group(json_get_text(item_of(groups, i), "name"), i + 1 == count);
}

static void print_operations(const struct doc_format *format, const struct json_object *plugin)
{
	const struct json_object *list = json_get_list(plugin, "operations");
	CLEANUP(cleanup_free) char *command = xasprintf("bpflockctl plugins %s", json_get_text(plugin, "name"));

	if (!json_length(list))
		return;
	format->section("OPERATIONS");
	format->sentence("What the lists of operations may name.");
	format->code("A kernel may lack some of them; those that it has are listed by", command);
	format->list(true, false);
	for (size_t i = 0; i < json_length(list); i++) {
		const char *summary = json_get_text(item_of(list, i), "summary");

		if (!*summary)
			continue;
		format->item(json_get_text(item_of(list, i), "name"), false);
		print_sentence(format, summary);
	}
	format->list(false, false);
	print_groups(format, json_get_list(plugin, "groups"));
}

static void print_field(const struct doc_format *format, const struct json_object *field)
{
	format->item(json_get_text(field, "name"), false);
	print_sentence(format, json_get_text(field, "summary"));
	if (json_get_bool(field, "detail"))
		format->code("In logfmt only with", "log_details = yes");
}

static void print_event(const struct doc_format *format, const struct json_object *event)
{
	const struct json_object *fields = json_get_list(event, "fields");

	format->subsection(json_get_text(event, "name"));
	print_sentence(format, json_get_text(event, "summary"));
	if (!json_length(fields))
		return;
	format->list(true, false);
	for (size_t i = 0; i < json_length(fields); i++)
		print_field(format, item_of(fields, i));
	format->list(false, false);
}

static void print_events(const struct doc_format *format, const struct json_object *list)
{
	if (!json_length(list))
		return;
	format->section("EVENTS");
	for (size_t i = 0; i < json_length(list); i++)
		print_event(format, item_of(list, i));
}

static void print_page(const struct doc_format *format, const struct json_object *plugin)
{
	format->head(json_get_text(plugin, "name"), json_get_text(plugin, "summary"), json_get_text(plugin, "kind"));
	format->section("OPTIONS");
	print_options(format, json_get_list(plugin, "options"));
	print_operations(format, plugin);
	print_events(format, json_get_list(plugin, "events"));
	format->foot();
}

/* The file of a plugin that is installed, or the argument itself (to be freed); NULL where neither is there. */
static char *find_file(const char *name)
{
	CLEANUP(cleanup_free) char *installed = xasprintf(BPFLOCK_PLUGIN_DIR "/%s.so", name);
	CLEANUP(cleanup_free) char *local = xasprintf(BPFLOCK_LOCAL_PLUGIN_DIR "/%s.so", name);
	char *path;

	if (strchr(name, '/') || strstr(name, ".so"))
		return realpath(name, NULL);
	path = realpath(installed, NULL);
	return path ? path : realpath(local, NULL);
}

static int document_plugin(const struct doc *doc)
{
	CLEANUP(cleanup_free) char *path = find_file(doc->name);
	CLEANUP(cleanup_json) struct json_object *description = NULL;
	struct kernel kernel;
	struct plugin plugin;

	if (!path) {
		fprintf(stderr,
			"bpflock-plugin: there is no plugin '%s' in " BPFLOCK_PLUGIN_DIR " or " BPFLOCK_LOCAL_PLUGIN_DIR
			", or as a file\n",
			doc->name);
		return EX_NOINPUT;
	}
	libbpf_log_install();
	kernel_probe(&kernel);
	kernel_load_targets(&kernel);
	settings_open_plugin(path, &kernel, &plugin);
	if (plugin.refusal) {
		fprintf(stderr, "bpflock-plugin: %s: %s\n", path, plugin.refusal);
		return EX_DATAERR;
	}
	description = describe_plugin(&plugin, false, &kernel);
	print_page(doc->format, description);
	return EXIT_SUCCESS;
}

int verb_doc(int argc, char **argv)
{
	struct doc doc = { .format = &doc_formats[0] };
	CLEANUP(cleanup_json) struct json_object *core = NULL;

	argp_parse(&argp, argc, argv, 0, NULL, &doc);
	if (strcmp(doc.name, CONFIG_CORE_SECTION) != 0)
		return document_plugin(&doc);
	core = describe_core_options();
	print_options(doc.format, core);
	return EXIT_SUCCESS;
}
