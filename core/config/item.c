/* SPDX-License-Identifier: Apache-2.0 */
#include "config/item.h"

#include <arpa/inet.h>
#include <bpflock/plugin.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "config/number.h"
#include "util/memory.h"

#define IP4_BITS 32u
#define IP6_BITS 128u
#define PORT_MAX 65535u

static int parse_address(const char *text, struct bpflock_cidr *cidr, __u32 *ret_bits)
{
	*cidr = (struct bpflock_cidr){ .address = { [10] = 0xff, [11] = 0xff } };
	*ret_bits = IP4_BITS;
	if (inet_pton(AF_INET, text, cidr->address + 12) == 1)
		return 0;
	*ret_bits = IP6_BITS;
	return inet_pton(AF_INET6, text, cidr->address) == 1 ? 0 : -EINVAL;
}

/* What lies behind the prefix would be ignored: whoever writes 10.0.0.1/8 means something else. */
static bool is_zero_behind_prefix(const struct bpflock_cidr *cidr)
{
	for (__u32 bit = cidr->prefix; bit < IP6_BITS; bit++)
		if (cidr->address[bit / 8] & 0x80u >> bit % 8)
			return false;
	return true;
}

int config_parse_cidr(const char *text, struct bpflock_cidr *ret)
{
	const char *slash = strchr(text, '/');
	CLEANUP(cleanup_free) char *address = xstrndup(text, slash ? (size_t)(slash - text) : strlen(text));
	__u64 prefix;
	__u32 bits;

	if (parse_address(address, ret, &bits) < 0)
		return -EINVAL;
	prefix = bits;
	if (slash && (config_number_parse(BPFLOCK_OPTION_UINT, slash + 1, &prefix) < 0 || prefix > bits))
		return -EINVAL;
	ret->prefix = IP6_BITS - bits + (__u32)prefix;
	return is_zero_behind_prefix(ret) ? 0 : -EINVAL;
}

static int parse_port(const char *text, size_t length, __u64 *ret)
{
	CLEANUP(cleanup_free) char *port = xstrndup(text, length);

	if (config_number_parse(BPFLOCK_OPTION_UINT, port, ret) < 0 || !*ret || *ret > PORT_MAX)
		return -EINVAL;
	return 0;
}

int config_parse_ports(const char *text, __u64 *ret)
{
	size_t length = strcspn(text, "-");
	const char *behind = text[length] ? text + length + 1 : text;
	__u64 first, last;

	if (parse_port(text, length, &first) < 0 || parse_port(behind, strlen(behind), &last) < 0 || first > last)
		return -EINVAL;
	*ret = first | last << 16; /* struct bpflock_ports of a little-endian machine */
	return 0;
}

int config_parse_user(const char *text, __u64 *ret)
{
	const struct passwd *user;

	if (config_number_parse(BPFLOCK_OPTION_UINT, text, ret) == 0)
		return *ret < UINT32_MAX ? 0 : -EINVAL;
	user = getpwnam(text);
	if (!user)
		return -ENOENT;
	*ret = user->pw_uid;
	return 0;
}
