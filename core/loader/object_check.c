/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/object_check.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "config/suggest.h"
#include "kernel/kernel.h"
#include "loader/item_bytes.h"
#include "loader/loader.h"
#include "loader/object_scan.h"
#include "loader/option_map.h"
#include "util/memory.h"

#define LICENSE_SECTION "license"

static size_t object_size(const struct plugin *plugin)
{
	return (size_t)(plugin->descriptor.object_end - plugin->descriptor.object);
}

static __attribute__((format(printf, 3, 4))) struct report_item *
complain(const struct plugin *plugin, struct report *report, const char *format, ...)
{
	struct report_item *item;
	va_list args;

	va_start(args, format);
	item = report_addv(report, REPORT_ERROR, "plugin_failed", NULL, format, args);
	va_end(args);
	report_plugin(item, plugin->name);
	return item;
}

/* As license_is_gpl_compatible() of include/linux/license.h. */
static bool license_is_compatible(const char *license, size_t size)
{
	static const char *const compatible[] = { "GPL",	  "GPL v2",	  "GPL and additional rights",
						  "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL" };

	for (size_t i = 0; i < ARRAY_SIZE(compatible); i++)
		if (strlen(compatible[i]) < size && strcmp(license, compatible[i]) == 0)
			return true;
	return false;
}

/* An observer that only reads the records of others has no program, which needs no license. */
static void check_license(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	size_t size;
	const char *license = object_section(plugin->descriptor.object, object_size(plugin), LICENSE_SECTION, &size);

	if (!bpf_object__next_program(object, NULL) || (license && license_is_compatible(license, size)))
		return;
	if (license)
		complain(plugin, report, "the license of its BPF object is not compatible with the GPL: '%.*s'",
			 (int)strnlen(license, size), license);
	else
		complain(plugin, report, "its BPF object names no license");
	report_remedy(&report->items[report->count - 1],
		      "write: char LICENSE[] SEC(\"license\") = \"GPL\"; the kernel accepts no other LSM programs, and "
		      "the headers of bpflock are under the GPL");
}

static int check_file(const struct plugin *plugin, struct report *report)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)plugin->descriptor.object;
	size_t size;

	if (header->e_machine != EM_BPF) {
		report_remedy(complain(plugin, report,
				       "the object file that it carries is not for BPF (ELF machine %u)",
				       header->e_machine),
			      "compile it by: clang -target bpf");
		return -EINVAL;
	}
	if (!object_section(plugin->descriptor.object, object_size(plugin), ".BTF", &size)) {
		report_remedy(complain(plugin, report, "its BPF object has no type information (BTF)"),
			      "compile it with -g, and strip it by llvm-strip -g only");
		return -EINVAL;
	}
	return 0;
}

int object_open(const struct plugin *plugin, struct bpf_object **ret, struct report *report)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = plugin->name);
	int error = check_file(plugin, report);

	if (error)
		return error;
	(void)libbpf_log_take();
	*ret = bpf_object__open_mem(plugin->descriptor.object, object_size(plugin), &opts);
	if (*ret)
		return 0;
	error = -errno;
	complain(plugin, report, "its BPF object cannot be opened: %s; %s", strerror(-error), libbpf_log_take());
	return error;
}

