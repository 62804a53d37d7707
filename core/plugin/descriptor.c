/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/descriptor.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "config/value.h"
#include "log/keys.h"
#include "log/log.h"
#include "plugin/descriptor_copy.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/words.h"

#define NAME_MAX_LEN 15
#define KEPT_MAPS_MAX 8
#define RECORD_SIZE_MAX 65536
#define CONFIG_SIZE_MAX 65536
#define DENIAL_MAX 255
/* An upper bound of the number of fields that the core adds to an event: see core/bus/decode.c. */
#define COMMON_FIELDS 20

static bool is_name(const char *name, const char *extra)
{
	if (!name || !islower((unsigned char)name[0]))
		return false;
	for (const char *c = name; *c; c++)
		if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && !strchr(extra, *c))
			return false;
	return true;
}

/*
 * BPFLOCK_<PLUGIN>_<KEY> must not look like BPFLOCK_<CORE KEY>, or like a variable that Kubernetes sets for a Service
 * named bpflock.
 */
static int check_name_collision(const char *name, const struct plugin_names *reserved, char **ret_reason)
{
	const struct bpflock_option *options = reserved->core_options.rows;
	size_t length = strlen(name);

	if (strcmp(name, "bpflock") == 0 || strcmp(name, "service") == 0 || strcmp(name, "port") == 0)
		return refuse(ret_reason, "the name '%s' is taken", name);
	for (__u32 i = 0; i < reserved->core_options.count; i++)
		if (strncmp(options[i].name, name, length) == 0 &&
		    (options[i].name[length] == '_' || options[i].name[length] == '\0'))
			return refuse(ret_reason, "its variables would read like that of the core's option %s",
				      options[i].name);
	return 0;
}

int descriptor_check_name(const char *name, const struct plugin_names *reserved, char **ret_reason)
{
	if (!is_name(name, "") || strlen(name) > NAME_MAX_LEN)
		return refuse(ret_reason, "its name is not of the form [a-z][a-z0-9]*, at most %d bytes", NAME_MAX_LEN);
	return check_name_collision(name, reserved, ret_reason);
}

static int check_identity(const struct bpflock_plugin *descriptor, const char *file_name, char **ret_reason)
{
	if (descriptor->flags & ~(__u64)(BPFLOCK_ENFORCER | BPFLOCK_GUARD))
		return refuse(ret_reason, "it has flags that this daemon does not know (%#llx)", descriptor->flags);
	if (descriptor->flags == BPFLOCK_GUARD)
		return refuse(ret_reason, "it is a guard, but not an enforcer");
	if (descriptor->reserved)
		return refuse(ret_reason, "a reserved member is not zero: it was built for a newer ABI");
	if (strcmp(descriptor->name, file_name) != 0)
		return refuse(ret_reason, "it calls itself '%s': the file must be named %s.so", descriptor->name,
			      descriptor->name);
	if (!descriptor->version || !descriptor->summary || !descriptor->license)
		return refuse(ret_reason, "it lacks a version, a summary or a license");
	if (descriptor->config_size > CONFIG_SIZE_MAX)
		return refuse(ret_reason, "its configuration structure has an impossible size (%llu)",
			      descriptor->config_size);
	return 0;
}

static int check_object(const struct bpflock_plugin *descriptor, char **ret_reason)
{
	uintptr_t begin = (uintptr_t)descriptor->object;

	if (!descriptor->object || begin % 8 || descriptor->object_end < descriptor->object ||
	    descriptor->object_end - descriptor->object < (ptrdiff_t)sizeof(Elf64_Ehdr) ||
	    memcmp(descriptor->object, ELFMAG, SELFMAG) != 0)
		return refuse(ret_reason, "it carries no BPF object, or one that is not aligned to 8 bytes");
	return 0;
}

static bool option_size_is_valid(const struct bpflock_option *option)
{
	if (option->size == 0)
		return true;
	if (option->flags & BPFLOCK_OPTION_LIST)
		return option->size == sizeof(struct bpflock_list);
	if (config_has_texts(option))
		return option->size == sizeof(char *);
	return option->size == 1 || option->size == 2 || option->size == 4 || option->size == 8;
}

static bool option_is_in(const struct bpflock_table *table, const char *name)
{
	const struct bpflock_option *options = table->rows;

	for (__u32 i = 0; i < table->count; i++)
		if (strcmp(options[i].name, name) == 0)
			return true;
	return false;
}

