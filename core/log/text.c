/* SPDX-License-Identifier: Apache-2.0 */
#include "log/text.h"

#include <string.h>

#include "util/memory.h"

bool log_strv_next(const char **bytes, size_t *length, const char **ret_string, size_t *ret_length)
{
	size_t taken;

	if (!*length)
		return false;
	*ret_string = *bytes;
	*ret_length = strnlen(*bytes, *length);
	taken = *ret_length < *length ? *ret_length + 1 : *length;
	*bytes += taken;
	*length -= taken;
	return true;
}

/* All lines of a second have the same text. It is kept, because making it costs more than the rest of a line. */
static void put_second(struct log_buffer *buffer, time_t second)
{
	static char text[LOG_TIME_SIZE];
	static size_t length;
	static time_t kept;
	struct tm parts = { .tm_year = 70, .tm_mday = 1 };

	if (!length || second != kept) {
		gmtime_r(&second, &parts);
		length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
		kept = second;
	}
	log_put(buffer, text, length);
}

/* Writes the digits in front of `end`, two at a time, and returns the first of them. */
static char *write_decimal(char *end, __u64 number)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
				    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";

	while (number >= 100) {
		end -= 2;
		memcpy(end, &pairs[number % 100 * 2], 2);
		number /= 100;
	}
	if (number < 10) {
		*--end = (char)('0' + number);
		return end;
	}
	end -= 2;
	memcpy(end, &pairs[number * 2], 2);
	return end;
}

/* Of a base that is a power of two. */
static char *write_binary(char *end, __u64 number, unsigned int bits)
{
	static const char digits[] = "0123456789abcdef";

	do {
		*--end = digits[number & ((1u << bits) - 1)];
		number >>= bits;
	} while (number);
	return end;
}

void log_put_time(struct log_buffer *buffer, const struct timespec *time, bool nanoseconds)
{
	char text[] = ".000000000Z";

	put_second(buffer, time->tv_sec);
	if (!nanoseconds) {
		log_put(buffer, "Z", 1);
		return;
	}
	write_decimal(text + strlen(".000000000"), (__u64)time->tv_nsec);
	log_put(buffer, text, strlen(text));
}

void log_time_text(const struct timespec *time, bool nanoseconds, char ret[LOG_TIME_SIZE])
{
	struct log_buffer buffer = { .bytes = ret, .size = LOG_TIME_SIZE - 1 };

	log_put_time(&buffer, time, nanoseconds);
	ret[buffer.length] = '\0';
}

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = {
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_ERROR] = "error",
	};

	return names[level];
}

/* As "%#o" writes it: zero has one digit. */
static char *write_octal(char *end, __u64 number)
{
	char *digits = write_binary(end, number, 3);

	if (number)
		*--digits = '0';
	return digits;
}

static char *write_hex(char *end, __u64 number)
{
	char *digits = write_binary(end, number, 4);

	*--digits = 'x';
	*--digits = '0';
	return digits;
}

static char *write_signed(char *end, __s64 number)
{
	char *digits = write_decimal(end, number < 0 ? -(__u64)number : (__u64)number);

	if (number < 0)
		*--digits = '-';
	return digits;
}

void log_put_number(struct log_buffer *buffer, const struct log_field *field)
{
	char text[32], *end = text + sizeof(text), *begin;

	switch (field->kind) {
	case LOG_TIME:
		log_put_time(buffer, &field->time, false);
		return;
	case LOG_INT:
		begin = write_signed(end, field->signed_value);
		break;
	case LOG_HEX:
		begin = write_hex(end, field->unsigned_value);
		break;
	case LOG_OCTAL:
		begin = write_octal(end, field->unsigned_value);
		break;
	default:
		begin = write_decimal(end, field->unsigned_value);
		break;
	}
	log_put(buffer, begin, (size_t)(end - begin));
}
