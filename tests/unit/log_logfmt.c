/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log/logfmt_reader.h"
#include "log_records.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static char line[LOG_LINE_MAX + 1];

static size_t write_line(const struct log_record *record)
{
	ssize_t length = logfmt_write(record, line, sizeof(line) - 1);

	assert_true(length > 0);
	line[length] = '\0';
	assert_int_equal(strlen(line), length);
	assert_ptr_equal(strchr(line, '\n'), line + length - 1);
	return (size_t)length;
}

/*
 * A reader of its own, written from the rules alone: first any logfmt reader, which takes the line
 * apart and unquotes msg, then one for the text of msg.
 */
struct pair {
	char key[32];
	char value[LOG_LINE_MAX];
	size_t length;
	bool quoted;
};

static struct pair outer[8], inner[8];

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *digit = c ? strchr(digits, c) : NULL;

	assert_non_null(digit);
	return (int)(digit - digits);
}

static const char *read_key(const char *in, struct pair *ret)
{
	size_t length = strcspn(in, "= \"\\");

	assert_int_equal(in[length], '=');
	assert_in_range(length, 1, sizeof(ret->key) - 1);
	memset(ret->key, 0, sizeof(ret->key));
	memcpy(ret->key, in, length);
	ret->length = 0;
	return in + length + 1;
}

/* Only \" and \\: what every reader knows. */
static const char *unescape_outer(const char *in, char *ret)
{
	if (*in == '\\') {
		in++;
		assert_true(*in == '"' || *in == '\\');
	}
	*ret = *in;
	return in + 1;
}

/* Only \\, \n and \xNN. */
static const char *unescape_inner(const char *in, char *ret)
{
	*ret = *in++;
	if (*ret != '\\')
		return in;
	switch (*in++) {
	case '\\':
		return in;
	case 'n':
		*ret = '\n';
		return in;
	case 'x':
		*ret = (char)(hex_digit(in[0]) << 4 | hex_digit(in[1]));
		return in + 2;
	default:
		fail_msg("unknown escape before %s", in);
		return in;
	}
}

static const char *read_value(const char *in, const char *(*unescape)(const char *in, char *ret), struct pair *ret)
{
	ret->quoted = *in == '"';
	if (!ret->quoted) {
		ret->length = strcspn(in, " ");
		memcpy(ret->value, in, ret->length);
		assert_null(memchr(ret->value, '"', ret->length));
		assert_null(memchr(ret->value, '\\', ret->length));
		assert_null(memchr(ret->value, '=', ret->length));
		assert_true(ret->length > 0);
		return in + ret->length;
	}
	for (in++; *in != '"';) {
		assert_int_not_equal(*in, '\0');
		in = unescape(in, &ret->value[ret->length++]);
	}
	return in + 1;
}

static size_t read_pairs(const char *in, const char *(*unescape)(const char *in, char *ret), struct pair *pairs,
			 size_t max)
{
	size_t count = 0;

	while (*in) {
		assert_true(count < max);
		in = read_value(read_key(in, &pairs[count]), unescape, &pairs[count]);
		count++;
		assert_true(*in == ' ' || *in == '\0');
		in += *in == ' ';
	}
	return count;
}