/* The section that does the same and is attached by bpflock (to be freed); NULL where there is none. */
static char *section_instead(const char *section)
{
	static const struct {
		const char *kind;
		const char *instead;
	} kinds[] = {
		{ "kprobe/", "fentry/" },   { "kretprobe/", "fexit/" }, { "tracepoint/", "tp_btf/" },
		{ "tp/", "tp_btf/" },	    { "raw_tp/", "tp_btf/" },	{ "raw_tracepoint/", "tp_btf/" },
		{ "fentry.s/", "fentry/" }, { "fexit.s/", "fexit/" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(section, kinds[i].kind, strlen(kinds[i].kind)) == 0)
			return xasprintf("%s%s", kinds[i].instead, strrchr(section, '/') + 1);
	return NULL;
}

void object_suggest_section(struct report_item *item, const char *section)
{
	static const char *const kinds[] = { "lsm", "lsm.s", "fentry", "fexit", "tp_btf" };
	CLEANUP(cleanup_free) char *kind = xstrndup(section, strcspn(section, "/"));
	CLEANUP(cleanup_free) char *instead = section_instead(section);
	struct config_names valid = { 0 };

	if (instead) {
		report_remedy(item, "use SEC(\"%s\")", instead);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		config_names_add(&valid, kinds[i]);
	config_suggest(item, &valid, kind);
	config_names_clear(&valid);
}

static void check_sections(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		const char *section = bpf_program__section_name(program);
		bool unknown = bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC;

		if (!kernel_knows_section(section))
			object_suggest_section(complain(plugin, report,
							"its program %s is in the section '%s', which %s",
							bpf_program__name(program), section,
							unknown ? "libbpf does not know" : "bpflock does not attach"),
					       section);
	}
}

static size_t count_programs(const struct bpf_object *object)
{
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program(program, object)
		count++;
	return count;
}

void object_list_programs(const struct bpf_object *object, struct config_names *names)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		config_names_add(names, bpf_program__name(program));
}

static void suggest_program(struct report_item *item, const struct bpf_object *object, const char *name)
{
	struct config_names valid = { 0 };

	object_list_programs(object, &valid);
	config_suggest(item, &valid, name);
	config_names_clear(&valid);
}

static void check_programs(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	const struct bpflock_program *rows = plugin->descriptor.programs.rows;

	if (plugin_is_enforcer(plugin) && count_programs(object) > BPFLOCK_PROGRAMS_MAX)
		complain(plugin, report, "its BPF object has more than %d programs", BPFLOCK_PROGRAMS_MAX);
	for (__u32 i = 0; i < plugin->descriptor.programs.count; i++)
		if (!bpf_object__find_program_by_name(object, rows[i].name))
			suggest_program(complain(plugin, report,
						 "its table of programs names %s, which its BPF object does not have",
						 rows[i].name),
					object, rows[i].name);
}

static void check_policy(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	bool has_policy = bpf_object__find_map_by_name(object, POLICY_MAP);

	if (has_policy && !plugin_is_enforcer(plugin))
		report_remedy(complain(plugin, report,
				       "its BPF object includes <bpflock/policy.bpf.h>, but it is no enforcer"),
			      "set .flags = BPFLOCK_ENFORCER in the descriptor, or include <bpflock/event.bpf.h> only");
	if (!has_policy && plugin_is_enforcer(plugin))
		report_remedy(complain(plugin, report, "it is an enforcer, but its BPF object decides nothing"),
			      "include <bpflock/policy.bpf.h> and call bpflock_decide()");
}

static void check_maps(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (bpf_map__pin_path(map))
			report_remedy(complain(plugin, report,
					       "its map %s has LIBBPF_PIN_BY_NAME: its pin would lie outside of "
					       "bpflock's directory, and stay when bpflock stops",
					       bpf_map__name(map)),
				      "remove __uint(pinning, …)");
}

static void check_variable(const struct plugin *plugin, const struct bpf_object *object,
			   const struct bpflock_option *option, const char *name, struct report *report)
{
	switch (variable_kind(object, name)) {
	case VARIABLE_CONSTANT:
		return;
	case VARIABLE_MISSING:
		report_remedy(complain(plugin, report,
				       "option '%s' needs the variable '%s' in its BPF object, which has none",
				       option->name, name),
			      "add there: const volatile … %s = …; and use it", name);
		return;
	case VARIABLE_FOLDED:
		report_remedy(complain(plugin, report,
				       "option '%s': the variable '%s' of its BPF object is not volatile, so the "
				       "compiler does not read it",
				       option->name, name),
			      "declare it there as const volatile");
		return;
	case VARIABLE_WRITABLE:
		report_remedy(complain(plugin, report, "option '%s': the variable '%s' of its BPF object is not const",
				       option->name, name),
			      "declare it there as const volatile");
		return;
	}
}

