/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json_object.h>

#include "log_records.h"
#include "strict_json.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static char line[LOG_LINE_MAX + 1];

static size_t write_line(const struct log_record *record)
{
	ssize_t length = json_write(record, line, sizeof(line) - 1);

	assert_true(length > 0);
	line[length] = '\0';
	assert_int_equal(strlen(line), length);
	assert_ptr_equal(strchr(line, '\n'), line + length - 1);
	return (size_t)length;
}

static struct json_object *parse(const struct log_record *record)
{
	struct json_object *object = parse_strictly(line, write_line(record) - 1);

	assert_true(json_object_is_type(object, json_type_object));
	return object;
}

static void assert_string_at(struct json_object *object, const char *key, const char *bytes, size_t length)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	assert_true(json_object_is_type(value, json_type_string));
	assert_int_equal(json_object_get_string_len(value), length);
	assert_memory_equal(json_object_get_string(value), bytes, length);
}

static void assert_comm_becomes(const char *bytes, size_t length, const char *expected, size_t expected_length)
{
	struct log_record record = comm_record(bytes, length);
	struct json_object *object = parse(&record);

	assert_int_equal(json_object_object_length(object), 7);
	assert_string_at(object, "comm", expected, expected_length);
	json_object_put(object);
}

#define COMM_BECOMES(bytes, expected) assert_comm_becomes(bytes, sizeof(bytes) - 1, expected, sizeof(expected) - 1)

static void a_decision_has_the_designs_keys_first(void **state)
{
	struct log_record record = locked_down_record();

	(void)state;
	write_line(&record);
	assert_string_equal(line, "{\"subsys\":\"bpf\",\"bpfprog\":\"kimglock\",\"event\":\"lsm_locked_down\","
				  "\"operation\":\"/dev/mem,kmem,port\",\"tgid\":70902,\"pid\":70902,"
				  "\"cgroupid\":7014,\"comm\":\"head\",\"retval\":-1,"
				  "\"reason\":\"denied (baseline)\","
				  "\"time\":\"2022-02-11T11:23:58.000000005Z\",\"level\":\"info\","
				  "\"ppid\":70895,\"uid\":0,\"pcomm\":\"bash\",\"op\":\"dev_mem\"}\n");
}

static void keys_that_an_event_lacks_are_left_out(void **state)
{
	struct log_record record = execve_record();

	(void)state;
	write_line(&record);
	assert_string_equal(line, "{\"subsys\":\"bpf\",\"bpfprog\":\"execsnoop\",\"event\":\"syscall_execve\","
				  "\"tgid\":70711,\"pid\":70711,\"cgroupid\":7014,\"comm\":\"head\","
				  "\"retval\":0,\"time\":\"2022-02-11T11:17:06.123456789Z\",\"level\":\"info\","
				  "\"ppid\":70710,\"uid\":0,\"pcomm\":\"sudo\","
				  "\"filename\":\"/usr/bin/head\"}\n");
}

static void the_daemons_own_lines_name_no_plugin(void **state)
{
	struct log_record record = log_daemon_record(LOG_LEVEL_WARNING, "events_lost");

	(void)state;
	record.time = (struct timespec){ 0 };
	log_uint(&record, "count", 3);
	write_line(&record);
	assert_string_equal(line, "{\"subsys\":\"bpflock\",\"event\":\"events_lost\","
				  "\"time\":\"1970-01-01T00:00:00.000000000Z\","
				  "\"level\":\"warning\",\"count\":3}\n");
}

static void numbers_are_exact(void **state)
{
	struct log_record record = { .subsys = "bpf", .event = "e" };

	(void)state;
	log_uint(&record, "a", UINT64_MAX);
	log_int(&record, "b", INT64_MIN);
	log_hex(&record, "c", UINT64_MAX - 1);
	write_line(&record);
	assert_non_null(strstr(line, "\"a\":18446744073709551615,\"b\":-9223372036854775808,"
				     "\"c\":18446744073709551614}\n"));
}

static void a_time_is_that_of_utc_to_the_second(void **state)
{
	struct log_record record = { .subsys = "bpf", .event = "e" };

	(void)state;
	log_time(&record, "since", (struct timespec){ .tv_sec = 1644579000, .tv_nsec = 999999999 });
	write_line(&record);
	assert_non_null(strstr(line, "\"since\":\"2022-02-11T11:30:00.999999999Z\"}\n"));
}

static void a_name_cannot_forge_a_field_or_a_line(void **state)
{
	(void)state;
	COMM_BECOMES("x\" level=error msg=\"", "x\" level=error msg=\"");
	COMM_BECOMES("x\",\"retval\":0,\"y\":\"", "x\",\"retval\":0,\"y\":\"");
	COMM_BECOMES("a\nb\r\033[2J\\", "a\nb\r\033[2J\\");
	COMM_BECOMES("a\0b", "a\0b");
	COMM_BECOMES("", "");
}

