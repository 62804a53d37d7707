/* SPDX-License-Identifier: Apache-2.0 */
/* The records of the target `records`, for the target and for what writes its seeds. */
#ifndef BPFLOCK_TESTS_FUZZ_RECORDS_H
#define BPFLOCK_TESTS_FUZZ_RECORDS_H

#include <bpflock/policy.h>

/* Types of events. UNKNOWN is none: no table describes it. */
enum { UNKNOWN, NUMBERS, STRINGS, LONG, PATHS, FORMS, NOBODYS, DECISION, TYPES };

/**
 * struct input_head - what stands before a record in an input
 * @buffer_size: of the line's buffer, in the place of one that is large enough
 */
struct input_head {
	__u16 buffer_size;
};

struct numbers {
	struct bpflock_event event;
	__u64 u64, s64, h64, e64;
	__u32 u32, s32, h32, e32;
	__u16 u16, s16, h16, e16;
	__u8 u8, s8, h8, e8;
	__s32 retval;
};

struct strings {
	struct bpflock_event event;
	char name[8];
	char path[64];
	BPFLOCK_STRV(32) words;
	__s64 retval;
};

/* Numbers that have forms of their own. Of NOBODYS as well, which have no task. */
struct forms {
	struct bpflock_event event;
	__u8 ip4[4];
	__u8 ip6[16];
	__u8 mac[6];
	__u16 mode;
	__u32 mode32;
	__u32 owner;
	__u64 since;
};

/* As many bytes as an event's strings may have: LOG_STRING_MAX. */
struct longest {
	struct bpflock_event event;
	char path[4096];
	BPFLOCK_STRV(4092) words;
};

/* The same, of two paths. */
struct paths {
	struct bpflock_event event;
	__u32 euid;
	BPFLOCK_PATH(28) cwd;
	BPFLOCK_PATH(8156) file;
};

#endif
