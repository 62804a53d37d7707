// SPDX-License-Identifier: Apache-2.0
/* What a descriptor may say: each of its lies is refused, with the reason. */
#include "plugin/descriptor.h"

#include <elf.h>
#include <string.h>

#include "log/keys.h"
#include "log/log.h"
#include "plugin/descriptor_copy.h"
#include "unit.h"
#include "util/memory.h"

struct door_config {
	__u32 level;
	__u64 limit;
};

struct record {
	struct bpflock_event event;
	__u32 port;
	__u32 flags;
	char name[16];
};

/* A descriptor that is right, of which each test spoils one part. */
struct parts {
	struct bpflock_plugin plugin;
	struct bpflock_option options[2];
	struct bpflock_alias aliases[1];
	struct bpflock_event_type events[2];
	struct bpflock_field fields[3];
	struct bpflock_operation operations[2];
	struct bpflock_program programs[2];
	const char *file_name;
	__u64 source;
};

/* An object of which even an end before its begin is an address in this array. */
static const unsigned char bytes[8 + sizeof(Elf64_Ehdr)] __attribute__((aligned(8))) = "\0\0\0\0\0\0\0\0" ELFMAG;

static const struct bpflock_option core_rows[] = { { .name = "log_format" }, { .name = "control" } };
static const struct bpflock_option plugin_rows[] = { { .name = "enabled" } };
static const struct bpflock_option enforcer_rows[] = { { .name = "profile" } };

static const struct plugin_names reserved = {
	.core_options = BPFLOCK_TABLE(core_rows),
	.plugin_options = { BPFLOCK_TABLE(plugin_rows), BPFLOCK_TABLE(enforcer_rows) },
};

static const struct bpflock_value levels[] = { { "low", 0, NULL }, { "high", 1, NULL } };

static void fill(struct parts *parts)
{
	*parts = (struct parts){
		.file_name = "door",
		.options = { { .name = "level",
			       .summary = "s",
			       .initial = "low",
			       .type = BPFLOCK_OPTION_CHOICE,
			       .values = BPFLOCK_TABLE(levels),
			       BPFLOCK_MEMBER(struct door_config, level) },
			     { .name = "limit",
			       .summary = "s",
			       .initial = "7",
			       .type = BPFLOCK_OPTION_UINT,
			       BPFLOCK_MEMBER(struct door_config, limit) } },
		.aliases = { { "BPFLOCK_DOORS", "level" } },
		.events = { { .type = 1, .flags = BPFLOCK_EVENT_DECISION, .name = "decided", .summary = "s" },
			    { .type = 2, .name = "opened", .summary = "s" } },
		.fields = { BPFLOCK_FIELD(struct record, port, BPFLOCK_FIELD_UINT, "s"),
			    BPFLOCK_FIELD(struct record, flags, BPFLOCK_FIELD_HEX, "s"),
			    BPFLOCK_FIELD(struct record, name, BPFLOCK_FIELD_STR, "s") },
		.operations = { { .name = "open", .summary = "s", .groups = "moves" },
				{ .name = "shut", .summary = "s" } },
		.programs = { { .name = "turn", .operations = "open shut" },
			      { .name = "slide", .operations = "@moves" } },
		.plugin = { .size = sizeof(struct bpflock_plugin),
			    .abi_minor = BPFLOCK_ABI_MINOR,
			    .flags = BPFLOCK_ENFORCER,
			    .name = "door",
			    .version = "1.0",
			    .summary = "s",
			    .license = "Apache-2.0",
			    .object = bytes + 8,
			    .object_end = bytes + sizeof(bytes),
			    .config_size = sizeof(struct door_config) },
	};
	parts->events[1].fields = (struct bpflock_table)BPFLOCK_TABLE(parts->fields);
	parts->plugin.options = (struct bpflock_table)BPFLOCK_TABLE(parts->options);
	parts->plugin.aliases = (struct bpflock_table)BPFLOCK_TABLE(parts->aliases);
	parts->plugin.events = (struct bpflock_table)BPFLOCK_TABLE(parts->events);
	parts->plugin.operations = (struct bpflock_table)BPFLOCK_TABLE(parts->operations);
	parts->plugin.programs = (struct bpflock_table)BPFLOCK_TABLE(parts->programs);
}