/* Takes the line of a comm_record() apart: no field more or less, whatever the name is. */
static void read_comm_line(size_t length)
{
	static const char *const outer_keys[] = { "time", "level", "msg", "bpfprog", "subsys" };
	static const char *const inner_keys[] = { "event", "comm", "retval" };
	static char message[LOG_LINE_MAX];

	line[length - 1] = '\0';
	assert_int_equal(read_pairs(line, unescape_outer, outer, ARRAY_SIZE(outer)), 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(outer[i].key, outer_keys[i]);
	assert_memory_equal(outer[1].value, "info", 4);
	memcpy(message, outer[2].value, outer[2].length);
	message[outer[2].length] = '\0';
	assert_int_equal(strlen(message), outer[2].length);
	assert_int_equal(read_pairs(message, unescape_inner, inner, ARRAY_SIZE(inner)), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(inner[i].key, inner_keys[i]);
	assert_int_equal(inner[2].length, 2);
	assert_memory_equal(inner[2].value, "-1", 2);
}

static void assert_round_trip(const char *bytes, size_t length)
{
	struct log_record record = comm_record(bytes, length);

	read_comm_line(write_line(&record));
	assert_int_equal(inner[1].length, length);
	assert_memory_equal(inner[1].value, bytes, length);
}

/* The text between comm= and the field after it. */
static const char *comm_in_line(const char *comm)
{
	struct log_record record = comm_record(comm, strlen(comm));
	char *start;

	write_line(&record);
	start = strstr(line, "comm=") + strlen("comm=");
	*strstr(start, " retval=-1\" bpfprog=any subsys=bpf\n") = '\0';
	return start;
}

static void an_execve_looks_as_in_the_design(void **state)
{
	struct log_record record = execve_record();

	(void)state;
	write_line(&record);
	assert_string_equal(line, "time=\"2022-02-11T11:17:06Z\" level=info msg=\"event=syscall_execve tgid=70711 "
				  "pid=70711 ppid=70710 uid=0 cgroupid=7014 comm=head pcomm=sudo "
				  "filename=/usr/bin/head retval=0\" bpfprog=execsnoop subsys=bpf\n");
}

static void a_decision_looks_as_in_the_design(void **state)
{
	struct log_record record = locked_down_record();

	(void)state;
	write_line(&record);
	assert_string_equal(line, "time=\"2022-02-11T11:23:58Z\" level=info msg=\"event=lsm_locked_down "
				  "operation=/dev/mem,kmem,port tgid=70902 pid=70902 ppid=70895 uid=0 cgroupid=7014 "
				  "comm=head pcomm=bash retval=-1 reason=denied (baseline)\" bpfprog=kimglock "
				  "subsys=bpf\n");
}

static void the_daemons_own_lines_name_no_plugin(void **state)
{
	struct log_record record = log_daemon_record(LOG_LEVEL_ERROR, "kernel_requirement");

	(void)state;
	assert_true(record.time.tv_sec > LOCKED_DOWN_TIME);
	record.time.tv_sec = 0;
	log_str(&record, "error", "no BTF");
	write_line(&record);
	assert_string_equal(line, "time=\"1970-01-01T00:00:00Z\" level=error "
				  "msg=\"event=kernel_requirement error=\\\"no BTF\\\"\" "
				  "subsys=bpflock\n");
}

static void numbers_are_exact(void **state)
{
	struct log_record record = { .subsys = "bpf", .event = "e" };

	(void)state;
	log_uint(&record, "a", UINT64_MAX);
	log_int(&record, "b", INT64_MIN);
	log_hex(&record, "c", UINT64_MAX);
	log_hex(&record, "d", 0);
	write_line(&record);
	assert_non_null(strstr(line, "msg=\"event=e a=18446744073709551615 b=-9223372036854775808 "
				     "c=0xffffffffffffffff d=0x0\" subsys=bpf\n"));
}

static void a_time_is_that_of_utc_to_the_second(void **state)
{
	struct log_record record = { .subsys = "bpf", .event = "e" };

	(void)state;
	log_time(&record, "since", (struct timespec){ .tv_sec = 1644579000, .tv_nsec = 999999999 });
	write_line(&record);
	assert_non_null(strstr(line, "msg=\"event=e since=2022-02-11T11:30:00Z\" subsys=bpf\n"));
}

static void a_name_cannot_forge_a_field(void **state)
{
	(void)state;
	assert_string_equal(comm_in_line("x\" level=error msg=\""), "\\\"x\\\\x22 level=error msg=\\\\x22\\\"");
	assert_round_trip("x\" level=error msg=\"", 20);
	assert_round_trip("x\\\" retval=0", 12);
	assert_round_trip("x retval=0", 10);
	assert_round_trip("\\x22 retval=0", 13);
	assert_round_trip("\\", 1);
	assert_round_trip("\"", 1);
	assert_round_trip("", 0);
}

static void a_name_cannot_forge_a_line(void **state)
{
	(void)state;
	assert_string_equal(comm_in_line("a\nb"), "\\\"a\\\\nb\\\"");
	assert_string_equal(comm_in_line("a\r\033[2Jb"), "\\\"a\\\\x0d\\\\x1b[2Jb\\\"");
	assert_round_trip("a\ntime=\"2022-02-11T11:17:06Z\" level=info msg=\"", 46);
}

static void an_event_or_a_plugin_cannot_forge_a_field(void **state)
{
	struct log_record record = { .subsys = "bpf", .event = "e\" f=", .bpfprog = "p\" q=\n" };

	(void)state;
	write_line(&record);
	assert_non_null(strstr(line, " msg=\"event=\\\"e\\\\x22 f=\\\"\" "
				     "bpfprog=\"p\\\\x22 q=\\\\n\" subsys=bpf\n"));
}

static void plain_values_are_bare_and_others_quoted(void **state)
{
	(void)state;
	assert_string_equal(comm_in_line("a/b,c:d'e[f]{g}%n"), "a/b,c:d'e[f]{g}%n");
	assert_string_equal(comm_in_line("a b"), "\\\"a b\\\"");
	assert_string_equal(comm_in_line("a=b"), "\\\"a=b\\\"");
	assert_string_equal(comm_in_line("a\\b"), "\\\"a\\\\\\\\b\\\"");
	assert_string_equal(comm_in_line("\x7f"), "\\\"\\\\x7f\\\"");
	assert_string_equal(comm_in_line(""), "\\\"\\\"");
}

static void readable_utf8_is_left_alone(void **state)
{
	(void)state;
	assert_string_equal(comm_in_line("žluťoučký"), "žluťoučký");
	assert_string_equal(comm_in_line("日本 𝄞"), "\\\"日本 𝄞\\\"");
}

static void utf8_that_could_mislead_a_terminal_is_escaped(void **state)
{
	(void)state;
	assert_string_equal(comm_in_line("\xc2\x80"), "\\\"\\\\xc2\\\\x80\\\"");
	assert_string_equal(comm_in_line("\xc2\x9b"), "\\\"\\\\xc2\\\\x9b\\\"");
	assert_string_equal(comm_in_line("\xc2\x9f"), "\\\"\\\\xc2\\\\x9f\\\"");
	assert_string_equal(comm_in_line("\xc2\xa0"), "\xc2\xa0");
	assert_string_equal(comm_in_line("\xe2\x80\xa8"), "\\\"\\\\xe2\\\\x80\\\\xa8\\\"");
	assert_string_equal(comm_in_line("\xe2\x80\xa9"), "\\\"\\\\xe2\\\\x80\\\\xa9\\\"");
	assert_string_equal(comm_in_line("\xe2\x80\xae"), "\\\"\\\\xe2\\\\x80\\\\xae\\\"");
	assert_string_equal(comm_in_line("\xe2\x81\xa6"), "\\\"\\\\xe2\\\\x81\\\\xa6\\\"");
	assert_string_equal(comm_in_line("\xd8\x9c"), "\\\"\\\\xd8\\\\x9c\\\"");
	assert_string_equal(comm_in_line("\xe2\x80\xa7"), "\xe2\x80\xa7");
}

static void invalid_utf8_is_escaped_byte_by_byte(void **state)
{
	static const char *const invalid[] = {
		"\xff",		    /* never valid */
		"\xc0\xaf",	    /* overlong */
		"\xe0\x80\xaf",	    /* overlong */
		"\xed\xa0\x80",	    /* a surrogate */
		"\xf4\x90\x80\x80", /* beyond U+10FFFF */
		"\xe2\x82",	    /* cut */
		"\x80",		    /* no lead byte */
	};

	(void)state;
	assert_string_equal(comm_in_line("a\xe2\x82z"), "\\\"a\\\\xe2\\\\x82z\\\"");
	for (size_t i = 0; i < ARRAY_SIZE(invalid); i++) {
		const char *in = comm_in_line(invalid[i]);

		for (; *in; in++)
			assert_in_range(*in, 0x20, 0x7e);
		assert_round_trip(invalid[i], strlen(invalid[i]));
	}
}

static void every_string_of_one_or_two_bytes_comes_back(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		char one = (char)i;

		assert_round_trip(&one, 1);
		for (int j = 0; j < 256; j++) {
			char two[] = { (char)i, (char)j };

			assert_round_trip(two, 2);
		}
	}
}

/* Half of the bytes from what the rules are about. */
static char random_byte(void)
{
	static const char special[] = " =\"\\\n\rxn0\x7f\x80\xc2\xe2\xf0";
	size_t choice = (size_t)random();

	if (choice & 1)
		return special[(choice >> 1) % (sizeof(special) - 1)];
	return (char)(choice >> 8);
}

static void random_strings_come_back(void **state)
{
	char bytes[64];

	(void)state;
	srandom(20220211);
	for (int run = 0; run < 50000; run++) {
		size_t length = (size_t)random() % sizeof(bytes);

		for (size_t i = 0; i < length; i++)
			bytes[i] = random_byte();
		assert_round_trip(bytes, length);
	}
}

static const char *list_in_line(const char *bytes, size_t length)
{
	struct log_record record = { .subsys = "bpf", .event = "e" };
	char *start;

	log_strv(&record, "args", bytes, length);
	write_line(&record);
	start = strstr(line, " args=") + strlen(" args=");
	*strstr(start, "\" subsys=bpf\n") = '\0';
	return start;
}

#define LIST(text) list_in_line(text, sizeof(text) - 1)

static void a_list_is_its_strings_between_spaces(void **state)
{
	(void)state;
	assert_string_equal(LIST("ls\0"), "ls");
	assert_string_equal(LIST("ls\0-l\0"), "\\\"ls -l\\\"");
	assert_string_equal(LIST("ls\0-l /tmp\0"), "\\\"ls -l\\\\x20/tmp\\\"");
	assert_string_equal(LIST("ls -l\0"), "\\\"ls\\\\x20-l\\\"");
	assert_string_equal(LIST("ls\0\0x\0"), "\\\"ls  x\\\"");
	assert_string_equal(LIST("ls\0-"), "\\\"ls -\\\"");
	assert_string_equal(LIST("a\"b\0c\n\0"), "\\\"a\\\\x22b c\\\\n\\\"");
	assert_string_equal(list_in_line(NULL, 0), "\\\"\\\"");
}

/* Splits what the line says at its spaces; the escaped ones come back only after that. */
static size_t join_as_strv(const char *text, char *ret)
{
	size_t length = 0;

	while (*text) {
		if (*text == ' ') {
			ret[length++] = '\0';
			text++;
			continue;
		}
		text = unescape_inner(text, &ret[length++]);
	}
	ret[length++] = '\0';
	return length;
}

static void assert_list_comes_back(const char *bytes, size_t length)
{
	static char once[LOG_LINE_MAX], back[LOG_LINE_MAX];
	const char *in = list_in_line(bytes, length);
	size_t once_length = 0;

	while (*in)
		in = unescape_outer(in, &once[once_length++]);
	once[once_length] = '\0';
	if (once[0] == '"') {
		assert_int_equal(once[once_length - 1], '"');
		once[once_length - 1] = '\0';
	}
	assert_null(strchr(once + 1, '"'));
	assert_int_equal(join_as_strv(once + (once[0] == '"'), back), length);
	assert_memory_equal(back, bytes, length);
}

static void random_lists_come_back(void **state)
{
	char bytes[32];

	(void)state;
	srandom(20220212);
	for (int run = 0; run < 50000; run++) {
		size_t length = 1 + (size_t)random() % (sizeof(bytes) - 1);

		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)(random() % 4 ? random_byte() : '\0');
		bytes[length - 1] = '\0';
		assert_list_comes_back(bytes, length);
	}
}

