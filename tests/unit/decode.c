/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "log/keys.h"
#include "unit.h"
#include "util/memory.h"

struct sample {
	struct bpflock_event event;
	__s32 retval;
	__u16 port;
	__u8 kind;
	char path[8];
	BPFLOCK_STRV(8) words;
};

static const struct bpflock_value kinds[] = { { "file", 1, NULL }, { "socket", 2, NULL } };

static const struct bpflock_field fields[] = {
	BPFLOCK_FIELD(struct sample, retval, BPFLOCK_FIELD_ERRNO, "s"),
	BPFLOCK_FIELD(struct sample, port, BPFLOCK_FIELD_UINT, "s"),
	{ .name = "kind",
	  .summary = "s",
	  .type = BPFLOCK_FIELD_ENUM,
	  .size = 1,
	  .offset = offsetof(struct sample, kind),
	  .values = BPFLOCK_TABLE(kinds) },
	BPFLOCK_FIELD(struct sample, path, BPFLOCK_FIELD_STR, "s"),
	BPFLOCK_FIELD(struct sample, words, BPFLOCK_FIELD_STRV, "s"),
};

struct fielded {
	struct bpflock_decision decision;
	__u32 family;
	char path[8];
};

static const struct bpflock_field decision_fields[] = {
	BPFLOCK_FIELD(struct fielded, family, BPFLOCK_FIELD_UINT, "s"),
	BPFLOCK_FIELD(struct fielded, path, BPFLOCK_FIELD_STR, "s"),
};

struct detailed {
	struct bpflock_event event;
	char path[8];
	char directory[8];
};

static const struct bpflock_field detailed_fields[] = {
	BPFLOCK_FIELD(struct detailed, path, BPFLOCK_FIELD_STR, "s"),
	BPFLOCK_FIELD_WITH(BPFLOCK_FIELD_DETAIL, struct detailed, directory, BPFLOCK_FIELD_STR, "s"),
};

struct located {
	struct bpflock_event event;
	__u32 euid;
	BPFLOCK_PATH(16) file;
};

static const struct bpflock_field located_fields[] = {
	BPFLOCK_FIELD_WITH(BPFLOCK_FIELD_OPTIONAL, struct located, euid, BPFLOCK_FIELD_UINT, "s"),
	BPFLOCK_FIELD(struct located, file, BPFLOCK_FIELD_PATH, "s"),
};

struct connected {
	struct bpflock_event event;
	__u8 ip4[4];
	__u8 ip6[16];
	__u8 mac[6];
	__u16 mode;
	__u32 owner;
	__u64 since;
};

static const struct bpflock_field connected_fields[] = {
	BPFLOCK_FIELD(struct connected, ip4, BPFLOCK_FIELD_IP4, "s"),
	BPFLOCK_FIELD(struct connected, ip6, BPFLOCK_FIELD_IP6, "s"),
	BPFLOCK_FIELD(struct connected, mac, BPFLOCK_FIELD_MAC, "s"),
	BPFLOCK_FIELD(struct connected, mode, BPFLOCK_FIELD_MODE, "s"),
	BPFLOCK_FIELD(struct connected, owner, BPFLOCK_FIELD_UID, "s"),
	BPFLOCK_FIELD(struct connected, since, BPFLOCK_FIELD_TIME, "s"),
};

static const struct bpflock_event_type events[] = {
	{ .type = 5, .name = "sample", .summary = "s", .fields = BPFLOCK_TABLE(fields) },
	{ .type = 6, .flags = BPFLOCK_EVENT_DECISION, .name = "decided", .summary = "s" },
	{ .type = 7,
	  .flags = BPFLOCK_EVENT_DECISION,
	  .name = "fielded",
	  .summary = "s",
	  .fields = BPFLOCK_TABLE(decision_fields) },
	{ .type = 8, .name = "detailed", .summary = "s", .fields = BPFLOCK_TABLE(detailed_fields) },
	{ .type = 9, .name = "located", .summary = "s", .fields = BPFLOCK_TABLE(located_fields) },
	{ .type = 10,
	  .flags = BPFLOCK_EVENT_NO_TASK,
	  .name = "nobodys",
	  .summary = "s",
	  .fields = BPFLOCK_TABLE(detailed_fields) },
	{ .type = 11, .name = "connected", .summary = "s", .fields = BPFLOCK_TABLE(connected_fields) },
};