/* The reason for the refusal (to be freed), or NULL. */
static char *refusal(struct parts *parts)
{
	struct plugin plugin = { .name = (char *)(uintptr_t)parts->file_name };
	char *reason = NULL;
	int error = descriptor_accept(&parts->plugin, &reserved, &plugin, &reason);

	assert_int_equal(error != 0, reason != NULL);
	parts->source = plugin.source;
	descriptor_release(&plugin.descriptor);
	return reason;
}

static void assert_accepted(struct parts *parts)
{
	CLEANUP(cleanup_free) char *reason = refusal(parts);

	if (reason)
		fail_msg("refused: %s", reason);
}

static void assert_refused(struct parts *parts, const char *because)
{
	CLEANUP(cleanup_free) char *reason = refusal(parts);

	assert_non_null(reason);
	if (!strstr(reason, because))
		fail_msg("'%s' is not in: %s", because, reason);
}

/* REFUSED("because", change...): a descriptor that is right but for these statements about `d`. */
#define REFUSED(because, ...)                \
	do {                                 \
		struct parts d;              \
		fill(&d);                    \
		__VA_ARGS__;                 \
		assert_refused(&d, because); \
	} while (0)

#define ACCEPTED(...)                \
	do {                         \
		struct parts d;      \
		fill(&d);            \
		__VA_ARGS__;         \
		assert_accepted(&d); \
	} while (0)

static void a_descriptor_that_is_right_is_accepted(void **state)
{
	(void)state;
	ACCEPTED((void)d);
	ACCEPTED(d.plugin.operations = d.plugin.programs = (struct bpflock_table){ 0 }; d.plugin.flags = 0;
		 d.plugin.events.rows = &d.events[1]; d.plugin.events.count = 1);
}

static void its_name_is_that_of_its_file_and_of_nothing_of_the_core(void **state)
{
	(void)state;
	REFUSED("not of the form", d.plugin.name = NULL);
	REFUSED("not of the form", d.plugin.name = "");
	REFUSED("not of the form", d.plugin.name = "Door");
	REFUSED("not of the form", d.plugin.name = "1door");
	REFUSED("not of the form", d.plugin.name = "do_or");
	REFUSED("not of the form", d.plugin.name = d.file_name = "abcdefghijklmnop");
	ACCEPTED(d.plugin.name = d.file_name = "abcdefghijklmno");
	REFUSED("the file must be named", d.file_name = "gate");
	REFUSED("'bpflock' is taken", d.plugin.name = d.file_name = "bpflock");
	REFUSED("'service' is taken", d.plugin.name = d.file_name = "service");
	REFUSED("'port' is taken", d.plugin.name = d.file_name = "port");
	REFUSED("the core's option log_format", d.plugin.name = d.file_name = "log");
	REFUSED("the core's option control", d.plugin.name = d.file_name = "control");
	ACCEPTED(d.plugin.name = d.file_name = "lo");
}

static void what_it_must_say_of_itself_is_there(void **state)
{
	(void)state;
	REFUSED("a version", d.plugin.version = NULL);
	REFUSED("a version", d.plugin.summary = NULL);
	REFUSED("a version", d.plugin.license = NULL);
	REFUSED("flags that this daemon does not know", d.plugin.flags |= 1ull << 40);
	REFUSED("impossible size", d.plugin.config_size = 65537);
}

static void its_object_is_an_aligned_elf_file(void **state)
{
	(void)state;
	REFUSED("no BPF object", d.plugin.object = NULL);
	REFUSED("no BPF object", d.plugin.object++);
	REFUSED("no BPF object", d.plugin.object_end = d.plugin.object - 8);
	REFUSED("no BPF object", d.plugin.object_end--);
}

static void an_option_has_a_name_of_its_own(void **state)
{
	(void)state;
	REFUSED("option whose name", d.options[1].name = NULL);
	REFUSED("option whose name", d.options[1].name = "Limit");
	REFUSED("there twice", d.options[1].name = "level");
	REFUSED("one of the core's", d.options[1].name = "enabled");
	REFUSED("one of the core's", d.options[1].name = "profile");
}