static void what_only_json_has_is_left_out(void **state)
{
	struct log_record record = locked_down_record();

	(void)state;
	write_line(&record);
	assert_null(strstr(line, " op="));
}

static void a_line_fits_exactly_or_not_at_all(void **state)
{
	struct log_record record = comm_record("a b\n\xff", 5);
	char expected[512];
	size_t length = write_line(&record);

	(void)state;
	memcpy(expected, line, length);
	for (size_t size = 1; size < length; size++) {
		char *small = test_malloc(size); /* cmocka guards its end */

		assert_int_equal(logfmt_write(&record, small, size), -ENOBUFS);
		test_free(small);
	}
	assert_int_equal(logfmt_write(&record, line, length), length);
	assert_memory_equal(line, expected, length);
}

static void the_longest_strings_fit_into_a_line(void **state)
{
	static char worst[LOG_STRING_MAX];
	struct log_record record;

	(void)state;
	memset(worst, '\\', sizeof(worst));
	assert_round_trip(worst, sizeof(worst));
	memset(worst, '\xff', sizeof(worst));
	record = comm_record(worst, sizeof(worst));
	while (record.field_count < LOG_FIELDS_MAX)
		log_int(&record, "a_rather_long_key_for_a_number", INT64_MIN);
	write_line(&record);
}