static struct operation operation_items[] = {
	{ .name = (char *)(uintptr_t) "door", .text = (char *)(uintptr_t) "the door", .index = 3 },
};

static struct plugin plugin = {
	.name = (char *)(uintptr_t) "sampler",
	.descriptor = { .events = BPFLOCK_TABLE(events) },
	.operations = { operation_items, 1 },
};

static const struct bus_source source = { .plugin = &plugin };

static struct sample sample(void)
{
	return (struct sample){
		.event = { .time = 1500000000,
			   .type = 5,
			   .tgid = 10,
			   .pid = 11,
			   .ppid = 9,
			   .uid = 1000,
			   .cgroupid = 77,
			   .comm = "cat",
			   .pcomm = "sh" },
		.retval = -2,
		.port = 65535,
		.kind = 2,
		.path = "/a",
		.words = { .length = 5, .bytes = { 'a', 0, 'b', 'c', 0 } },
	};
}

static const struct log_field *field(const struct decoded_record *decoded, const char *key)
{
	for (size_t i = 0; i < decoded->record.field_count; i++)
		if (strcmp(decoded->record.fields[i].key, key) == 0)
			return &decoded->record.fields[i];
	return NULL;
}

static void assert_text(const struct log_field *value, const char *text)
{
	assert_non_null(value);
	assert_int_equal(value->string.length, strlen(text));
	assert_memory_equal(value->string.bytes, text, strlen(text));
}

static void every_type_of_field_is_read_in_its_own_size(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(field(&decoded, "retval")->signed_value, -2);
	assert_int_equal(field(&decoded, "port")->unsigned_value, 65535);
	assert_text(field(&decoded, "kind"), "socket");
	assert_text(field(&decoded, "path"), "/a");
	assert_int_equal(field(&decoded, "words")->string.length, 5);
	assert_null(field(&decoded, "truncated"));
	assert_int_equal(decoded.record.events, 1);
}

static void the_order_is_that_of_the_log(void **state)
{
	static const char *const order[] = { "tgid",  "pid",  "ppid", "uid",  "cgroupid", "comm",
					     "pcomm", "port", "kind", "path", "words",	  "retval" };
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(decoded.record.field_count, sizeof(order) / sizeof(order[0]));
	for (size_t i = 0; i < decoded.record.field_count; i++)
		assert_string_equal(decoded.record.fields[i].key, order[i]);
}

static struct connected connected(void)
{
	return (struct connected){
		.event = { .type = 11 },
		.ip4 = { 192, 0, 2, 1 },
		.ip6 = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0xff },
		.mac = { 0x02, 0xff, 0, 1, 0x0a, 0xbc },
		.mode = 0100644,
		.owner = 1000,
		.since = 1500000000,
	};
}

static void addresses_modes_users_and_times_have_their_own_forms(void **state)
{
	struct connected record = connected();
	struct decoded_record decoded;
	static char line[LOG_LINE_MAX];

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 1000000000600000000ll, &decoded), 0);
	line[logfmt_write(&decoded.record, line, sizeof(line) - 1)] = '\0';
	assert_non_null(strstr(line, " ip4=192.0.2.1 ip6=2001:db8::ff mac=02:ff:00:01:0a:bc mode=0100644 owner=1000 "
				     "since=2001-09-09T01:46:42Z\""));
	line[json_write(&decoded.record, line, sizeof(line) - 1)] = '\0';
	assert_non_null(strstr(line, "\"ip4\":\"192.0.2.1\",\"ip6\":\"2001:db8::ff\",\"mac\":\"02:ff:00:01:0a:bc\","
				     "\"mode\":33188,\"owner\":1000,\"since\":\"2001-09-09T01:46:42.100000000Z\"}"));
}