static const char *type_of_item(const struct bpflock_option *option)
{
	switch (option->type) {
	case BPFLOCK_OPTION_CIDR:
		return "struct bpflock_cidr";
	case BPFLOCK_OPTION_PORTS:
		return "struct bpflock_ports";
	default:
		return "__u32";
	}
}

static void check_item_size(const struct plugin *plugin, const struct bpf_object *object,
			    const struct bpflock_option *option, struct report *report)
{
	bool is_list = option->flags & BPFLOCK_OPTION_LIST;
	size_t size = variable_item_size(object, option), only = item_size(option);
	CLEANUP(cleanup_free) char *sizes = only ? xasprintf("%zu", only) : xstrdup("1, 2, 4 or 8");

	if (!size || item_has_size(option, size))
		return;
	report_remedy(complain(plugin, report,
			       "option '%s': %sthe variable '%s' of its BPF object has %zu bytes, and a value of the "
			       "option has %s",
			       option->name, is_list ? "an element of " : "", option->variable, size, sizes),
		      "declare it there as const volatile %s %s%s", type_of_item(option), option->variable,
		      is_list ? "[MAX]" : "");
}

static void check_count(const struct plugin *plugin, const struct bpf_object *object,
			const struct bpflock_option *option, struct report *report)
{
	CLEANUP(cleanup_free) char *count = xasprintf("%s_count", option->variable);

	if (variable_kind(object, count) != VARIABLE_CONSTANT)
		report_remedy(complain(plugin, report,
				       "option '%s' is a list: its BPF object has no constant '%s' for the number of "
				       "items",
				       option->name, count),
			      "add there: const volatile __u32 %s = 0;", count);
}

static void check_map(const struct plugin *plugin, const struct bpf_object *object, const struct bpflock_option *option,
		      struct report *report)
{
	const char *declaration = option_map_needed(object, option);

	if (declaration)
		report_remedy(complain(plugin, report,
				       "option '%s' needs the map '%s' in its BPF object, which has none, or one for "
				       "other items",
				       option->name, option->map),
			      "declare it there: %s %s SEC(\".maps\");", declaration, option->map);
}

static void check_options(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	const struct bpflock_option *options = plugin->descriptor.options.rows;

	for (__u32 i = 0; i < plugin->descriptor.options.count; i++) {
		if (options[i].map)
			check_map(plugin, object, &options[i], report);
		if (!options[i].variable)
			continue;
		check_variable(plugin, object, &options[i], options[i].variable, report);
		check_item_size(plugin, object, &options[i], report);
		if (options[i].flags & BPFLOCK_OPTION_LIST)
			check_count(plugin, object, &options[i], report);
	}
}

static bool is_counted_map(const struct bpf_map *map, __u32 index)
{
	return map && (bpf_map__type(map) == BPF_MAP_TYPE_ARRAY || bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY) &&
	       bpf_map__value_size(map) >= sizeof(__u64) && index < bpf_map__max_entries(map);
}

static void check_metrics(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	const struct bpflock_metric *metrics = plugin->descriptor.metrics.rows;

	for (__u32 i = 0; i < plugin->descriptor.metrics.count; i++)
		if (metrics[i].map &&
		    !is_counted_map(bpf_object__find_map_by_name(object, metrics[i].map), metrics[i].index))
			report_remedy(
				complain(plugin, report,
					 "metric '%s' needs the element %u of the map '%s' in its BPF object, which "
					 "has none",
					 metrics[i].name, metrics[i].index, metrics[i].map),
				"declare there an array, or a per-CPU array, of values that begin with a __u64");
}

static void check_kept_maps(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	const struct bpflock_kept_map *rows = plugin->descriptor.kept_maps.rows;

	for (__u32 i = 0; i < plugin->descriptor.kept_maps.count; i++)
		if (!bpf_object__find_map_by_name(object, rows[i].name))
			report_remedy(complain(plugin, report,
					       "its table of kept maps names '%s', which its BPF object does not have",
					       rows[i].name),
				      "declare the map there, or correct the name");
}