static void one_field_too_many_is_dropped(void **state)
{
	struct log_record record = { .subsys = "bpf", .event = "e" };

	(void)state;
	for (__u64 i = 0; i <= LOG_FIELDS_MAX; i++)
		log_uint(&record, "n", i);
	assert_int_equal(record.field_count, LOG_FIELDS_MAX);
	write_line(&record);
	assert_non_null(strstr(line, " n=47\" subsys=bpf\n"));
}

static void append_pair(void *context, const char *key, const char *value, size_t length)
{
	char *pairs = context;

	snprintf(pairs + strlen(pairs), 1024 - strlen(pairs), "%s<%.*s>", key, (int)length, value);
}

/* What the reader of bpflockctl makes of a line; NULL where it refuses it. */
static const char *pairs_of(const char *text)
{
	static char pairs[1024];
	char copy[1024];

	strcpy(copy, text);
	*pairs = '\0';
	return logfmt_read(copy, strlen(copy), append_pair, pairs) < 0 ? NULL : pairs;
}

static void the_reader_gives_back_what_was_written(void **state)
{
	struct log_record decision = locked_down_record();
	struct log_record daemon = { .subsys = "bpflock", .event = "enforcement", .bpfprog = "a \"b\"" };

	(void)state;
	write_line(&decision);
	assert_string_equal(pairs_of(line),
			    "time<2022-02-11T11:23:58Z>level<info>bpfprog<kimglock>subsys<bpf>event<lsm_locked_down>"
			    "operation</dev/mem,kmem,port>tgid<70902>pid<70902>ppid<70895>uid<0>cgroupid<7014>"
			    "comm<head>pcomm<bash>retval<-1>reason<denied (baseline)>");
	log_str(&daemon, "reason", "a \"b\"\\\n=");
	log_str(&daemon, "more", "");
	write_line(&daemon);
	assert_string_equal(pairs_of(line), "time<1970-01-01T00:00:00Z>level<info>bpfprog<a \"b\">subsys<bpflock>"
					    "event<enforcement>reason<a \"b\"\\\n=>more<>");
}