static void the_ends_of_each_form(void **state)
{
	static const __u8 mapped[16] = { [10] = 0xff, 0xff, 203, 0, 113, 9 };
	struct connected record = connected();
	struct decoded_record decoded;

	(void)state;
	memset(record.ip6, 0, sizeof(record.ip6));
	record.mode = 0;
	record.owner = 0xffffffff;
	record.since = UINT64_MAX;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "ip6"), "::");
	assert_int_equal(field(&decoded, "mode")->unsigned_value, 0);
	assert_null(field(&decoded, "owner"));
	assert_in_range(field(&decoded, "since")->time.tv_nsec, 0, 999999999);
	memcpy(record.ip6, mapped, sizeof(mapped));
	record.owner = 0;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "ip6"), "203.0.113.9");
	assert_int_equal(field(&decoded, "owner")->unsigned_value, 0);
	memset(record.ip6, 0xff, sizeof(record.ip6));
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "ip6"), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_text(field(&decoded, "mac"), "02:ff:00:01:0a:bc");
}

/* Whatever the program has written there. */
static void an_event_without_a_task_has_only_its_own_fields(void **state)
{
	struct detailed record = { .event = sample().event, .path = "/a" };
	struct decoded_record decoded;

	(void)state;
	record.event.type = 10;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(decoded.record.field_count, 1);
	assert_text(field(&decoded, "path"), "/a");
}

static void a_number_without_a_name_is_logged_as_a_number(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	record.kind = 9;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(field(&decoded, "kind")->kind, LOG_UINT);
	assert_int_equal(field(&decoded, "kind")->unsigned_value, 9);
}

static void what_was_cut_is_named(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	memcpy(record.path, "1234567\1", 8);
	record.words.length = 8 | BPFLOCK_STRV_CUT;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "path"), "1234567");
	assert_text(field(&decoded, "truncated"), "path,words");
}

static void a_string_that_just_fits_was_not_cut(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	memcpy(record.path, "1234567", 8);
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "path"), "1234567");
	assert_null(field(&decoded, "truncated"));
}

static void a_short_record_has_fewer_fields(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, offsetof(struct sample, words), 0, &decoded), 0);
	assert_null(field(&decoded, "words"));
	assert_non_null(field(&decoded, "path"));
}

static void a_length_beyond_the_record_is_not_believed(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	record.words.length = 1u << 30;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(field(&decoded, "words")->string.length, 8);
}

static void an_empty_string_is_left_out(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	record.path[0] = '\0';
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_null(field(&decoded, "path"));
}

static struct located located(const char *names, __u32 length)
{
	struct located record = { .event = { .type = 9 }, .euid = 0xffffffff, .file = { .length = length } };

	memset(record.file.bytes, 'x', sizeof(record.file.bytes));
	memcpy(record.file.bytes, names, length & ~BPFLOCK_PATH_DELETED);
	return record;
}

static void names_from_the_last_to_the_first_are_a_path(void **state)
{
	static const struct {
		const char *names;
		__u32 length;
		const char *path, *truncated;
	} rows[] = {
		{ "c\0bb\0\0", 6, "/bb/c", NULL },
		{ "\0", 1, "/", NULL },
		{ "c\0bb\0", 5, "bb/c", "file" },
		{ "c\0\0", 3 | BPFLOCK_PATH_DELETED, "/c (deleted)", NULL },
		{ "1234567890123\0a", 15, NULL, NULL },
		{ "12345678901234\0", 16, "/12345678901234", NULL },
		{ "123456789012345", 16, "123456789012345", "file" },
		{ "", 0, NULL, NULL },
		{ "", BPFLOCK_PATH_DELETED, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct located record = located(rows[i].names, rows[i].length);
		struct decoded_record decoded;

		assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
		if (rows[i].path)
			assert_text(field(&decoded, "file"), rows[i].path);
		else
			assert_null(field(&decoded, "file"));
		if (rows[i].truncated)
			assert_text(field(&decoded, "truncated"), rows[i].truncated);
		else
			assert_null(field(&decoded, "truncated"));
	}
}

static void the_length_of_a_path_is_not_believed(void **state)
{
	struct located record = located("123456789012345", 16);
	struct decoded_record decoded;

	(void)state;
	record.file.length = 0x7fffffff;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "file"), "123456789012345");
}

