/* SPDX-License-Identifier: Apache-2.0 */
/* Items of options that are neither plain numbers nor any text: networks, ranges of ports, users, paths. */
#ifndef BPFLOCK_CONFIG_ITEM_H
#define BPFLOCK_CONFIG_ITEM_H

#include <bpflock/set.h>

/* Each returns 0, or -EINVAL. */
int config_parse_cidr(const char *text, struct bpflock_cidr *ret);
int config_parse_ports(const char *text, __u64 *ret);
/* Returns -ENOENT where this machine has no user of that name. */
int config_parse_user(const char *text, __u64 *ret);

#endif
