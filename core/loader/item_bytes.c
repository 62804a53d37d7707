/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/item_bytes.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "config/item.h"
#include "loader/file_id.h"
#include "util/memory.h"

size_t item_size(const struct bpflock_option *option)
{
	switch (option->type) {
	case BPFLOCK_OPTION_CGROUP:
		return sizeof(__u64);
	case BPFLOCK_OPTION_CIDR:
		return sizeof(struct bpflock_cidr);
	case BPFLOCK_OPTION_PORTS:
		return sizeof(struct bpflock_ports);
	case BPFLOCK_OPTION_PATH:
		return sizeof(struct bpflock_file_id);
	default:
		return 0;
	}
}

bool item_has_size(const struct bpflock_option *option, size_t size)
{
	size_t only = item_size(option);

	if (only)
		return size == only;
	return option->type == BPFLOCK_OPTION_STRING || size == 1 || size == 2 || size == 4 || size == 8;
}

static int put_number(void *to, size_t size, __u64 number)
{
	if (size < sizeof(number) && number >> (size * 8))
		return -E2BIG;
	memcpy(to, &number, size); /* the BPF objects are built for little-endian machines only */
	return 0;
}

static int put_string(char *to, size_t size, const char *text)
{
	if (strlen(text) >= size)
		return -E2BIG;
	strncpy(to, text, size); /* it also fills the rest with NUL */
	return 0;
}

int item_bytes(const struct config_value *value, size_t item, void *bytes, size_t size)
{
	assert(item_has_size(value->option, size)); /* object_check() has seen to it */
	switch (value->option->type) {
	case BPFLOCK_OPTION_STRING:
		return put_string(bytes, size, value->strings[item]);
	case BPFLOCK_OPTION_CIDR:
		return config_parse_cidr(value->strings[item], bytes);
	case BPFLOCK_OPTION_PATH:
		return file_id(value->strings[item], bytes);
	default:
		return put_number(bytes, size, value->numbers[item]);
	}
}

char *item_misfit(const struct config_value *value, size_t item, size_t size)
{
	if (config_has_texts(value->option))
		return xasprintf("'%s' is longer than %zu bytes", value->strings[item], size - 1);
	return xasprintf("%llu does not fit in %zu bytes", value->numbers[item], size);
}

int item_check_count(const struct config_value *value, size_t capacity, char **ret_reason)
{
	if (value->count <= capacity)
		return 0;
	*ret_reason = xasprintf("the list has %zu items, %zu are allowed", value->count, capacity);
	return -E2BIG;
}