static void an_optional_number_is_left_out_where_all_its_bits_are_one(void **state)
{
	struct located record = located("", 0);
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_null(field(&decoded, "euid"));
	record.euid = 0;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(field(&decoded, "euid")->unsigned_value, 0);
	record.euid = 0x7fffffff;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(field(&decoded, "euid")->unsigned_value, 0x7fffffff);
}

static void what_no_table_describes_is_refused(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record.event) - 1, 0, &decoded), -EINVAL);
	record.event.type = 99;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), -EINVAL);
}

static void a_decision_that_is_too_short_is_refused(void **state)
{
	const struct bpflock_decision record = {
		.event = { .type = 6 },
		.operation = 3,
		.rule = BPFLOCK_RULE_BASELINE,
		.verdict = BPFLOCK_VERDICT_DENIED,
	};
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record) - 1, 0, &decoded), -EINVAL);
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
}

static void a_decision_about_an_unknown_operation_has_its_number(void **state)
{
	const struct bpflock_decision record = {
		.event = { .type = 6 },
		.operation = 4,
		.rule = BPFLOCK_RULE_BASELINE,
		.verdict = BPFLOCK_VERDICT_DENIED,
	};
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "operation"), "unknown(4)");
	assert_null(field(&decoded, "op"));
}

static void a_field_that_ends_with_the_record_is_there_and_one_byte_less_is_not(void **state)
{
	const size_t end = offsetof(struct sample, port) + sizeof(((struct sample *)0)->port);
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, end, 0, &decoded), 0);
	assert_non_null(field(&decoded, "port"));
	assert_int_equal(record_decode(&source, &record, end - 1, 0, &decoded), 0);
	assert_null(field(&decoded, "port"));
}

/* Records are as long as their text needs. */
static void a_text_may_end_with_the_record(void **state)
{
	const size_t begin = offsetof(struct sample, path);
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, begin + 3, 0, &decoded), 0);
	assert_text(field(&decoded, "path"), "/a");
	assert_null(field(&decoded, "truncated"));
	assert_int_equal(record_decode(&source, &record, begin + 2, 0, &decoded), 0);
	assert_text(field(&decoded, "path"), "/");
	assert_text(field(&decoded, "truncated"), "path");
	assert_int_equal(record_decode(&source, &record, begin, 0, &decoded), 0);
	assert_null(field(&decoded, "path"));
}

static void a_list_of_strings_that_fills_its_room_was_not_cut(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	record.words.length = 8;
	memcpy(record.words.bytes, "abc\0def", 8);
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(field(&decoded, "words")->string.length, 8);
	assert_memory_equal(field(&decoded, "words")->string.bytes, "abc\0def", 8);
	assert_null(field(&decoded, "truncated"));
	record.words.length = 9;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(field(&decoded, "words")->string.length, 8);
	record.words.length = 0;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_null(field(&decoded, "words"));
}

/* The ring may have remains of another record there. */
static void what_lies_behind_the_end_of_a_text_is_never_logged(void **state)
{
	static char line[LOG_LINE_MAX];
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	memset(&record.path[2], 'X', sizeof(record.path) - 2);
	record.path[2] = '\0';
	memset(&record.words.bytes[5], 'X', sizeof(record.words.bytes) - 5);
	memset(&record.event.comm[3], 'X', sizeof(record.event.comm) - 3);
	record.event.comm[3] = '\0';
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	line[logfmt_write(&decoded.record, line, sizeof(line) - 1)] = '\0';
	assert_non_null(strstr(line, "comm=cat"));
	assert_non_null(strstr(line, "path=/a"));
	assert_null(strchr(line, 'X'));
}

