/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/item_bytes.h"

#include <errno.h>
#include <string.h>

#include "config/item.h"
#include "loader/file_id.h"

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

static int put_number(void *to, size_t size, __u64 number)
{
	if (size > sizeof(number) || (size < sizeof(number) && number >> (size * 8)))
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
	size_t needed = item_size(value->option);

	if (needed && size != needed)
		return -E2BIG;
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