/**
 * struct records - the records that the programs of an object make
 */
struct records {
	const struct bpflock_record_note *notes;
	size_t count;
};

/* The largest record of a type; 0 where the programs make none. */
static __u32 largest_record(const struct records *records, __u32 type)
{
	__u32 size = 0;

	for (size_t i = 0; i < records->count; i++)
		if (records->notes[i].type == type && records->notes[i].size > size)
			size = records->notes[i].size;
	return size;
}

static void check_fields(const struct plugin *plugin, const struct bpflock_event_type *event, __u32 size,
			 struct report *report)
{
	const struct bpflock_field *fields = event->fields.rows;

	for (__u32 i = 0; i < event->fields.count; i++)
		if (fields[i].offset + fields[i].size > size)
			report_remedy(complain(plugin, report,
					       "field '%s' of event '%s' ends at byte %llu, and the largest record of "
					       "its programs has %u bytes",
					       fields[i].name, event->name, fields[i].offset + fields[i].size, size),
				      "begin the record with the size of the whole structure, or correct the field");
}

static void check_type(const struct plugin *plugin, const struct records *records, size_t note, struct report *report)
{
	__u32 type = records->notes[note].type;

	for (size_t i = 0; i < note; i++)
		if (records->notes[i].type == type)
			return;
	if (!plugin_event_type(plugin, type))
		report_remedy(complain(plugin, report,
				       "its programs make records of the event type %u, which its table of events does "
				       "not have: they would be lost",
				       type),
			      "add a row with .type = %u to the table of events", type);
}

static void check_records(const struct plugin *plugin, struct report *report)
{
	const struct bpflock_event_type *events = plugin->descriptor.events.rows;
	struct records records = { 0 };
	size_t size;

	records.notes = object_section(plugin->descriptor.object, object_size(plugin), BPFLOCK_RECORDS_SECTION, &size);
	records.count = records.notes ? size / sizeof(*records.notes) : 0;
	for (size_t i = 0; i < records.count; i++)
		check_type(plugin, &records, i, report);
	for (__u32 i = 0; i < plugin->descriptor.events.count; i++) {
		__u32 largest = largest_record(&records, events[i].type);

		if (largest)
			check_fields(plugin, &events[i], largest, report);
	}
}

int object_check(const struct plugin *plugin, const struct bpf_object *object, struct report *report)
{
	size_t count = report->count;

	check_license(plugin, object, report);
	check_sections(plugin, object, report);
	check_programs(plugin, object, report);
	check_policy(plugin, object, report);
	check_maps(plugin, object, report);
	check_options(plugin, object, report);
	check_metrics(plugin, object, report);
	check_kept_maps(plugin, object, report);
	check_records(plugin, report);
	return report->count > count ? -EINVAL : 0;
}

const struct bpflock_program *object_program_row(const struct plugin *plugin, const struct bpf_program *program)
{
	const struct bpflock_table *table = &plugin->descriptor.programs;
	const struct bpflock_program *rows = table->rows;

	for (__u32 i = 0; i < table->count; i++)
		if (strcmp(rows[i].name, bpf_program__name(program)) == 0)
			return &rows[i];
	return NULL;
}

bool object_needs_program(const struct plugin *plugin, const struct bpf_program *program)
{
	const struct bpflock_program *row = object_program_row(plugin, program);

	return plugin_is_enforcer(plugin) && !(row && row->flags & BPFLOCK_PROGRAM_OPTIONAL);
}

void object_report_missing(const struct plugin *plugin, const struct bpf_program *program, struct report *report)
{
	const struct bpflock_program *row = object_program_row(plugin, program);

	complain(plugin, report, "this kernel has no %s, so that nobody would decide what its program %s does: %s",
		 bpf_program__section_name(program), bpf_program__name(program),
		 row && row->operations ? row->operations : "its author has not said");
}