static void what_is_marked_again_says_so_before_its_result(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;
	size_t count;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	record_mark_again(&decoded.record);
	count = decoded.record.field_count;
	assert_string_equal(decoded.record.fields[count - 2].key, "again");
	assert_string_equal(decoded.record.fields[count - 1].key, "retval");
	assert_text(field(&decoded, "again"), "yes");
}

static void a_count_stands_before_retval_and_reason(void **state)
{
	const struct bpflock_decision record = {
		.event = { .type = 6 },
		.operation = 3,
		.rule = BPFLOCK_RULE_BASELINE,
		.verdict = BPFLOCK_VERDICT_DENIED,
	};
	struct decoded_record decoded;
	size_t count;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	record_add_count(&decoded.record, 7);
	count = decoded.record.field_count;
	assert_string_equal(decoded.record.fields[count - 3].key, "count");
	assert_string_equal(decoded.record.fields[count - 2].key, "retval");
	assert_string_equal(decoded.record.fields[count - 1].key, "reason");
}

static void the_time_is_when_it_happened(void **state)
{
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 1000000000600000000ll, &decoded), 0);
	assert_int_equal(decoded.record.time.tv_sec, 1000000002);
	assert_int_equal(decoded.record.time.tv_nsec, 100000000);
}

static void any_number_is_a_time(void **state)
{
	const __s64 boot_time = 1644578226000000000ll;
	struct sample record = sample();
	struct decoded_record decoded;

	(void)state;
	record.event.time = INT64_MAX;
	assert_int_equal(record_decode(&source, &record, sizeof(record), boot_time, &decoded), 0);
	assert_in_range(decoded.record.time.tv_nsec, 0, 999999999);
	record.event.time = UINT64_MAX;
	assert_int_equal(record_decode(&source, &record, sizeof(record), boot_time, &decoded), 0);
	assert_in_range(decoded.record.time.tv_nsec, 0, 999999999);
}

static void a_verdict_that_its_rule_cannot_give_is_refused(void **state)
{
	struct bpflock_decision record = {
		.event = { .type = 6 },
		.operation = 3,
		.rule = BPFLOCK_RULE_PRIVILEGED,
		.verdict = BPFLOCK_VERDICT_DENIED,
	};
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), -EINVAL);
	record.rule = 200;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), -EINVAL);
}