static void the_reader_refuses_other_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"time=\"T\" level=info msg=\"event=e\"",
		"time=\"T\" level=info msg=\"event=e\" subsys=bpf x",
		"time=\"T\" level=info msg=\"event=e\" subsys=bpf\n\n",
		"time=\"T\" level=info msg=\"event=e a\" subsys=bpf",
		"time=\"T\" level=info msg=\"event=e a=\" subsys=bpf",
		"time=\"T\" level=info msg=\"event=e a=b=c\" subsys=bpf",
		"time=\"T\" level=info msg=\"event=e  a=b\" subsys=bpf",
		"time=\"T\" level=info msg=\"a=b event=e\" subsys=bpf",
		"time=\"T\" level=info msg=\"event=e a=\\\"b\" subsys=bpf",
		"time=\"T\" level=info msg=\"event=e a=\\\"\\\\x2\\\"\" subsys=bpf",
		"time=\"T\" level=info msg=\"event=e a=\\\"\\\\X22\\\"\" subsys=bpf",
		"time=\"T\" level=info msg=\"event=e a=\\\"\\\\x2g\\\"\" subsys=bpf",
		"time=\"T\" level=info msg=\"event=e a=\\x22\" subsys=bpf",
		"level=info time=\"T\" msg=\"event=e\" subsys=bpf",
	};

	(void)state;
	assert_non_null(pairs_of("time=\"T\" level=info msg=\"event=e a=\\\"\\\\x22\\\"\" subsys=bpf\n"));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (pairs_of(lines[i]))
			fail_msg("not refused: %s", lines[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_execve_looks_as_in_the_design),
		cmocka_unit_test(a_decision_looks_as_in_the_design),
		cmocka_unit_test(the_daemons_own_lines_name_no_plugin),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(a_time_is_that_of_utc_to_the_second),
		cmocka_unit_test(a_name_cannot_forge_a_field),
		cmocka_unit_test(a_name_cannot_forge_a_line),
		cmocka_unit_test(an_event_or_a_plugin_cannot_forge_a_field),
		cmocka_unit_test(plain_values_are_bare_and_others_quoted),
		cmocka_unit_test(readable_utf8_is_left_alone),
		cmocka_unit_test(utf8_that_could_mislead_a_terminal_is_escaped),
		cmocka_unit_test(invalid_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(every_string_of_one_or_two_bytes_comes_back),
		cmocka_unit_test(random_strings_come_back),
		cmocka_unit_test(a_list_is_its_strings_between_spaces),
		cmocka_unit_test(random_lists_come_back),
		cmocka_unit_test(what_only_json_has_is_left_out),
		cmocka_unit_test(a_line_fits_exactly_or_not_at_all),
		cmocka_unit_test(the_longest_strings_fit_into_a_line),
		cmocka_unit_test(one_field_too_many_is_dropped),
		cmocka_unit_test(the_reader_gives_back_what_was_written),
		cmocka_unit_test(the_reader_refuses_other_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
