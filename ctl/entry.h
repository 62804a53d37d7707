/* SPDX-License-Identifier: Apache-2.0 */
/* One line of bpflock's log, in any of its forms: JSON, logfmt, or an entry of `journalctl -o json`. */
#ifndef BPFLOCKCTL_ENTRY_H
#define BPFLOCKCTL_ENTRY_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* The keys that advise reads. */
enum entry_key {
	ENTRY_TIME,
	ENTRY_BPFPROG,
	ENTRY_SUBSYS,
	ENTRY_EVENT,
	ENTRY_OPERATION,
	ENTRY_OP,
	ENTRY_COMM,
	ENTRY_COMMS,
	ENTRY_COUNT,
	ENTRY_REASON,
	ENTRY_UNIT,
	ENTRY_CONTAINER,
	ENTRY_ALLOWED,
	ENTRY_WOULD_DENY,
	ENTRY_KEYS,
};

/**
 * struct entry - what a line says
 * @values: not trusted, and cut at ENTRY_VALUE_MAX bytes; "" where the line does not have the key
 */
struct entry {
	time_t time;
	char *values[ENTRY_KEYS];
};

#define ENTRY_VALUE_MAX 512

/* Reads a line, whose bytes are changed. Returns false where it is no line of bpflock. Clear the entry in any case. */
bool entry_read(struct entry *entry, char *line, size_t length);
void entry_clear(struct entry *entry);

/* The number of that key; `missing` where the line does not have it. */
__u64 entry_number(const struct entry *entry, enum entry_key key, __u64 missing);

#endif