static int check_values(const char *owner, const struct bpflock_table *table, __u32 size, char **ret_reason)
{
	const struct bpflock_value *values = table->rows;

	for (__u32 i = 0; i < table->count; i++) {
		if (!values[i].name || !*values[i].name)
			return refuse(ret_reason, "'%s' has a value without a name", owner);
		if (size && size < sizeof(__u64) && values[i].value >> size * 8)
			return refuse(ret_reason, "value '%s' of '%s' does not fit in %u bytes", values[i].name, owner,
				      size);
	}
	return 0;
}

/* An invalid default would be an error at every start. */
static int check_initial(const struct bpflock_plugin *descriptor, const struct bpflock_option *option,
			 char **ret_reason)
{
	CLEANUP(report_clear) struct report report = { 0 };
	CLEANUP(config_value_clear) struct config_value value = { .option = option };
	const struct config_place place = {
		.report = &report, .section = descriptor->name, .key = option->name, .plugin = true
	};

	if (!option->initial)
		return 0;
	config_value_begin(&value, "default");
	if (config_value_append(&value, option->initial, &place) == 0)
		return 0;
	return refuse(ret_reason, "the default of option '%s' is not valid: %s", option->name, report.items[0].message);
}

/* Is the member of the configuration structure aligned? */
static bool option_is_aligned(const struct bpflock_option *option)
{
	__u32 alignment = option->size > sizeof(__u64) ? sizeof(__u64) : option->size;

	return alignment == 0 || option->offset % alignment == 0;
}

/* What its items name comes and goes while the object is loaded. */
static bool needs_map(const struct bpflock_option *option)
{
	return option->type == BPFLOCK_OPTION_CGROUP || option->type == BPFLOCK_OPTION_PATH;
}

static int check_option(const struct bpflock_plugin *descriptor, const struct bpflock_option *option, char **ret_reason)
{
	int error;

	if (!is_name(option->name, "_"))
		return refuse(ret_reason, "it has an option whose name is not of the form [a-z][a-z0-9_]*");
	if (!option->summary || option->type < BPFLOCK_OPTION_BOOL || option->type > BPFLOCK_OPTION_PATH ||
	    option->flags & ~BPFLOCK_OPTION_LIST)
		return refuse(ret_reason, "option '%s' has no summary, or an unknown type or flag", option->name);
	if ((option->type == BPFLOCK_OPTION_CHOICE) != (option->values.count > 0))
		return refuse(ret_reason, "option '%s': choices, and only they, have values", option->name);
	if (option->map && (!(option->flags & BPFLOCK_OPTION_LIST) || option->variable))
		return refuse(ret_reason, "option '%s' has a map: it must be a list, and have no variable",
			      option->name);
	if (needs_map(option) && !option->map)
		return refuse(ret_reason, "option '%s' names cgroups or files: it must be a list, and have a map",
			      option->name);
	if (!option_size_is_valid(option))
		return refuse(ret_reason, "option '%s': a member of %u bytes cannot hold its type", option->name,
			      option->size);
	if (option->offset > descriptor->config_size || option->size > descriptor->config_size - option->offset)
		return refuse(ret_reason, "option '%s' reaches outside the configuration structure", option->name);
	if (!option_is_aligned(option))
		return refuse(ret_reason, "option '%s' is not aligned to its size", option->name);
	error = check_values(option->name, &option->values, option->flags & BPFLOCK_OPTION_LIST ? 0 : option->size,
			     ret_reason);
	return error ? error : check_initial(descriptor, option, ret_reason);
}

static int check_options(const struct bpflock_plugin *descriptor, const struct plugin_names *reserved,
			 char **ret_reason)
{
	const struct bpflock_option *options = descriptor->options.rows;

	for (__u32 i = 0; i < descriptor->options.count; i++) {
		struct bpflock_table before = { options, i, sizeof(*options) };
		int error = check_option(descriptor, &options[i], ret_reason);

		if (error)
			return error;
		if (option_is_in(&before, options[i].name) ||
		    option_is_in(&reserved->plugin_options[0], options[i].name) ||
		    (descriptor->flags & BPFLOCK_ENFORCER &&
		     (option_is_in(&reserved->plugin_options[1], options[i].name) ||
		      option_is_in(&reserved->plugin_options[2], options[i].name))))
			return refuse(ret_reason, "option '%s' is there twice, or is one of the core's",
				      options[i].name);
	}
	return 0;
}