static void an_option_is_of_a_known_type_that_fits_its_member(void **state)
{
	(void)state;
	REFUSED("no summary", d.options[1].summary = NULL);
	REFUSED("unknown type", d.options[1].type = 0);
	REFUSED("unknown type", d.options[1].type = BPFLOCK_OPTION_PATH + 1);
	REFUSED("unknown type or flag", d.options[1].flags = 2);
	REFUSED("choices, and only they", d.options[1].values = (struct bpflock_table)BPFLOCK_TABLE(levels));
	REFUSED("choices, and only they", d.options[0].values.count = 0);
	REFUSED("'limit' has a map: it must be a list", d.options[1].map = "limit");
	REFUSED("'limit' has a map: it must be a list, and have no variable", d.options[1].map = "limit";
		d.options[1].variable = "limit"; d.options[1].flags = BPFLOCK_OPTION_LIST; d.options[1].size = 0);
	REFUSED("'limit' names cgroups or files: it must be a list, and have a map",
		d.options[1].type = BPFLOCK_OPTION_CGROUP;
		d.options[1].variable = "limit"; d.options[1].size = 0; d.options[1].initial = NULL);
	REFUSED("'limit' names cgroups or files: it must be a list, and have a map",
		d.options[1].type = BPFLOCK_OPTION_PATH;
		d.options[1].flags = BPFLOCK_OPTION_LIST; d.options[1].size = 0; d.options[1].initial = NULL);
	REFUSED("a member of 3 bytes", d.options[1].size = 3);
	REFUSED("a member of 4 bytes", d.options[1].size = 4; d.options[1].type = BPFLOCK_OPTION_STRING);
	REFUSED("a member of 8 bytes", d.options[1].flags = BPFLOCK_OPTION_LIST);
	REFUSED("not aligned", d.options[0].offset = 2);
	REFUSED("the default of option 'limit' is not valid", d.options[1].initial = "many");
	ACCEPTED(d.options[1].initial = NULL);
	ACCEPTED(d.options[1].size = 0);
	ACCEPTED(d.options[1].type = BPFLOCK_OPTION_CGROUP; d.options[1].flags = BPFLOCK_OPTION_LIST;
		 d.options[1].map = "limit"; d.options[1].size = 0; d.options[1].initial = "/no/such/cgroup");
	REFUSED("'7' is not the path of a cgroup", d.options[1].type = BPFLOCK_OPTION_CGROUP;
		d.options[1].flags = BPFLOCK_OPTION_LIST; d.options[1].map = "limit"; d.options[1].size = 0);
}

static void an_option_lies_inside_the_configuration_structure(void **state)
{
	(void)state;
	ACCEPTED(d.plugin.config_size = 16);
	REFUSED("outside the configuration structure", d.plugin.config_size = 15);
	REFUSED("outside the configuration structure", d.options[1].offset = 16);
	REFUSED("outside the configuration structure", d.options[1].offset = (__u64)-8);
}

static void a_choice_fits_its_member(void **state)
{
	static const struct bpflock_value large[] = { { "low", 256, NULL } };
	static const struct bpflock_value largest[] = { { "low", 255, NULL } };
	static const struct bpflock_value nameless[] = { { "low", 0, NULL }, { NULL, 1, NULL } };

	(void)state;
	REFUSED("does not fit in 1 bytes", d.options[0].size = 1;
		d.options[0].values = (struct bpflock_table)BPFLOCK_TABLE(large));
	ACCEPTED(d.options[0].size = 1; d.options[0].values = (struct bpflock_table)BPFLOCK_TABLE(largest));
	REFUSED("a value without a name", d.options[0].values = (struct bpflock_table)BPFLOCK_TABLE(nameless));
}

static void an_alias_is_a_variable_for_an_option_that_there_is(void **state)
{
	(void)state;
	REFUSED("does not begin with BPFLOCK_", d.aliases[0].variable = "DOORS");
	REFUSED("does not begin with BPFLOCK_", d.aliases[0].variable = NULL);
	REFUSED("an option that it does not have", d.aliases[0].option = "depth");
	REFUSED("an option that it does not have", d.aliases[0].option = NULL);
}

static void an_event_has_a_number_and_a_name_of_its_own(void **state)
{
	(void)state;
	REFUSED("event without a proper name", d.events[1].name = "Opened");
	REFUSED("event without a proper name", d.events[1].summary = NULL);
	REFUSED("type 1 is there twice", d.events[1].type = 1);
	REFUSED("'decided' is there twice", d.events[1].name = "decided");
	REFUSED("unknown flags", d.events[1].flags = 4);
}

