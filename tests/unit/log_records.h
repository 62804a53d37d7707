/* SPDX-License-Identifier: Apache-2.0 */
/* Records for the tests of the log, among them the two of design section 7. */
#ifndef BPFLOCK_TESTS_LOG_RECORDS_H
#define BPFLOCK_TESTS_LOG_RECORDS_H

#include "log/log.h"

#define EXECVE_TIME 1644578226	    /* 2022-02-11T11:17:06Z */
#define LOCKED_DOWN_TIME 1644578638 /* 2022-02-11T11:23:58Z */

static inline struct log_record execve_record(void)
{
	struct log_record record = {
		.time = { .tv_sec = EXECVE_TIME, .tv_nsec = 123456789 },
		.subsys = "bpf",
		.bpfprog = "execsnoop",
		.event = "syscall_execve",
	};

	log_uint(&record, "tgid", 70711);
	log_uint(&record, "pid", 70711);
	log_uint(&record, "ppid", 70710);
	log_uint(&record, "uid", 0);
	log_uint(&record, "cgroupid", 7014);
	log_str(&record, "comm", "head");
	log_str(&record, "pcomm", "sudo");
	log_str(&record, "filename", "/usr/bin/head");
	log_int(&record, "retval", 0);
	return record;
}

static inline struct log_record locked_down_record(void)
{
	struct log_record record = {
		.time = { .tv_sec = LOCKED_DOWN_TIME, .tv_nsec = 5 },
		.subsys = "bpf",
		.bpfprog = "kimglock",
		.event = "lsm_locked_down",
	};

	log_str(&record, "operation", "/dev/mem,kmem,port");
	log_uint(&record, "tgid", 70902);
	log_uint(&record, "pid", 70902);
	log_uint(&record, "ppid", 70895);
	log_uint(&record, "uid", 0);
	log_uint(&record, "cgroupid", 7014);
	log_str(&record, "comm", "head");
	log_str(&record, "pcomm", "bash");
	log_int(&record, "retval", -1);
	log_str(&record, "op", "dev_mem");
	record.fields[record.field_count - 1].json_only = true;
	log_text(&record, "reason", "denied (baseline)");
	return record;
}

/* A record of one string and the number after it, which a forger would like to have first. */
static inline struct log_record comm_record(const char *comm, size_t length)
{
	struct log_record record = {
		.time = { .tv_sec = EXECVE_TIME },
		.subsys = "bpf",
		.bpfprog = "any",
		.event = "test",
	};

	log_bytes(&record, "comm", comm, length);
	log_int(&record, "retval", -1);
	return record;
}

#endif