static int check_aliases(const struct bpflock_plugin *descriptor, char **ret_reason)
{
	const struct bpflock_alias *aliases = descriptor->aliases.rows;

	for (__u32 i = 0; i < descriptor->aliases.count; i++) {
		if (!aliases[i].variable || strncmp(aliases[i].variable, "BPFLOCK_", 8) != 0)
			return refuse(ret_reason, "an alias does not begin with BPFLOCK_");
		if (!aliases[i].option || !option_is_in(&descriptor->options, aliases[i].option))
			return refuse(ret_reason, "alias %s is for an option that it does not have",
				      aliases[i].variable);
	}
	return 0;
}

static bool field_size_is_valid(const struct bpflock_field *field)
{
	switch (field->type) {
	case BPFLOCK_FIELD_STR:
		return field->size > 0;
	case BPFLOCK_FIELD_STRV:
	case BPFLOCK_FIELD_PATH:
		return field->size > sizeof(__u32);
	case BPFLOCK_FIELD_IP4:
	case BPFLOCK_FIELD_UID:
		return field->size == 4;
	case BPFLOCK_FIELD_IP6:
		return field->size == 16;
	case BPFLOCK_FIELD_MAC:
		return field->size == 6;
	case BPFLOCK_FIELD_MODE:
		return field->size == 2 || field->size == 4;
	case BPFLOCK_FIELD_TIME:
		return field->size == 8;
	default:
		return field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;
	}
}

static bool field_is_text(const struct bpflock_field *field)
{
	return field->type == BPFLOCK_FIELD_STR || field->type == BPFLOCK_FIELD_STRV ||
	       field->type == BPFLOCK_FIELD_PATH;
}

static bool field_is_integer(const struct bpflock_field *field)
{
	switch (field->type) {
	case BPFLOCK_FIELD_IP4:
	case BPFLOCK_FIELD_IP6:
	case BPFLOCK_FIELD_MAC:
		return false;
	default:
		return !field_is_text(field);
	}
}

/* Only decisions have windows, and so keys. Only an integer has a value for what is not there. */
static bool field_flags_are_valid(const struct bpflock_field *field, bool is_decision)
{
	if (field->flags & ~(BPFLOCK_FIELD_KEY | BPFLOCK_FIELD_DETAIL | BPFLOCK_FIELD_OPTIONAL))
		return false;
	if (field->flags & BPFLOCK_FIELD_KEY && !is_decision)
		return false;
	return !(field->flags & BPFLOCK_FIELD_OPTIONAL) || field_is_integer(field);
}

static int check_field(const struct bpflock_event_type *event, const struct bpflock_field *field, char **ret_reason)
{
	bool is_decision = event->flags & BPFLOCK_EVENT_DECISION;

	if (!is_name(field->name, "_") || !field->summary)
		return refuse(ret_reason, "event '%s' has a field without a proper name or summary", event->name);
	if (log_key_is_reserved(field->name))
		return refuse(ret_reason, "field '%s' of event '%s' has the name of one of the core's", field->name,
			      event->name);
	if (field->type < BPFLOCK_FIELD_UINT || field->type > BPFLOCK_FIELD_TIME || !field_size_is_valid(field))
		return refuse(ret_reason,
			      "field '%s' of event '%s' has an unknown type, or a size that does not fit it",
			      field->name, event->name);
	if (!field_flags_are_valid(field, is_decision))
		return refuse(ret_reason,
			      "field '%s' of event '%s' has unknown flags, is a key of what is no decision, or is "
			      "optional but no integer",
			      field->name, event->name);
	if (is_decision && strcmp(field->name, "retval") == 0)
		return refuse(ret_reason, "event '%s' is a decision, which has a 'retval' already", event->name);
	if (field->offset < (is_decision ? sizeof(struct bpflock_decision) : sizeof(struct bpflock_event)) ||
	    field->offset > RECORD_SIZE_MAX || field->size > RECORD_SIZE_MAX - field->offset)
		return refuse(ret_reason, "field '%s' of event '%s' lies outside the record", field->name, event->name);
	return check_values(field->name, &field->values, 0, ret_reason);
}