static void a_decision_may_have_fields_behind_its_own_members(void **state)
{
	const __u32 behind = sizeof(struct bpflock_decision);

	(void)state;
#define DECIDES                                     \
	d.events[1].flags = BPFLOCK_EVENT_DECISION; \
	for (size_t i = 0; i < 3; i++)              \
	d.fields[i].offset = behind + 16 * i
	ACCEPTED(DECIDES);
	ACCEPTED(DECIDES; d.fields[0].flags = BPFLOCK_FIELD_KEY);
	ACCEPTED(DECIDES; d.fields[0].flags = BPFLOCK_FIELD_KEY | BPFLOCK_FIELD_DETAIL);
	ACCEPTED(d.fields[0].flags = BPFLOCK_FIELD_DETAIL);
	REFUSED("unknown flags", DECIDES; d.fields[0].flags = 8);
	REFUSED("a key of what is no decision", d.fields[0].flags = BPFLOCK_FIELD_KEY);
	ACCEPTED(d.fields[0].flags = BPFLOCK_FIELD_OPTIONAL);
	REFUSED("optional but no integer", d.fields[2].flags = BPFLOCK_FIELD_OPTIONAL);
	REFUSED("a 'retval' already", DECIDES; d.fields[0].name = "retval");
	REFUSED("outside the record", DECIDES; d.fields[0].offset = behind - 1);
}

static void enforcers_and_only_they_decide(void **state)
{
	(void)state;
	REFUSED("an event that is a decision", d.plugin.events.rows = &d.events[1]; d.plugin.events.count = 1);
	REFUSED("an event that is a decision", d.plugin.flags = 0; d.plugin.operations.count = 0);
	REFUSED("only they, have operations", d.plugin.operations.count = 0);
	REFUSED("only they, have operations", d.plugin.flags = 0; d.plugin.events.rows = &d.events[1];
		d.plugin.events.count = 1);
}

static void a_decision_has_a_task(void **state)
{
	(void)state;
	ACCEPTED(d.events[1].flags = BPFLOCK_EVENT_NO_TASK);
	REFUSED("always about a task", d.events[0].flags |= BPFLOCK_EVENT_NO_TASK);
}

static void a_field_has_a_name_of_its_own_and_none_of_the_core(void **state)
{
	(void)state;
	REFUSED("field without a proper name", d.fields[0].name = "Port");
	REFUSED("field without a proper name", d.fields[0].summary = NULL);
	REFUSED("is there twice", d.fields[1].name = "port");
	REFUSED("one of the core's", d.fields[0].name = "comm");
	for (size_t i = 0; i < LOG_KEYS; i++)
		REFUSED("one of the core's", d.fields[0].name = log_keys[i]);
	ACCEPTED(d.fields[0].name = "agai");
	ACCEPTED(d.fields[0].name = "retval");
}

static void a_field_is_of_a_known_type_with_a_size_for_it(void **state)
{
	(void)state;
	REFUSED("unknown type", d.fields[0].type = 0);
	REFUSED("unknown type", d.fields[0].type = BPFLOCK_FIELD_TIME + 1);
	REFUSED("a size that does not fit", d.fields[0].size = 3);
	REFUSED("a size that does not fit", d.fields[2].size = 0);
	REFUSED("a size that does not fit", d.fields[2].type = BPFLOCK_FIELD_STRV; d.fields[2].size = 4);
	ACCEPTED(d.fields[2].type = BPFLOCK_FIELD_STRV; d.fields[2].size = 5);
	REFUSED("a size that does not fit", d.fields[2].type = BPFLOCK_FIELD_PATH; d.fields[2].size = 4);
	ACCEPTED(d.fields[2].type = BPFLOCK_FIELD_PATH; d.fields[2].size = 5);
}

