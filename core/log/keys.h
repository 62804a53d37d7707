/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of the log that the core gives a meaning in lines of plugins. No field of a plugin may have one of them.
 * Whoever adds such a key to a line takes it from this table, so it is reserved as well.
 */
#ifndef BPFLOCK_LOG_KEYS_H
#define BPFLOCK_LOG_KEYS_H

#include <stdbool.h>

enum log_key {
	LOG_KEY_TIME,
	LOG_KEY_LEVEL,
	LOG_KEY_MSG,
	LOG_KEY_BPFPROG,
	LOG_KEY_SUBSYS,
	LOG_KEY_EVENT,
	LOG_KEY_PLUGIN, /* the journal's name of `bpfprog` */
	LOG_KEY_OPERATION,
	LOG_KEY_OP,
	LOG_KEY_TGID,
	LOG_KEY_PID,
	LOG_KEY_PPID,
	LOG_KEY_UID,
	LOG_KEY_CGROUPID,
	LOG_KEY_COMM,
	LOG_KEY_PCOMM,
	LOG_KEY_TRUNCATED,
	LOG_KEY_COUNT,
	LOG_KEY_COMMS,
	LOG_KEY_AGAIN,
	LOG_KEY_GRANT,
	LOG_KEY_LOGINUID,
	LOG_KEY_UNIT,
	LOG_KEY_CONTAINER,
	LOG_KEY_ORIGIN,
	LOG_KEY_REASON,
	LOG_KEYS,
};

/* By enum log_key. */
extern const char *const log_keys[LOG_KEYS];

bool log_key_is_reserved(const char *name);

#endif