static bool field_is_in(const struct bpflock_field *fields, __u32 count, const char *name)
{
	for (__u32 i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

static int check_fields(const struct bpflock_event_type *event, char **ret_reason)
{
	const struct bpflock_field *fields = event->fields.rows;
	size_t text = 0;

	if (event->fields.count > LOG_FIELDS_MAX - COMMON_FIELDS)
		return refuse(ret_reason, "event '%s' has more than %d fields", event->name,
			      LOG_FIELDS_MAX - COMMON_FIELDS);
	for (__u32 i = 0; i < event->fields.count; i++) {
		int error = check_field(event, &fields[i], ret_reason);

		if (error)
			return error;
		if (field_is_in(fields, i, fields[i].name))
			return refuse(ret_reason, "field '%s' of event '%s' is there twice", fields[i].name,
				      event->name);
		if (field_is_text(&fields[i]))
			text += fields[i].size;
	}
	if (text > LOG_STRING_MAX)
		return refuse(ret_reason, "the strings of event '%s' have more than %d bytes", event->name,
			      LOG_STRING_MAX);
	return 0;
}

static bool event_is_in(const struct bpflock_event_type *events, __u32 count, const char *name)
{
	for (__u32 i = 0; i < count; i++)
		if (strcmp(events[i].name, name) == 0)
			return true;
	return false;
}

const struct bpflock_event_type *plugin_event_type(const struct plugin *plugin, __u32 type)
{
	const struct bpflock_event_type *events = plugin->descriptor.events.rows;

	for (__u32 i = 0; i < plugin->descriptor.events.count; i++)
		if (events[i].type == type)
			return &events[i];
	return NULL;
}

static int check_event(const struct plugin *plugin, __u32 place, char **ret_reason)
{
	const struct bpflock_event_type *events = plugin->descriptor.events.rows;
	const struct bpflock_event_type *event = &events[place];

	if (!is_name(event->name, "_") || !event->summary)
		return refuse(ret_reason, "it has an event without a proper name or summary");
	if (event->type > UINT16_MAX)
		return refuse(ret_reason, "its event type %u is larger than %d", event->type, UINT16_MAX);
	if (plugin_event_type(plugin, event->type) != event)
		return refuse(ret_reason, "its event type %u is there twice", event->type);
	if (event_is_in(events, place, event->name))
		return refuse(ret_reason, "its event '%s' is there twice", event->name);
	if (event->flags & ~(BPFLOCK_EVENT_DECISION | BPFLOCK_EVENT_NO_TASK))
		return refuse(ret_reason, "event '%s' has unknown flags", event->name);
	if (event->flags & BPFLOCK_EVENT_DECISION && event->flags & BPFLOCK_EVENT_NO_TASK)
		return refuse(ret_reason, "event '%s' is a decision, which is always about a task", event->name);
	return check_fields(event, ret_reason);
}

static int check_events(const struct plugin *plugin, char **ret_reason)
{
	const struct bpflock_event_type *events = plugin->descriptor.events.rows;
	bool decides = false;

	for (__u32 i = 0; i < plugin->descriptor.events.count; i++) {
		int error = check_event(plugin, i, ret_reason);

		if (error)
			return error;
		decides = decides || events[i].flags & BPFLOCK_EVENT_DECISION;
	}
	/* Without such an event the denials of an enforcer could not be logged. */
	if (decides != plugin_is_enforcer(plugin))
		return refuse(ret_reason, "enforcers, and only they, have an event that is a decision");
	return 0;
}

static int check_operation(const struct bpflock_plugin *descriptor, const struct bpflock_operation *operation,
			   char **ret_reason)
{
	const __u32 no_operation = BPFLOCK_OPERATION_IGNORED | BPFLOCK_OPERATION_BOUNDARY;
	const __u32 known = no_operation | BPFLOCK_OPERATION_DAEMON | BPFLOCK_OPERATION_WHILE_ENFORCING;

	if (operation->flags & ~known || operation->denial > DENIAL_MAX)
		return refuse(ret_reason, "it has an operation with unknown flags, or an errno above %d", DENIAL_MAX);
	if (operation->baseline > BPFLOCK_BASELINE_DENY)
		return refuse(ret_reason, "it has an operation with an unknown rule of profile baseline (%u)",
			      operation->baseline);
	if (operation->flags & no_operation && !descriptor->operation_enum)
		return refuse(ret_reason, "it has a row that is no operation, but no operation_enum");
	if (operation->flags & BPFLOCK_OPERATION_BOUNDARY && !operation->groups)
		return refuse(ret_reason, "it has a boundary without the group that it ends");
	if (operation->flags & no_operation && !operation->enumerator)
		return refuse(ret_reason, "it has a row that is no operation, without an enumerator of %s",
			      descriptor->operation_enum);
	if (!(operation->flags & no_operation) && (!is_name(operation->name, "_") || !operation->summary))
		return refuse(ret_reason, "it has an operation without a proper name or summary");
	return 0;
}

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/*
 * Several enumerators may mean the same operation, because kernels differ. So rows with an enumerator may share a
 * name. Other rows may not, and no two rows may have the same enumerator.
 */
static int check_repeated(const struct bpflock_plugin *descriptor, __u32 place, char **ret_reason)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;
	const struct bpflock_operation *row = &rows[place];

	for (__u32 i = 0; i < place; i++) {
		bool numbered = descriptor->operation_enum && rows[i].enumerator && row->enumerator;

		if (!numbered && is_same(rows[i].name, row->name))
			return refuse(ret_reason, "its operation '%s' is there twice", row->name);
		if (is_same(rows[i].enumerator, row->enumerator))
			return refuse(ret_reason, "its enumerator %s is there twice", row->enumerator);
	}
	return 0;
}

static int check_operations(const struct bpflock_plugin *descriptor, char **ret_reason)
{
	const struct bpflock_operation *operations = descriptor->operations.rows;
	bool enforcer = descriptor->flags & BPFLOCK_ENFORCER;

	if (enforcer != (descriptor->operations.count > 0))
		return refuse(ret_reason, "enforcers, and only they, have operations");
	if (descriptor->operations.count > BPFLOCK_OPERATIONS_MAX)
		return refuse(ret_reason, "it has more than %d operations", BPFLOCK_OPERATIONS_MAX);
	if (descriptor->operation_enum && !descriptor->operation_prefix)
		return refuse(ret_reason, "it names an operation_enum without an operation_prefix");
	for (__u32 i = 0; i < descriptor->operations.count; i++) {
		int error = check_operation(descriptor, &operations[i], ret_reason);

		if (!error)
			error = check_repeated(descriptor, i, ret_reason);
		if (error)
			return error;
	}
	return 0;
}

/* Does the plugin have this operation, or this group ("@GROUP")? */
static bool operation_is_known(const struct bpflock_plugin *descriptor, const char *item)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;

	if (strcmp(item, "@all") == 0)
		return true;
	for (__u32 i = 0; i < descriptor->operations.count; i++)
		if (item[0] == '@' ? rows[i].groups && words_have(rows[i].groups, ' ', item + 1) :
				     is_same(rows[i].name, item))
			return true;
	return false;
}

