/* SPDX-License-Identifier: Apache-2.0 */
#include "config/number.h"

#include <bpflock/plugin.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

struct unit {
	const char *name;
	__u64 factor;
};

static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static const struct unit size_units[] = {
	{ "G", 1ull << 30 }, { "M", 1ull << 20 }, { "K", 1ull << 10 }, { "", 1 }, { NULL, 0 },
};

static const struct unit duration_units[] = {
	{ "h", 3600000000000ull },
	{ "min", 60000000000ull },
	{ "m", 60000000000ull },
	{ "s", 1000000000ull },
	{ "ms", 1000000ull },
	{ "us", 1000ull },
	{ NULL, 0 },
};

static const struct unit *units_of(__u32 type)
{
	switch (type) {
	case BPFLOCK_OPTION_SIZE:
		return size_units;
	case BPFLOCK_OPTION_DURATION:
		return duration_units;
	default:
		return no_units;
	}
}

/* Parses the digits at the start of `text`. strtoull() alone would accept blanks and a sign before them. */
static int parse_digits(const char *text, int base, __u64 *ret, const char **ret_end)
{
	char *end;

	if (base == 16 ? !isxdigit((unsigned char)*text) : !isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, base);
	*ret_end = end;
	return -errno;
}

int config_number_parse(__u32 type, const char *text, __u64 *ret)
{
	bool hexadecimal = type == BPFLOCK_OPTION_UINT && strncmp(text, "0x", 2) == 0;
	const struct unit *unit = units_of(type);
	const char *end = NULL;
	__u64 number = 0;
	int error = parse_digits(hexadecimal ? text + 2 : text, hexadecimal ? 16 : 10, &number, &end);

	if (error == -EINVAL)
		return error;
	if (type == BPFLOCK_OPTION_DURATION && strcmp(text, "0") == 0) {
		*ret = 0;
		return 0;
	}
	while (unit->name && strcmp(end, unit->name) != 0)
		unit++;
	if (!unit->name)
		return -EINVAL;
	if (error || __builtin_mul_overflow(number, unit->factor, ret))
		return -ERANGE;
	return 0;
}

char *config_number_format(__u32 type, __u64 number)
{
	for (const struct unit *unit = units_of(type); number && unit->name; unit++)
		if (number % unit->factor == 0)
			return xasprintf("%llu%s", number / unit->factor, unit->name);
	return xasprintf("%llu%s", number, number && type == BPFLOCK_OPTION_DURATION ? "ns" : "");
}

const char *config_number_syntax(__u32 type)
{
	switch (type) {
	case BPFLOCK_OPTION_SIZE:
		return "a number of bytes, or with K, M or G behind it";
	case BPFLOCK_OPTION_DURATION:
		return "a number with us, ms, s, m, min or h behind it, or 0";
	default:
		return "a decimal number, or a hexadecimal one after 0x";
	}
}
