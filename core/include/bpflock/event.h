/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The records that BPF programs write to the ring.
 * User space and BPF programs include this header. It needs the headers of neither.
 */
#ifndef BPFLOCK_EVENT_H
#define BPFLOCK_EVENT_H

#ifndef __VMLINUX_H__ /* a plugin with its own vmlinux.h has these types already */
#include <linux/types.h>
#endif

/* TASK_COMM_LEN of include/linux/sched.h, the terminating NUL included. */
#define BPFLOCK_COMM_LEN 16

#define BPFLOCK_NO_LOGINUID 0xffffffffu

/**
 * struct bpflock_event - what every record starts with
 * @time:     when it happened: nanoseconds of CLOCK_BOOTTIME (bpf_ktime_get_boot_ns)
 * @source:   the plugin and the layout of its events, as one number. Records outlive the daemon
 *            in the pinned ring. By this number a successor recognizes records of another layout.
 * @cgroupid: cgroup v2 id of the task (the inode number of the cgroup's directory)
 * @sequence: number of this record among those of its plugin and CPU, from 1. Records that found no space in the
 *            ring have none, so a number that is missing was read by somebody else.
 * @tgid:     process, in the initial pid namespace
 * @pid:      thread, in the initial pid namespace
 * @ppid:     parent process, in the initial pid namespace
 * @uid:      real user id, in the initial user namespace
 * @loginuid: who has logged in (task_struct.loginuid), in the initial user namespace; BPFLOCK_NO_LOGINUID where nobody
 *            has, or where the kernel has no CONFIG_AUDIT
 * @type:     the plugin's number of the event, as in its table of events
 * @cpu:      where it was recorded
 * @comm:     name of the thread; not trusted, it may hold any bytes
 * @pcomm:    name of the parent; not trusted
 *
 * Filled by bpflock_event_begin(). It is the first member of every record of a plugin. In an event that has no task
 * (BPFLOCK_EVENT_NO_TASK) @cgroupid, @tgid, @pid, @ppid, @uid, @comm and @pcomm are zero, and @loginuid is
 * BPFLOCK_NO_LOGINUID.
 * Since ABI 1.0.
 */
struct bpflock_event {
	__u64 time;
	__u64 source;
	__u64 cgroupid;
	__u64 sequence;
	__u32 tgid;
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__u32 loginuid;
	__u16 type;
	__u16 cpu;
	char comm[BPFLOCK_COMM_LEN];
	char pcomm[BPFLOCK_COMM_LEN];
};

/* The section of a BPF object file that lists the records of its programs: rows of struct bpflock_record_note. */
#define BPFLOCK_RECORDS_SECTION ".bpflock.records"

/**
 * struct bpflock_record_note - one place in a program where a record begins
 * @type: its type
 * @size: its bytes
 *
 * Written by the compiler: see bpflock_event_begin(). A record whose type or size is not constant has no row. Since
 * ABI 1.0.
 */
struct bpflock_record_note {
	__u32 type;
	__u32 size;
};

/**
 * struct bpflock_stats - the records of one plugin on one CPU
 * @records: number of records that were put into the ring: the last sequence number
 * @lost:    records that found no space in the ring
 * @lost_at: when the last of these was lost, as bpflock_event.time
 *
 * Written by bpflock_event_begin() and bpflock_decide(). Since ABI 1.0.
 */
struct bpflock_stats {
	__u64 records;
	__u64 lost;
	__u64 lost_at;
};

/**
 * struct bpflock_state - what the generations of one plugin's programs share
 * @recording: the generation that records; written by the daemon, read by programs
 *
 * While a successor replaces its predecessor, both run and decide, but only one of them counts and
 * records what is allowed or observed. Once the successor is attached, the daemon changes the number
 * by one memory write. Since ABI 1.0.
 */
struct bpflock_state {
	__u64 recording;
};

/*
 * A string field is a char array. The last byte is NUL unless the string was cut to fit: then it
 * is BPFLOCK_CUT, and the log marks the field as truncated. Bytes behind the first NUL have no meaning:
 * they may be remains of another record. Since ABI 1.0.
 */
#define BPFLOCK_CUT '\1'

/*
 * A list of strings that each end in NUL, such as argv: the number of bytes that were copied, and the
 * bytes. BPFLOCK_STRV_CUT in the length says that there were more. Bytes behind the length have no
 * meaning. Since ABI 1.0.
 */
#define BPFLOCK_STRV(size)        \
	struct {                  \
		__u32 length;     \
		char bytes[size]; \
	}
#define BPFLOCK_STRV_CUT 0x80000000u

/*
 * A path, as a program finds it: the names from the last to the first, each with its NUL, then an empty one for the
 * root. Without the empty one the beginning is not known. BPFLOCK_PATH_DELETED in the length says that the name exists
 * no more; the log then appends " (deleted)", as the kernel does. Length 0: there is no path. Bytes behind the length
 * have no meaning. Since ABI 1.0.
 */
#define BPFLOCK_PATH(size) BPFLOCK_STRV(size)
#define BPFLOCK_PATH_LEN 512u /* what bpflock_copy_path() needs */
#define BPFLOCK_PATH_DELETED 0x80000000u

#endif