static int check_operations_of(const struct bpflock_plugin *descriptor, const struct bpflock_program *program,
			       char **ret_reason)
{
	CLEANUP(cleanup_free) char *items = xstrdup(program->operations ? program->operations : "");
	char *rest = items;
	char *item;

	while ((item = strsep(&rest, " ")))
		if (*item && !operation_is_known(descriptor, item))
			return refuse(ret_reason, "its program %s decides an operation '%s' that it does not have",
				      program->name, item);
	return 0;
}

static int check_program(const struct bpflock_plugin *descriptor, __u32 place, char **ret_reason)
{
	const struct bpflock_program *rows = descriptor->programs.rows;
	const struct bpflock_program *program = &rows[place];

	if (!program->name || !*program->name)
		return refuse(ret_reason, "it has a program without a name");
	if (program->flags & ~(BPFLOCK_PROGRAM_OPTIONAL | BPFLOCK_PROGRAM_HOST))
		return refuse(ret_reason, "its program %s has unknown flags", program->name);
	if (program->self_test > BPFLOCK_SELF_TEST_PLUGIN)
		return refuse(ret_reason, "its program %s names an unknown self-test", program->name);
	if (program->self_test == BPFLOCK_SELF_TEST_PLUGIN && !descriptor->self_test)
		return refuse(ret_reason, "its program %s names the plugin's self_test(), and there is none",
			      program->name);
	for (__u32 i = 0; i < place; i++)
		if (strcmp(rows[i].name, program->name) == 0)
			return refuse(ret_reason, "its program %s is there twice", program->name);
	return check_operations_of(descriptor, program, ret_reason);
}

static int check_programs(const struct bpflock_plugin *descriptor, char **ret_reason)
{
	if (descriptor->programs.count && !(descriptor->flags & BPFLOCK_ENFORCER))
		return refuse(ret_reason, "it has a table of programs, but is not an enforcer");
	for (__u32 i = 0; i < descriptor->programs.count; i++) {
		int error = check_program(descriptor, i, ret_reason);

		if (error)
			return error;
	}
	return 0;
}

