/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units: sizes and durations, and plain ones. */
#ifndef BPFLOCK_CONFIG_NUMBER_H
#define BPFLOCK_CONFIG_NUMBER_H

#include <linux/types.h>

/* `type` is BPFLOCK_OPTION_UINT, _SIZE or _DURATION. Returns 0, -EINVAL, or -ERANGE on overflow. */
int config_number_parse(__u32 type, const char *text, __u64 *ret);

/* The number as a file would contain it (to be freed). */
char *config_number_format(__u32 type, __u64 number);

/* A description of valid numbers, for messages. */
const char *config_number_syntax(__u32 type);

#endif
