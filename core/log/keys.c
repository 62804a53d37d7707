/* SPDX-License-Identifier: Apache-2.0 */
#include "log/keys.h"

#include <stddef.h>
#include <string.h>

const char *const log_keys[LOG_KEYS] = {
	[LOG_KEY_TIME] = "time",
	[LOG_KEY_LEVEL] = "level",
	[LOG_KEY_MSG] = "msg",
	[LOG_KEY_BPFPROG] = "bpfprog",
	[LOG_KEY_SUBSYS] = "subsys",
	[LOG_KEY_EVENT] = "event",
	[LOG_KEY_PLUGIN] = "plugin",
	[LOG_KEY_OPERATION] = "operation",
	[LOG_KEY_OP] = "op",
	[LOG_KEY_TGID] = "tgid",
	[LOG_KEY_PID] = "pid",
	[LOG_KEY_PPID] = "ppid",
	[LOG_KEY_UID] = "uid",
	[LOG_KEY_CGROUPID] = "cgroupid",
	[LOG_KEY_COMM] = "comm",
	[LOG_KEY_PCOMM] = "pcomm",
	[LOG_KEY_TRUNCATED] = "truncated",
	[LOG_KEY_COUNT] = "count",
	[LOG_KEY_COMMS] = "comms",
	[LOG_KEY_AGAIN] = "again",
	[LOG_KEY_GRANT] = "grant",
	[LOG_KEY_LOGINUID] = "loginuid",
	[LOG_KEY_UNIT] = "unit",
	[LOG_KEY_CONTAINER] = "container",
	[LOG_KEY_ORIGIN] = "origin",
	[LOG_KEY_REASON] = "reason",
};

bool log_key_is_reserved(const char *name)
{
	for (size_t i = 0; i < LOG_KEYS; i++)
		if (strcmp(log_keys[i], name) == 0)
			return true;
	return false;
}