static void an_address_a_mode_a_user_and_a_time_have_their_own_sizes(void **state)
{
	static const struct {
		__u32 type;
		__u64 sizes[3];
	} rows[] = {
		{ BPFLOCK_FIELD_IP4, { 4 } },	  { BPFLOCK_FIELD_IP6, { 16 } }, { BPFLOCK_FIELD_MAC, { 6 } },
		{ BPFLOCK_FIELD_MODE, { 2, 4 } }, { BPFLOCK_FIELD_UID, { 4 } },	 { BPFLOCK_FIELD_TIME, { 8 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (__u64 size = 0; size <= 17; size++) {
			if (size && (size == rows[i].sizes[0] || size == rows[i].sizes[1]))
				ACCEPTED(d.fields[0].type = rows[i].type; d.fields[0].size = size);
			else
				REFUSED("a size that does not fit", d.fields[0].type = rows[i].type;
					d.fields[0].size = size);
		}
	}
	ACCEPTED(d.fields[0].type = BPFLOCK_FIELD_UID; d.fields[0].flags = BPFLOCK_FIELD_OPTIONAL);
	REFUSED("optional but no integer", d.fields[0].type = BPFLOCK_FIELD_IP4;
		d.fields[0].flags = BPFLOCK_FIELD_OPTIONAL);
}

static void a_field_lies_inside_the_largest_record(void **state)
{
	(void)state;
	REFUSED("outside the record", d.fields[0].offset = sizeof(struct bpflock_event) - 1);
	REFUSED("outside the record", d.fields[0].offset = 65537);
	REFUSED("outside the record", d.fields[0].offset = 65533);
	ACCEPTED(d.fields[0].offset = 65532);
}

static void the_strings_of_an_event_have_room_in_a_line(void **state)
{
	(void)state;
	ACCEPTED(d.fields[2].size = LOG_STRING_MAX);
	REFUSED("more than", d.fields[2].size = LOG_STRING_MAX + 1);
}

static void an_event_has_no_more_fields_than_a_line(void **state)
{
	enum { MOST = LOG_FIELDS_MAX - 20 };
	static char names[MOST + 1][8];
	static struct bpflock_field many[MOST + 1];

	(void)state;
	for (int i = 0; i <= MOST; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		many[i] = (struct bpflock_field){ .name = names[i],
						  .summary = "s",
						  .type = BPFLOCK_FIELD_UINT,
						  .size = 4,
						  .offset = sizeof(struct bpflock_event) };
	}
	ACCEPTED(d.events[1].fields = (struct bpflock_table){ many, MOST, sizeof(many[0]) });
	REFUSED("fields", d.events[1].fields = (struct bpflock_table){ many, MOST + 1, sizeof(many[0]) });
}

static void there_are_no_more_operations_than_a_policy_holds(void **state)
{
	static char names[BPFLOCK_OPERATIONS_MAX + 1][8];
	static struct bpflock_operation many[BPFLOCK_OPERATIONS_MAX + 1];

	(void)state;
	for (int i = 0; i <= BPFLOCK_OPERATIONS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "o%d", i);
		many[i] = (struct bpflock_operation){ .name = names[i], .summary = "s" };
	}
	ACCEPTED(d.plugin.programs.count = 0;
		 d.plugin.operations = (struct bpflock_table){ many, BPFLOCK_OPERATIONS_MAX, sizeof(many[0]) });
	REFUSED("more than 128 operations",
		d.plugin.operations = (struct bpflock_table){ many, BPFLOCK_OPERATIONS_MAX + 1, sizeof(many[0]) });
}

static void an_operation_has_a_name_and_known_flags(void **state)
{
	(void)state;
	REFUSED("operation without a proper name", d.operations[1].name = "Shut");
	REFUSED("operation without a proper name", d.operations[1].summary = NULL);
	REFUSED("'open' is there twice", d.operations[1].name = "open");
	REFUSED("operation with unknown flags", d.operations[1].flags = 16);
	ACCEPTED(d.operations[1].flags = BPFLOCK_OPERATION_DAEMON | BPFLOCK_OPERATION_WHILE_ENFORCING);
	ACCEPTED(d.operations[1].baseline = BPFLOCK_BASELINE_DENY);
	REFUSED("an unknown rule of profile baseline (3)", d.operations[1].baseline = BPFLOCK_BASELINE_DENY + 1);
	ACCEPTED(d.operations[1].denial = 255);
	REFUSED("an errno above 255", d.operations[1].denial = 256);
	REFUSED("a row that is no operation", d.operations[1].flags = BPFLOCK_OPERATION_IGNORED);
}

static void operations_of_an_enumeration_name_their_enumerators(void **state)
{
	(void)state;
#define ENUMERATED                                \
	d.plugin.operation_enum = "gate";         \
	d.plugin.operation_prefix = "GATE_";      \
	d.operations[0].enumerator = "GATE_OPEN"; \
	d.operations[1].enumerator = "GATE_SHUT"
	ACCEPTED(ENUMERATED);
	ACCEPTED(ENUMERATED; d.operations[1].name = "open"; d.programs[0].operations = "open");
	REFUSED("without an operation_prefix", ENUMERATED; d.plugin.operation_prefix = NULL);
	REFUSED("no operation, without an enumerator of gate", ENUMERATED; d.operations[1].enumerator = NULL;
		d.operations[1].flags = BPFLOCK_OPERATION_IGNORED);
	REFUSED("GATE_OPEN is there twice", ENUMERATED; d.operations[1].enumerator = "GATE_OPEN");
	REFUSED("a boundary without the group", ENUMERATED; d.operations[1].flags = BPFLOCK_OPERATION_BOUNDARY);
	ACCEPTED(ENUMERATED; d.operations[1].flags = BPFLOCK_OPERATION_BOUNDARY; d.operations[1].groups = "doors");
}

static void an_operation_without_an_enumerator_has_a_name_of_its_own(void **state)
{
	(void)state;
	ACCEPTED(ENUMERATED; d.operations[1].enumerator = NULL);
	REFUSED("'open' is there twice", ENUMERATED; d.operations[1].enumerator = NULL; d.operations[1].name = "open");
	REFUSED("'shut' is there twice", ENUMERATED; d.operations[0].enumerator = NULL; d.operations[0].name = "shut");
	REFUSED("without a proper name", ENUMERATED; d.operations[1].enumerator = NULL; d.operations[1].name = NULL);
}

static int self_test(const struct bpflock_host *host, const void *config)
{
	(void)host;
	(void)config;
	return 0;
}

static void a_program_decides_operations_that_there_are_and_has_a_self_test_that_there_is(void **state)
{
	(void)state;
	ACCEPTED(d.programs[0].operations = NULL);
	ACCEPTED(d.programs[0].operations = "@all");
	ACCEPTED(d.programs[0].flags = BPFLOCK_PROGRAM_OPTIONAL);
	ACCEPTED(d.programs[0].self_test = BPFLOCK_SELF_TEST_BPF_READ);
	ACCEPTED(d.programs[0].self_test = BPFLOCK_SELF_TEST_PLUGIN; d.plugin.self_test = self_test);
	REFUSED("a program without a name", d.programs[1].name = NULL);
	REFUSED("a program without a name", d.programs[1].name = "");
	REFUSED("program turn is there twice", d.programs[1].name = "turn");
	ACCEPTED(d.programs[0].flags = BPFLOCK_PROGRAM_HOST);
	REFUSED("turn has unknown flags", d.programs[0].flags = 4);
	REFUSED("an operation 'lock' that it does not have", d.programs[0].operations = "open lock");
	REFUSED("an operation '@move' that it does not have", d.programs[0].operations = "@move");
	REFUSED("unknown self-test", d.programs[0].self_test = BPFLOCK_SELF_TEST_PLUGIN + 1);
	REFUSED("and there is none", d.programs[0].self_test = BPFLOCK_SELF_TEST_PLUGIN);
	REFUSED("but is not an enforcer", d.plugin.operations = (struct bpflock_table){ 0 }; d.plugin.flags = 0;
		d.plugin.events.rows = &d.events[1]; d.plugin.events.count = 1);
}

static void a_guard_is_an_enforcer(void **state)
{
	(void)state;
	ACCEPTED(d.plugin.flags = BPFLOCK_ENFORCER | BPFLOCK_GUARD);
	REFUSED("a guard, but not an enforcer", d.plugin.flags = BPFLOCK_GUARD);
}

static __u64 source_with(void (*change)(struct parts *parts))
{
	struct parts parts;

	fill(&parts);
	change(&parts);
	assert_accepted(&parts);
	return parts.source;
}

static void leave(struct parts *parts)
{
	(void)parts;
}

static void move_field(struct parts *parts)
{
	parts->fields[0].offset += 4;
}

static void shrink_field(struct parts *parts)
{
	parts->fields[0].size = 2;
}

static void retype_field(struct parts *parts)
{
	parts->fields[0].type = BPFLOCK_FIELD_INT;
}

static void rename_field(struct parts *parts)
{
	parts->fields[0].name = "gate";
}

static void renumber_event(struct parts *parts)
{
	parts->events[1].type = 3;
}

static void rename_event(struct parts *parts)
{
	parts->events[1].name = "shut";
}

static void rename_plugin(struct parts *parts)
{
	parts->plugin.name = parts->file_name = "gate";
}

static void reword(struct parts *parts)
{
	parts->fields[0].summary = "another";
	parts->plugin.version = "2.0";
}

/* Records wait in the ring for a successor, whose tables may be others. */
static void records_carry_all_that_their_meaning_depends_on(void **state)
{
	static void (*const changes[])(struct parts * parts) = { move_field,   retype_field,   shrink_field,
								 rename_field, renumber_event, rename_event,
								 rename_plugin };
	__u64 known = source_with(leave);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		assert_int_not_equal(source_with(changes[i]), known);
	assert_int_equal(source_with(reword), known);
}

static void a_descriptor_without_its_first_members_is_refused(void **state)
{
	(void)state;
	REFUSED("an impossible size (8)", d.plugin.size = 8);
	REFUSED("table of options", d.plugin.options.stride = 8);
	REFUSED("table of options", d.plugin.options.rows = NULL);
	REFUSED("table of options", d.plugin.options.count = 1025);
	REFUSED("a reserved member is not zero", d.plugin.reserved = 1);
}

/* A newer minor may append; what this daemon does not know has to be zero. */
static void bytes_of_a_newer_minor_must_be_zero(void **state)
{
	struct {
		struct bpflock_plugin plugin;
		__u64 newer;
	} grown = { 0 };
	struct plugin plugin = { .name = (char *)(uintptr_t) "door" };
	struct parts parts;
	char *reason = NULL;

	(void)state;
	fill(&parts);
	grown.plugin = parts.plugin;
	grown.plugin.size = sizeof(grown);
	grown.plugin.abi_minor = BPFLOCK_ABI_MINOR + 1;
	assert_int_equal(descriptor_accept(&grown.plugin, &reserved, &plugin, &reason), 0);
	descriptor_release(&plugin.descriptor);
	plugin.descriptor = (struct bpflock_plugin){ 0 };
	grown.newer = 1;
	assert_int_not_equal(descriptor_accept(&grown.plugin, &reserved, &plugin, &reason), 0);
	assert_non_null(reason);
	free(reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_that_is_right_is_accepted),
		cmocka_unit_test(its_name_is_that_of_its_file_and_of_nothing_of_the_core),
		cmocka_unit_test(what_it_must_say_of_itself_is_there),
		cmocka_unit_test(its_object_is_an_aligned_elf_file),
		cmocka_unit_test(an_option_has_a_name_of_its_own),
		cmocka_unit_test(an_option_is_of_a_known_type_that_fits_its_member),
		cmocka_unit_test(an_option_lies_inside_the_configuration_structure),
		cmocka_unit_test(a_choice_fits_its_member),
		cmocka_unit_test(an_alias_is_a_variable_for_an_option_that_there_is),
		cmocka_unit_test(an_event_has_a_number_and_a_name_of_its_own),
		cmocka_unit_test(a_decision_may_have_fields_behind_its_own_members),
		cmocka_unit_test(enforcers_and_only_they_decide),
		cmocka_unit_test(a_decision_has_a_task),
		cmocka_unit_test(a_field_has_a_name_of_its_own_and_none_of_the_core),
		cmocka_unit_test(a_field_is_of_a_known_type_with_a_size_for_it),
		cmocka_unit_test(an_address_a_mode_a_user_and_a_time_have_their_own_sizes),
		cmocka_unit_test(a_field_lies_inside_the_largest_record),
		cmocka_unit_test(the_strings_of_an_event_have_room_in_a_line),
		cmocka_unit_test(an_event_has_no_more_fields_than_a_line),
		cmocka_unit_test(there_are_no_more_operations_than_a_policy_holds),
		cmocka_unit_test(an_operation_has_a_name_and_known_flags),
		cmocka_unit_test(operations_of_an_enumeration_name_their_enumerators),
		cmocka_unit_test(a_program_decides_operations_that_there_are_and_has_a_self_test_that_there_is),
		cmocka_unit_test(a_guard_is_an_enforcer),
		cmocka_unit_test(an_operation_without_an_enumerator_has_a_name_of_its_own),
		cmocka_unit_test(records_carry_all_that_their_meaning_depends_on),
		cmocka_unit_test(a_descriptor_without_its_first_members_is_refused),
		cmocka_unit_test(bytes_of_a_newer_minor_must_be_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