static int check_metric(const struct bpflock_metric *metric, char **ret_reason)
{
	bool counts = metric->type == BPFLOCK_METRIC_COUNTER;
	const char *suffix = "_total";
	size_t length;

	if (!is_name(metric->name, "_") || !metric->help || !*metric->help)
		return refuse(ret_reason,
			      "it has a metric without a name of the form [a-z][a-z0-9_]*, or without help");
	if (!counts && metric->type != BPFLOCK_METRIC_GAUGE)
		return refuse(ret_reason, "its metric '%s' is of an unknown type", metric->name);
	if (!metric->map == !metric->read)
		return refuse(ret_reason, "its metric '%s' needs either a map or the function read", metric->name);
	length = strlen(metric->name);
	if (counts != (length > strlen(suffix) && strcmp(metric->name + length - strlen(suffix), suffix) == 0))
		return refuse(ret_reason, "its metric '%s': the names of counters, and only they, end in %s",
			      metric->name, suffix);
	return 0;
}

static int check_metrics(const struct bpflock_plugin *descriptor, char **ret_reason)
{
	const struct bpflock_metric *metrics = descriptor->metrics.rows;

	for (__u32 i = 0; i < descriptor->metrics.count; i++) {
		int error = check_metric(&metrics[i], ret_reason);

		if (error)
			return error;
		for (__u32 j = 0; j < i; j++)
			if (strcmp(metrics[i].name, metrics[j].name) == 0)
				return refuse(ret_reason, "its metric '%s' is there twice", metrics[i].name);
	}
	return 0;
}

static int check_kept_maps(const struct bpflock_plugin *descriptor, char **ret_reason)
{
	const struct bpflock_kept_map *rows = descriptor->kept_maps.rows;

	if (descriptor->kept_maps.count > KEPT_MAPS_MAX)
		return refuse(ret_reason, "it has more than %d kept maps", KEPT_MAPS_MAX);
	for (__u32 i = 0; i < descriptor->kept_maps.count; i++) {
		if (!rows[i].name || !*rows[i].name || strlen(rows[i].name) > NAME_MAX_LEN || rows[i].reserved)
			return refuse(ret_reason,
				      "it has a kept map whose name is empty or longer than %d bytes, or "
				      "whose reserved member is not zero",
				      NAME_MAX_LEN);
		for (__u32 j = 0; j < i; j++)
			if (strcmp(rows[i].name, rows[j].name) == 0)
				return refuse(ret_reason, "its kept map '%s' is there twice", rows[i].name);
	}
	return 0;
}

/* A hash of everything on which the meaning of a record depends. */
static __u64 source_of(const struct plugin *plugin)
{
	const struct bpflock_event_type *events = plugin->descriptor.events.rows;
	__u64 hash = hash_text(HASH_START, plugin->name);

	for (__u32 i = 0; i < plugin->descriptor.events.count; i++) {
		const struct bpflock_field *fields = events[i].fields.rows;

		hash = hash_text(hash_number(hash, events[i].type), events[i].name);
		hash = hash_number(hash, events[i].flags);
		for (__u32 j = 0; j < events[i].fields.count; j++) {
			hash = hash_text(hash, fields[j].name);
			hash = hash_number(hash_number(hash, fields[j].type), fields[j].size);
			hash = hash_number(hash, fields[j].offset);
		}
	}
	return hash;
}

int descriptor_accept(const struct bpflock_plugin *exported, const struct plugin_names *reserved, struct plugin *plugin,
		      char **ret_reason)
{
	struct bpflock_plugin *descriptor = &plugin->descriptor;
	int error = descriptor_copy(exported, descriptor, ret_reason);

	if (!error)
		error = descriptor_check_name(descriptor->name, reserved, ret_reason);
	if (!error)
		error = check_identity(descriptor, plugin->name, ret_reason);
	if (!error)
		error = check_object(descriptor, ret_reason);
	if (!error)
		error = check_options(descriptor, reserved, ret_reason);
	if (!error)
		error = check_aliases(descriptor, ret_reason);
	if (!error)
		error = check_events(plugin, ret_reason);
	if (!error)
		error = check_operations(descriptor, ret_reason);
	if (!error)
		error = check_programs(descriptor, ret_reason);
	if (!error)
		error = check_metrics(descriptor, ret_reason);
	if (!error)
		error = check_kept_maps(descriptor, ret_reason);
	if (!error)
		plugin->source = source_of(plugin);
	return error;
}