static void invalid_utf8_is_replaced_once_per_sequence(void **state)
{
	(void)state;
	COMM_BECOMES("a\xff", "a\xef\xbf\xbd");
	COMM_BECOMES("\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd");
	COMM_BECOMES("\xe2\x82z", "\xef\xbf\xbdz");
	COMM_BECOMES("\xe2\x82", "\xef\xbf\xbd");
	COMM_BECOMES("\xf0\x9d\x84|\xe2\x82\xac", "\xef\xbf\xbd|\xe2\x82\xac");
	COMM_BECOMES("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");
	COMM_BECOMES("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	COMM_BECOMES("日本 \xf0\x9d\x84\x9e", "日本 \xf0\x9d\x84\x9e");
}

static void control_characters_that_json_does_not_escape_are_escaped(void **state)
{
	static const struct {
		const char *bytes, *escape;
	} controls[] = {
		{ "\x7f", "\\u007f" },	       { "\xc2\x80", "\\u0080" },     { "\xc2\x9b", "\\u009b" },
		{ "\xc2\x9f", "\\u009f" },     { "\xd8\x9c", "\\u061c" },     { "\xe2\x80\x8e", "\\u200e" },
		{ "\xe2\x80\x8f", "\\u200f" }, { "\xe2\x80\xa8", "\\u2028" }, { "\xe2\x80\xae", "\\u202e" },
		{ "\xe2\x81\xa6", "\\u2066" }, { "\xe2\x81\xa9", "\\u2069" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		struct log_record record = comm_record(controls[i].bytes, strlen(controls[i].bytes));

		assert_comm_becomes(controls[i].bytes, strlen(controls[i].bytes), controls[i].bytes,
				    strlen(controls[i].bytes));
		write_line(&record);
		assert_non_null(strstr(line, controls[i].escape));
		assert_null(strstr(line, controls[i].bytes));
	}
}

/* Both formats have one set: what logfmt escapes and is valid UTF-8, JSON escapes too. */
static void a_character_is_escaped_in_both_formats_or_in_none(void **state)
{
	(void)state;
	for (uint32_t code = 0xa0; code < 0x800; code++) {
		const char bytes[] = { (char)(0xc0 | code >> 6), (char)(0x80 | (code & 0x3f)), '\0' };
		struct log_record record = comm_record(bytes, 2);
		bool in_json, in_logfmt;

		write_line(&record);
		in_json = strstr(line, bytes);
		line[logfmt_write(&record, line, sizeof(line) - 1)] = '\0';
		in_logfmt = strstr(line, bytes);
		assert_int_equal(in_json, in_logfmt);
	}
}

static void characters_beside_those_are_left_alone(void **state)
{
	static const char *const plain[] = { "~",
					     "\xc2\xa0",
					     "\xd8\x9b",
					     "\xd8\x9d",
					     "\xe2\x80\x8d",
					     "\xe2\x80\x90",
					     "\xe2\x80\xa7",
					     "\xe2\x80\xaf",
					     "\xe2\x81\xa5",
					     "\xe2\x81\xaa",
					     "\xf0\x9d\x84\x9e" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		struct log_record record = comm_record(plain[i], strlen(plain[i]));

		write_line(&record);
		assert_non_null(strstr(line, plain[i]));
	}
}

/* ASCII comes back as it is; that the rest is valid is for json-c's parser to confirm. */
static void every_string_of_one_or_two_bytes_is_valid_json(void **state)
{
	(void)state;
	for (int i = 0; i < 65536; i++) {
		char bytes[] = { (char)(i >> 8), (char)i };
		struct log_record record = comm_record(bytes, sizeof(bytes));
		struct json_object *object = parse(&record);

		if (!(i & 0x8080)) /* a char has no sign on arm64 */
			assert_string_at(object, "comm", bytes, sizeof(bytes));
		assert_int_equal(json_object_object_length(object), 7);
		json_object_put(object);
	}
}

static void random_strings_are_valid_json(void **state)
{
	char bytes[64];

	(void)state;
	srandom(20220211);
	for (int run = 0; run < 20000; run++) {
		size_t length = (size_t)random() % sizeof(bytes);
		struct log_record record;

		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)random();
		record = comm_record(bytes, length);
		json_object_put(parse(&record));
	}
}

static void a_list_is_an_array(void **state)
{
	struct log_record record = { .subsys = "bpf", .event = "e" };

	(void)state;
	log_strv(&record, "none", NULL, 0);
	log_strv(&record, "empty", "", 1);
	log_strv(&record, "args", "ls\0-l /tmp\0\0\"\xff", 14);
	write_line(&record);
	assert_non_null(strstr(line, "\"none\":[],\"empty\":[\"\"],"
				     "\"args\":[\"ls\",\"-l /tmp\",\"\",\"\\\"\xef\xbf\xbd\"]}\n"));
}

static void a_field_does_not_replace_what_the_core_says(void **state)
{
	struct log_record record = comm_record("head", 4);
	struct json_object *object;

	(void)state;
	log_str(&record, "level", "none");
	log_str(&record, "event", "other");
	log_str(&record, "comm", "other");
	object = parse(&record);
	assert_string_at(object, "level", "info", 4);
	assert_string_at(object, "event", "test", 4);
	assert_string_at(object, "comm", "head", 4);
	assert_null(strstr(line, "other"));
	json_object_put(object);
}

static void a_line_fits_exactly_or_not_at_all(void **state)
{
	struct log_record record = comm_record("a b\n\xff\x7f", 6);
	size_t length = write_line(&record);

	(void)state;
	for (size_t size = 1; size < length; size++) {
		char *small = test_malloc(size); /* cmocka guards its end */

		assert_int_equal(json_write(&record, small, size), -ENOBUFS);
		test_free(small);
	}
	assert_int_equal(json_write(&record, line, length), length);
}

static void the_longest_strings_fit_into_a_line(void **state)
{
	static char worst[LOG_STRING_MAX];
	static char keys[LOG_FIELDS_MAX][40];
	struct log_record record;

	(void)state;
	memset(worst, '\1', sizeof(worst));
	memset(worst, '\x7f', sizeof(worst) / 2);
	record = comm_record(worst, sizeof(worst));
	while (record.field_count < LOG_FIELDS_MAX) {
		size_t i = record.field_count;

		snprintf(keys[i], sizeof(keys[i]), "a_rather_long_key_for_number_%zu", i);
		log_int(&record, keys[i], INT64_MIN);
	}
	json_object_put(parse(&record));
}

/* Records with the same keys share an object. Nothing of one may be in the line of another. */
static void lines_of_one_kind_share_no_value(void **state)
{
	struct log_record first = comm_record("a", 1), second = comm_record("bc", 2);

	(void)state;
	log_strv(&first, "args", "ls\0-l", 5);
	log_strv(&second, "args", "id", 2);
	write_line(&first);
	write_line(&second);
	assert_non_null(strstr(line, "\"comm\":\"bc\""));
	assert_non_null(strstr(line, "\"args\":[\"id\"]"));
	write_line(&first);
	assert_non_null(strstr(line, "\"comm\":\"a\""));
	assert_non_null(strstr(line, "\"args\":[\"ls\",\"-l\"]"));
}

static void lines_of_one_event_may_differ_in_their_keys(void **state)
{
	struct log_record named = comm_record("a", 1), numbered = comm_record("a", 1), texted = comm_record("a", 1);

	(void)state;
	log_str(&named, "name", "n");
	log_uint(&numbered, "number", 7);
	log_uint(&texted, "name", 7);
	write_line(&named);
	assert_non_null(strstr(line, "\"name\":\"n\""));
	write_line(&numbered);
	assert_non_null(strstr(line, "\"number\":7"));
	assert_null(strstr(line, "\"name\""));
	write_line(&texted);
	assert_non_null(strstr(line, "\"name\":7"));
	texted.bpfprog = NULL;
	write_line(&texted);
	assert_null(strstr(line, "\"bpfprog\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_has_the_designs_keys_first),
		cmocka_unit_test(keys_that_an_event_lacks_are_left_out),
		cmocka_unit_test(the_daemons_own_lines_name_no_plugin),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(a_time_is_that_of_utc_to_the_second),
		cmocka_unit_test(a_name_cannot_forge_a_field_or_a_line),
		cmocka_unit_test(invalid_utf8_is_replaced_once_per_sequence),
		cmocka_unit_test(control_characters_that_json_does_not_escape_are_escaped),
		cmocka_unit_test(a_character_is_escaped_in_both_formats_or_in_none),
		cmocka_unit_test(characters_beside_those_are_left_alone),
		cmocka_unit_test(every_string_of_one_or_two_bytes_is_valid_json),
		cmocka_unit_test(random_strings_are_valid_json),
		cmocka_unit_test(a_list_is_an_array),
		cmocka_unit_test(a_field_does_not_replace_what_the_core_says),
		cmocka_unit_test(a_line_fits_exactly_or_not_at_all),
		cmocka_unit_test(the_longest_strings_fit_into_a_line),
		cmocka_unit_test(lines_of_one_kind_share_no_value),
		cmocka_unit_test(lines_of_one_event_may_differ_in_their_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