static void only_a_denial_is_marked_as_denied(void **state)
{
	static const struct {
		__u32 verdict;
		bool denied;
	} verdicts[] = { { BPFLOCK_VERDICT_ALLOWED, false },
			 { BPFLOCK_VERDICT_DENIED, true },
			 { BPFLOCK_VERDICT_WOULD_DENY, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		const struct bpflock_decision record = {
			.event = { .type = 6 },
			.operation = 3,
			.rule = BPFLOCK_RULE_BASELINE,
			.verdict = verdicts[i].verdict,
		};
		struct decoded_record decoded;

		assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
		assert_int_equal(decoded.record.denied, verdicts[i].denied);
		assert_int_equal(decoded.record.level, LOG_LEVEL_INFO);
	}
}

static void a_decision_has_operation_retval_and_reason(void **state)
{
	const struct bpflock_decision record = {
		.event = { .type = 6 },
		.operation = 3,
		.rule = BPFLOCK_RULE_BASELINE,
		.retval = -1,
		.verdict = BPFLOCK_VERDICT_DENIED,
	};
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_string_equal(decoded.record.fields[0].key, "operation");
	assert_text(field(&decoded, "operation"), "the door");
	assert_text(field(&decoded, "op"), "door");
	assert_true(field(&decoded, "op")->json_only);
	assert_int_equal(field(&decoded, "retval")->signed_value, -1);
	assert_text(field(&decoded, "reason"), "denied (baseline)");
	assert_int_equal(decoded.record.events, 1);
	record_add_count(&decoded.record, 7);
	assert_int_equal(field(&decoded, "count")->unsigned_value, 7);
	assert_int_equal(decoded.record.events, 7);
}

static void a_decision_by_a_grant_has_its_number(void **state)
{
	const struct bpflock_decision record = {
		.event = { .type = 6 },
		.operation = 3,
		.rule = BPFLOCK_RULE_GRANT,
		.grant = 7,
		.verdict = BPFLOCK_VERDICT_ALLOWED,
	};
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_int_equal(field(&decoded, "grant")->unsigned_value, 7);
	assert_text(field(&decoded, "reason"), "allow (grant)");
}

static void fields_of_a_decision_stand_between_its_task_and_its_retval(void **state)
{
	const struct fielded record = {
		.decision = { .event = { .type = 7 },
			      .operation = 3,
			      .rule = BPFLOCK_RULE_BLOCK,
			      .retval = -1,
			      .verdict = BPFLOCK_VERDICT_DENIED },
		.family = 2,
		.path = { '/', 'v', 'e', 'r', 'y', 'l', 'o', BPFLOCK_CUT },
	};
	static const char *const last[] = { "family", "path", "truncated", "retval", "reason" };
	struct decoded_record decoded;

	(void)state;
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	for (size_t i = 0; i < ARRAY_SIZE(last); i++)
		assert_string_equal(decoded.record.fields[decoded.record.field_count - ARRAY_SIZE(last) + i].key,
				    last[i]);
	assert_int_equal(field(&decoded, "family")->unsigned_value, 2);
	assert_text(field(&decoded, "path"), "/verylo");
	assert_text(field(&decoded, "truncated"), "path");
	/* As a program that knows no path writes it. */
	assert_int_equal(record_decode(&source, &record, offsetof(struct fielded, path), 0, &decoded), 0);
	assert_null(field(&decoded, "path"));
	assert_text(field(&decoded, "reason"), "denied (block)");
}

static void details_are_left_out_of_logfmt(void **state)
{
	struct detailed record = { .event = { .type = 8 } };
	struct decoded_record decoded;

	(void)state;
	memcpy(record.path, "/a", sizeof("/a"));
	memcpy(record.directory, "/verylo\1", sizeof(record.directory));
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "directory"), "/verylo");
	assert_true(field(&decoded, "directory")->json_only);
	assert_false(field(&decoded, "path")->json_only);
	assert_text(field(&decoded, "truncated"), "directory");
	assert_true(field(&decoded, "truncated")->json_only);
	memcpy(record.path, "/verylo\1", sizeof(record.path));
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_text(field(&decoded, "truncated"), "path,directory");
	assert_false(field(&decoded, "truncated")->json_only);
	/* An empty detail is left out, and does not make another field one. */
	record.directory[0] = '\0';
	record.directory[sizeof(record.directory) - 1] = '\0';
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	assert_null(field(&decoded, "directory"));
	assert_false(field(&decoded, "path")->json_only);
}

static bool is_own_field(const char *key)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].name, key) == 0)
			return true;
	return false;
}

/* Notes which keys of the table a record has. Every other key must be a field of the plugin, or `retval`. */
static void note_keys(const struct decoded_record *decoded, bool seen[LOG_KEYS])
{
	static char line[LOG_LINE_MAX];
	char word[64];

	for (size_t i = 0; i < decoded->record.field_count; i++) {
		const char *key = decoded->record.fields[i].key;

		assert_true(log_key_is_reserved(key) || is_own_field(key) || strcmp(key, "retval") == 0);
	}
	for (size_t i = 0; i < LOG_KEYS; i++) {
		snprintf(word, sizeof(word), "\"%s\":", log_keys[i]);
		line[json_write(&decoded->record, line, sizeof(line) - 1)] = '\0';
		seen[i] = seen[i] || strstr(line, word);
		snprintf(word, sizeof(word), "%s=\"", log_keys[i]);
		line[logfmt_write(&decoded->record, line, sizeof(line) - 1)] = '\0';
		seen[i] = seen[i] || strstr(line, word);
	}
}

static void the_keys_that_the_core_adds_are_those_that_plugins_may_not_use(void **state)
{
	const struct bpflock_decision decision = {
		.event = { .type = 6 },
		.operation = 3,
		.rule = BPFLOCK_RULE_GRANT,
		.grant = 1,
		.verdict = BPFLOCK_VERDICT_ALLOWED,
	};
	struct sample record = sample();
	struct decoded_record decoded;
	bool seen[LOG_KEYS] = {
		[LOG_KEY_PLUGIN] = true, /* of the journal only: see log_sockets.c */
		/* Of core/daemon/details.c: see tests/log/details.bats. */
		[LOG_KEY_LOGINUID] = true,
		[LOG_KEY_UNIT] = true,
		[LOG_KEY_CONTAINER] = true,
		[LOG_KEY_ORIGIN] = true,
	};

	(void)state;
	assert_int_equal(record_decode(&source, &decision, sizeof(decision), 0, &decoded), 0);
	record_add_count(&decoded.record, 7);
	record_mark_several(&decoded.record);
	record_mark_again(&decoded.record);
	note_keys(&decoded, seen);
	memcpy(record.path, "1234567\1", 8);
	assert_int_equal(record_decode(&source, &record, sizeof(record), 0, &decoded), 0);
	note_keys(&decoded, seen);
	for (size_t i = 0; i < LOG_KEYS; i++)
		if (!seen[i])
			fail_msg("no record has '%s'", log_keys[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_field_is_read_in_its_own_size),
		cmocka_unit_test(the_order_is_that_of_the_log),
		cmocka_unit_test(addresses_modes_users_and_times_have_their_own_forms),
		cmocka_unit_test(the_ends_of_each_form),
		cmocka_unit_test(an_event_without_a_task_has_only_its_own_fields),
		cmocka_unit_test(a_number_without_a_name_is_logged_as_a_number),
		cmocka_unit_test(what_was_cut_is_named),
		cmocka_unit_test(a_string_that_just_fits_was_not_cut),
		cmocka_unit_test(a_short_record_has_fewer_fields),
		cmocka_unit_test(a_length_beyond_the_record_is_not_believed),
		cmocka_unit_test(an_empty_string_is_left_out),
		cmocka_unit_test(names_from_the_last_to_the_first_are_a_path),
		cmocka_unit_test(the_length_of_a_path_is_not_believed),
		cmocka_unit_test(an_optional_number_is_left_out_where_all_its_bits_are_one),
		cmocka_unit_test(what_no_table_describes_is_refused),
		cmocka_unit_test(a_decision_that_is_too_short_is_refused),
		cmocka_unit_test(a_decision_about_an_unknown_operation_has_its_number),
		cmocka_unit_test(a_field_that_ends_with_the_record_is_there_and_one_byte_less_is_not),
		cmocka_unit_test(a_text_may_end_with_the_record),
		cmocka_unit_test(a_list_of_strings_that_fills_its_room_was_not_cut),
		cmocka_unit_test(what_lies_behind_the_end_of_a_text_is_never_logged),
		cmocka_unit_test(what_is_marked_again_says_so_before_its_result),
		cmocka_unit_test(a_count_stands_before_retval_and_reason),
		cmocka_unit_test(the_keys_that_the_core_adds_are_those_that_plugins_may_not_use),
		cmocka_unit_test(the_time_is_when_it_happened),
		cmocka_unit_test(any_number_is_a_time),
		cmocka_unit_test(a_verdict_that_its_rule_cannot_give_is_refused),
		cmocka_unit_test(only_a_denial_is_marked_as_denied),
		cmocka_unit_test(a_decision_has_operation_retval_and_reason),
		cmocka_unit_test(a_decision_by_a_grant_has_its_number),
		cmocka_unit_test(fields_of_a_decision_stand_between_its_task_and_its_retval),
		cmocka_unit_test(details_are_left_out_of_logfmt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
