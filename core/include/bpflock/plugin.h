/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The plugin ABI of bpflock, version 1.0: all that a plugin author includes in user space.
 *
 * A plugin is a shared object NAME.so that exports one constant, `bpflock_plugin_v1`, defined by
 * BPFLOCK_PLUGIN(). The constant describes the plugin by tables; the daemon does the rest: it reads
 * the configuration, loads, attaches and pins the BPF programs, formats and writes the events. The
 * smallest useful plugin is one BPF program and one descriptor, without a C function.
 *
 * Rules that hold for everything in this header, since ABI 1.0:
 *
 *  - Tables and strings are read, never written and never freed. They must live as long as the
 *    process: a plugin is never unloaded.
 *  - Callbacks run on the daemon's only thread and are never re-entered. They return 0 or a negative
 *    errno. They report a failure to the operator by bpflock_host.error().
 *  - At the start callbacks have the daemon's capabilities. From then on, also at a reload, they have CAP_BPF and
 *    CAP_PERFMON only.
 *  - While a callback runs, the daemon reads no records. One that takes longer than a second is reported,
 *    event=plugin_slow.
 *  - Structures only grow at their end. A descriptor says how large its structures are. Bytes that
 *    one side does not know must be zero. A plugin with unknown flags, or unknown types in tables, is
 *    refused.
 *
 * Versions of the ABI:
 *   1.0  first
 */
#ifndef BPFLOCK_PLUGIN_H
#define BPFLOCK_PLUGIN_H

#include <bpflock/event.h>
#include <bpflock/policy.h>
#include <bpflock/set.h>
#include <stddef.h>

#define BPFLOCK_ABI_MAJOR 1u
#define BPFLOCK_ABI_MINOR 0u

/**
 * struct bpflock_table - a constant array
 * @rows:   the first row, or NULL when @count is 0
 * @count:  number of rows
 * @stride: bytes from one row to the next: sizeof(row) as the plugin was compiled
 *
 * Since ABI 1.0.
 */
struct bpflock_table {
	const void *rows;
	__u32 count;
	__u32 stride;
};

/* A bpflock_table of a C array. */
#define BPFLOCK_TABLE(array)                                                    \
	{                                                                       \
		(array), sizeof(array) / sizeof((array)[0]), sizeof((array)[0]) \
	}

/**
 * struct bpflock_value - the name of a number
 * @name:    its name in the configuration and the log
 * @value:   the number. Several names of one number are aliases; the first is the one printed.
 * @summary: one line for --help-plugin, or NULL
 *
 * A row of the `values` of an option or a field. Since ABI 1.0.
 */
struct bpflock_value {
	const char *name;
	__u64 value;
	const char *summary;
};

/*
 * Types of options. In the configuration structure, and in the variable of the BPF object, a number
 * is an unsigned integer of 1, 2, 4 or 8 bytes. Since ABI 1.0.
 */
#define BPFLOCK_OPTION_BOOL 1u	   /* yes, no, true, false, on, off, 1, 0 */
#define BPFLOCK_OPTION_UINT 2u	   /* decimal, or hexadecimal after 0x */
#define BPFLOCK_OPTION_SIZE 3u	   /* bytes; suffixes K, M, G are powers of 1024 */
#define BPFLOCK_OPTION_DURATION 4u /* nanoseconds; written with a unit: us, ms, s, min, h; or 0 */
#define BPFLOCK_OPTION_CHOICE 5u   /* one name of `values` */
#define BPFLOCK_OPTION_STRING 6u   /* const char * in the structure, char[] in the BPF object */
/*
 * Paths of cgroups, from the root of the cgroup v2 hierarchy, which need not exist: const char * in the structure, a map
 * of ids in the BPF object. Such an option is a list, and has a `map`.
 */
#define BPFLOCK_OPTION_CGROUP 7u
/* A network, "10.0.0.0/8", "fd00::/8", or an address: const char * in the structure, struct bpflock_cidr in the object. */
#define BPFLOCK_OPTION_CIDR 8u
/* "443" or "1024-65535": a number, first | last << 16, in the structure; struct bpflock_ports in the object. */
#define BPFLOCK_OPTION_PORTS 9u
/* The name of a user of this machine, or a uid: a number */
#define BPFLOCK_OPTION_USER 10u
/*
 * Absolute paths of files and directories, which need not exist; symbolic links are followed: const char * in the
 * structure, struct bpflock_file_id in the object. The daemon looks them up at the start, at a reload, and every
 * `verify_interval`, because updates replace files. Such an option is a list, and has a `map`.
 */
#define BPFLOCK_OPTION_PATH 11u

/* Flags of options. Since ABI 1.0. */
#define BPFLOCK_OPTION_LIST 0x1u /* items separated by commas; see struct bpflock_list */

/**
 * struct bpflock_list - the value of a list option in the configuration structure
 * @items: array of __u64, or of const char * for BPFLOCK_OPTION_STRING, _CGROUP, _CIDR and _PATH; NULL when empty
 * @count: number of items
 *
 * Owned by the core, valid until the callback that it was passed to returns. Since ABI 1.0.
 */
struct bpflock_list {
	const void *items;
	__u64 count;
};

/**
 * struct bpflock_option - one key of the plugin's section
 * @name:     the key, [a-z][a-z0-9_]*; the environment variable is BPFLOCK_<PLUGIN>_<KEY> in capitals
 * @summary:  one line: what it does
 * @initial:  the default, written as in the file; NULL for no value (zero, empty)
 * @type:     BPFLOCK_OPTION_*
 * @flags:    BPFLOCK_OPTION_LIST
 * @values:   rows of struct bpflock_value, for BPFLOCK_OPTION_CHOICE
 * @min:      smallest number that is accepted
 * @max:      largest number that is accepted, or longest string in bytes; 0 for no limit
 * @max_items: largest number of items of a list; 0 for no limit
 * @size:     size of the member of the configuration structure; 0 when it has none
 * @offset:   offset of that member; the core refuses a member that ends beyond `config_size`
 * @variable: a `const volatile` variable of the BPF object that takes the value before load, or NULL.
 *            A list takes an array, and the number of items goes to the `const volatile` variable VARIABLE_count.
 *            A change of such an option on reload loads the object anew, new before old.
 * @map:      of a list: a map of the BPF object that takes the items before the programs are attached, or NULL. A reload
 *            changes it in place: new items come in before old ones go. <bpflock/set.bpf.h> declares such maps:
 *             - a hash with the item as key, and a value of 1 byte. It has room for twice the largest list. The key is
 *               a number of 1, 2, 4 or 8 bytes, a char array (BPFLOCK_OPTION_STRING, filled up with NUL), or a struct
 *               bpflock_file_id (BPFLOCK_OPTION_PATH).
 *             - an LPM trie, the same with struct bpflock_cidr as key (BPFLOCK_OPTION_CIDR)
 *             - an array of one element, which is an array of items: of numbers, or of struct bpflock_ports. Behind the
 *               last item there are zeros.
 *            For BPFLOCK_OPTION_CGROUP it is what BPFLOCK_CGROUPS() of <bpflock/cgroup.bpf.h> declares. The daemon keeps
 *            the ids of those cgroups in it that exist.
 *            Where the object has a __u32 MAP_count that is neither const nor static, the number of items of the list
 *            goes there, whether they name something that exists or not. A reload changes it as well.
 *            The list may not be longer than the map has room for.
 *
 * Since ABI 1.0.
 */
struct bpflock_option {
	const char *name;
	const char *summary;
	const char *initial;
	__u32 type;
	__u32 flags;
	struct bpflock_table values;
	__u64 min;
	__u64 max;
	__u32 max_items;
	__u32 size;
	__u64 offset;
	const char *variable;
	const char *map;
};

/* The `size` and `offset` of an option that is kept in `member` of the configuration structure. */
#define BPFLOCK_MEMBER(structure, member) \
	.size = sizeof(((structure *)0)->member), .offset = __builtin_offsetof(structure, member)

/**
 * struct bpflock_alias - one more environment variable for an option
 * @variable: its whole name, BPFLOCK_...
 * @option:   the option that it sets; setting it enables the plugin
 *
 * Since ABI 1.0.
 */
struct bpflock_alias {
	const char *variable;
	const char *option;
};

/*
 * Types of fields. The size of an integer is the field's size: 1, 2, 4 or 8. MODE, UID and TIME are integers too.
 * Since ABI 1.0.
 */
#define BPFLOCK_FIELD_UINT 1u  /* unsigned, decimal */
#define BPFLOCK_FIELD_INT 2u   /* signed, decimal */
#define BPFLOCK_FIELD_HEX 3u   /* unsigned, 0x... in logfmt, a number in JSON */
#define BPFLOCK_FIELD_ERRNO 4u /* signed: 0, or a negative errno */
#define BPFLOCK_FIELD_ENUM 5u  /* unsigned; printed by its name in `values`, or as a number */
#define BPFLOCK_FIELD_STR 6u   /* char[], see BPFLOCK_CUT; an empty one is left out. A record may end within it */
#define BPFLOCK_FIELD_STRV 7u  /* a BPFLOCK_STRV(); an array in JSON */
#define BPFLOCK_FIELD_PATH 8u  /* a BPFLOCK_PATH(); one that has no names is left out */
#define BPFLOCK_FIELD_IP4 9u   /* 4 bytes in network order */
#define BPFLOCK_FIELD_IP6 10u  /* 16 bytes in network order; a mapped IPv4 address is printed as IPv4 */
#define BPFLOCK_FIELD_MAC 11u  /* 6 bytes */
#define BPFLOCK_FIELD_MODE 12u /* type and permissions of a file, 2 or 4 bytes: octal in logfmt, a number in JSON */
#define BPFLOCK_FIELD_UID 13u  /* a user or group id, 4 bytes; (uid_t)-1 is nobody, and left out */
#define BPFLOCK_FIELD_TIME 14u /* as bpflock_event.time, 8 bytes: printed as the date and time in UTC */

/* Flags of fields. Since ABI 1.0. */
/*
 * Decisions of one kind within `event_window` become one line, which has the fields of the last of them. Those that
 * differ in a field with this flag are of different kinds. In decisions only.
 */
#define BPFLOCK_FIELD_KEY 0x1u
#define BPFLOCK_FIELD_DETAIL 0x2u   /* in logfmt only with `log_details = yes` */
#define BPFLOCK_FIELD_OPTIONAL 0x4u /* integers only: left out where all its bits are one, as in (uid_t)-1 */

/**
 * struct bpflock_field - one member of a record, and how it is logged
 * @name:    the key in the log, [a-z][a-z0-9_]*. A field named "retval" is written last; a decision has none.
 * @summary: one line for --help-plugin
 * @type:    BPFLOCK_FIELD_*
 * @flags:   BPFLOCK_FIELD_KEY, BPFLOCK_FIELD_DETAIL, BPFLOCK_FIELD_OPTIONAL
 * @size:    bytes of the member
 * @offset:  offset of the member in the record. A field that lies beyond the end of a record is left
 *           out, so a record may be submitted short.
 * @values:  rows of struct bpflock_value, for BPFLOCK_FIELD_ENUM
 *
 * Since ABI 1.0.
 */
struct bpflock_field {
	const char *name;
	const char *summary;
	__u32 type;
	__u32 flags;
	__u64 size;
	__u64 offset;
	struct bpflock_table values;
};

/* A field of the log, of the same name as the member of the record. */
#define BPFLOCK_FIELD(structure, member, field_type, text) BPFLOCK_FIELD_WITH(0, structure, member, field_type, text)
/* The same with BPFLOCK_FIELD_KEY, or other flags. */
#define BPFLOCK_KEY_FIELD(structure, member, field_type, text) \
	BPFLOCK_FIELD_WITH(BPFLOCK_FIELD_KEY, structure, member, field_type, text)
#define BPFLOCK_FIELD_WITH(field_flags, structure, member, field_type, text)                              \
	{                                                                                                 \
		.name = #member, .summary = (text), .type = (field_type), .flags = (field_flags),         \
		.size = sizeof(((structure *)0)->member), .offset = __builtin_offsetof(structure, member) \
	}

/*
 * Flags of events. An enforcer has at least one event that is a decision, an observer none. Since ABI 1.0.
 */
#define BPFLOCK_EVENT_DECISION 0x1u /* the record begins with a struct bpflock_decision */
/*
 * Nobody's task is behind it: an interrupt, a kernel thread that acts for others, a record of the daemon. The log leaves
 * out what is about a task. The record comes from bpflock_event_begin_no_task(). No decision, because the policy is about
 * the task.
 */
#define BPFLOCK_EVENT_NO_TASK 0x2u

/**
 * struct bpflock_event_type - one kind of record
 * @type:    its number, as given to bpflock_event_begin() or bpflock_decide(): at most 65535
 * @flags:   BPFLOCK_EVENT_*
 * @name:    `event=` in the log, [a-z][a-z0-9_]*
 * @summary: one line: when it happens
 * @fields:  rows of struct bpflock_field. The members of struct bpflock_event, with which every record
 *           starts, are logged without a row, and so are those of struct bpflock_decision.
 *
 * Since ABI 1.0.
 */
struct bpflock_event_type {
	__u32 type;
	__u32 flags;
	const char *name;
	const char *summary;
	struct bpflock_table fields;
};

/* Flags of operations. Since ABI 1.0. */
#define BPFLOCK_OPERATION_IGNORED 0x1u	/* an enumerator that is no operation */
#define BPFLOCK_OPERATION_BOUNDARY 0x2u /* no operation: ends the group `groups`, see below */
/*
 * The daemon needs the operation, for its work or for a self-test. Its requests are allowed, counted and not
 * recorded. Set this on no other operation: the policy then does not apply to the daemon.
 */
#define BPFLOCK_OPERATION_DAEMON 0x4u
/* Denied only while an enforcer that is no guard can deny something; `would deny` is recorded otherwise. */
#define BPFLOCK_OPERATION_WHILE_ENFORCING 0x8u

/*
 * What profile baseline does about an operation. The lists `block` and `allow`, and exempt_group(), come before it.
 * Since ABI 1.0.
 */
#define BPFLOCK_BASELINE_USUAL 0u /* allows it in the initial pid and network namespaces, and by exceptions */
#define BPFLOCK_BASELINE_ALLOW 1u /* allows it to everybody: contained programs need it */
#define BPFLOCK_BASELINE_DENY 2u  /* allows it by exceptions only: nothing on the host needs it, while it runs */

/**
 * struct bpflock_operation - one thing that an enforcer decides about
 * @name:       its name in `block` and `allow`, [a-z][a-z0-9_]*
 * @text:       the kernel's wording, for the log; NULL: the log has the name
 * @summary:    one line for --help-plugin
 * @enumerator: its enumerator in the plugin's `operation_enum`, or NULL: see below
 * @groups:     the groups that it is in, without '@', separated by spaces; or NULL. The name of
 *              another operation may stand here: then naming the other one includes this one.
 * @flags:      BPFLOCK_OPERATION_*. A BOUNDARY names an enumerator that divides the enumeration: all
 *              operations with a smaller number, down to the boundary before, are in its group.
 * @denial:     the errno of a denial, positive, at most 255; 0 for EPERM
 * @baseline:   BPFLOCK_BASELINE_*
 *
 * Without an `operation_enum`, the index of an operation is its place in the table. With one, the index is the
 * number of the enumerator in the running kernel's BTF:
 *
 *  - An enumerator without a row becomes an operation named after it, in lower case and without the
 *    enumeration's prefix.
 *  - Enumerators with the same number are one operation with several names.
 *  - A row whose enumerator this kernel lacks is accepted in the configuration and never decided.
 *  - A row with NULL as enumerator has the index BPFLOCK_OPERATION_OWN(n). n counts these rows from 0, in the
 *    order of the table. A boundary does not put them into its group.
 *
 * Since ABI 1.0.
 */
struct bpflock_operation {
	const char *name;
	const char *text;
	const char *summary;
	const char *enumerator;
	const char *groups;
	__u32 flags;
	__u32 denial;
	__u32 baseline;
};

/*
 * Self-tests. A self-test makes the kernel call a hook in the daemon's task, without harm. The daemon reports an
 * enforcer as enforcing only after a self-test has run its programs. Since ABI 1.0.
 */
#define BPFLOCK_SELF_TEST_NONE 0u
#define BPFLOCK_SELF_TEST_BPF_READ 1u /* loads a program that reads kernel memory: lsm/locked_down */
#define BPFLOCK_SELF_TEST_PLUGIN 2u   /* the plugin's self_test() */

/* Flags of programs. Since ABI 1.0. */
#define BPFLOCK_PROGRAM_OPTIONAL 0x1u /* some kernels lack the hook; another program does the work there */
#define BPFLOCK_PROGRAM_HOST 0x2u     /* loaded only where the policy denies the initial namespaces something */

/**
 * struct bpflock_program - one program of an enforcer's BPF object
 * @name:       of its C function
 * @operations: names of the operations that it decides, separated by spaces; NULL where it decides none
 * @flags:      BPFLOCK_PROGRAM_*
 * @self_test:  BPFLOCK_SELF_TEST_*: what makes the kernel call this program
 *
 * A kernel that lacks the hook of a program which is not optional cannot run the plugin: the error names the
 * operations that nobody would decide. A program without a row is not optional either. Since ABI 1.0.
 */
struct bpflock_program {
	const char *name;
	const char *operations;
	__u32 flags;
	__u32 self_test;
};

/* Levels of bpflock_host.log(). Since ABI 1.0. */
#define BPFLOCK_LOG_WARNING 1u
#define BPFLOCK_LOG_INFO 2u

struct bpflock_host;

/*
 * What the daemon calls when a timer has expired, or a descriptor is readable. `data` is what was given with it. After a
 * negative errno the daemon reports it, and calls no more: the timer or the descriptor is removed. Since ABI 1.0.
 */
typedef int (*bpflock_call)(const struct bpflock_host *host, void *data);

/**
 * struct bpflock_host - what the daemon offers to a callback
 * @size: sizeof(struct bpflock_host) of the daemon
 * @core: for the daemon only
 *
 * Valid during the callback only. Since ABI 1.0.
 */
struct bpflock_host {
	__u64 size;
	void *core;

	/**
	 * @error: reports to the operator what is wrong and what to do, in one line without a newline.
	 * Call it before returning a negative errno. Since ABI 1.0.
	 */
	void (*error)(const struct bpflock_host *host, const char *format, ...) __attribute__((format(printf, 2, 3)));

	/**
	 * @skip_program: leaves one program out of the load, by the name of its C function.
	 * In prepare() only: -EPERM elsewhere; -ENOENT when there is no such program. Since ABI 1.0.
	 */
	int (*skip_program)(const struct bpflock_host *host, const char *program);

	/**
	 * @exempt_group: the profile does not govern the operations of this group (without '@');
	 * they are allowed (reason `level`) unless `block` names them. In policy() only: -EPERM
	 * elsewhere; -ENOENT when there is no such group. Since ABI 1.0.
	 */
	int (*exempt_group)(const struct bpflock_host *host, const char *group);

	/**
	 * @log: writes a line of the plugin's own to the log, event=plugin_message. `level` is BPFLOCK_LOG_*. What made a
	 * callback fail goes to error() instead. Since ABI 1.0.
	 */
	void (*log)(const struct bpflock_host *host, __u32 level, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

	/*
	 * The others are offered while the plugin runs: in start(), stop(), observe(), the calls of timers and
	 * descriptors, and read() of a metric. They return -EPERM elsewhere.
	 */

	/**
	 * @map: the descriptor of a map of the BPF object, by its name. It is the daemon's, and valid during the
	 * callback. -ENOENT when there is no such map. Since ABI 1.0.
	 */
	int (*map)(const struct bpflock_host *host, const char *name);

	/**
	 * @submit: writes a record of user space to the log. It begins with a struct bpflock_event, of which only `type`
	 * is read: one of the plugin's, with BPFLOCK_EVENT_NO_TASK and without BPFLOCK_EVENT_DECISION. `size` is that of
	 * the whole record. The record is in no ring: it has no number, and observers do not get it. Returns 0 or
	 * -EINVAL. Since ABI 1.0.
	 */
	int (*submit)(const struct bpflock_host *host, const struct bpflock_event *record, __u64 size);

	/**
	 * @timer: from now on `call` is called every `interval` nanoseconds, until the plugin stops. -EINVAL for an
	 * interval of 0. Since ABI 1.0.
	 */
	int (*timer)(const struct bpflock_host *host, __u64 interval, bpflock_call call, void *data);

	/**
	 * @watch: from now on `call` is called whenever `fd` is readable, or its other end has gone, until the plugin
	 * stops. The descriptor stays the plugin's, which closes it in stop(). Returns 0 or a negative errno, as of
	 * epoll_ctl(2). Since ABI 1.0.
	 */
	int (*watch)(const struct bpflock_host *host, int fd, bpflock_call call, void *data);
};

/* Types of metrics. Since ABI 1.0. */
#define BPFLOCK_METRIC_COUNTER 1u /* only grows, while the plugin runs; its name ends in _total */
#define BPFLOCK_METRIC_GAUGE 2u

/**
 * struct bpflock_metric - a number that `bpflockctl metrics` prints as bpflock_plugin_PLUGIN_NAME
 * @name:  [a-z][a-z0-9_]*, with the unit, as Prometheus has it: queue_bytes, misses_total
 * @help:  one line
 * @map:   an array of the BPF object, or a per-CPU array, of which the sum is meant; its values begin with a __u64. NULL
 *         where @read is set.
 * @type:  BPFLOCK_METRIC_*
 * @index: in @map
 * @read:  sets *value, whenever somebody asks for the metrics. A metric for which it returns a negative errno is left
 *         out.
 *
 * It is there while the plugin runs. Since ABI 1.0.
 */
struct bpflock_metric {
	const char *name;
	const char *help;
	const char *map;
	__u32 type;
	__u32 index;
	int (*read)(const struct bpflock_host *host, __u64 *value);
};

/**
 * struct bpflock_kept_map - a map of the BPF object that all generations of the plugin share
 * @name:     of the map, at most 15 bytes
 * @version:  of what is in it. Another number is another meaning: the plugin is refused while a map with an older number
 *            is there, until `bpflock --reset-kept PLUGIN` has removed it.
 * @reserved: zero
 *
 * The map outlives reloads, a killed daemon, and a restart, as the plugin's counters do. It ends where they end: when the
 * plugin is disabled, and at a stop with on_exit = unload. Its type, sizes, number of entries and flags stand in its
 * declaration, and a map of other ones is refused in the same way. Since ABI 1.0.
 */
struct bpflock_kept_map {
	const char *name;
	__u32 version;
	__u32 reserved;
};

/*
 * Flags of plugins. A guard is an enforcer that keeps others from removing enforcers. It runs whenever another
 * enforcer runs, unless `enabled = no` is written. Its defaults are `profile = baseline` and `log = denied`.
 * Since ABI 1.0.
 */
#define BPFLOCK_ENFORCER 0x1u /* decides; without it the plugin only observes */
#define BPFLOCK_GUARD 0x2u    /* only together with BPFLOCK_ENFORCER */

/**
 * struct bpflock_plugin - the descriptor
 * @size:        sizeof(struct bpflock_plugin), set by BPFLOCK_PLUGIN()
 * @abi_minor:   BPFLOCK_ABI_MINOR, set by BPFLOCK_PLUGIN()
 * @reserved:    zero
 * @flags:       BPFLOCK_ENFORCER, BPFLOCK_GUARD
 * @name:        [a-z][a-z0-9]*, at most 15 bytes; the file is NAME.so and the section [NAME]
 * @version:     of the plugin, for --list-plugins
 * @summary:     one line
 * @license:     SPDX expression
 * @contact:     whom to write to, or NULL
 * @object:      first byte of the BPF object, aligned to 8, set by BPFLOCK_PLUGIN()
 * @object_end:  the byte after its last
 * @config_size: size of the configuration structure, 0 without one
 * @options:     rows of struct bpflock_option
 * @aliases:     rows of struct bpflock_alias
 * @events:      rows of struct bpflock_event_type
 * @operations:  rows of struct bpflock_operation; only with BPFLOCK_ENFORCER
 * @programs:    rows of struct bpflock_program; only with BPFLOCK_ENFORCER. Where no row names a self-test, the
 *               daemon says that the enforcer is unverified.
 * @kept_maps:   rows of struct bpflock_kept_map, at most 8
 * @metrics:     rows of struct bpflock_metric
 * @operation_enum:   name of the kernel enumeration that the operations are numbered by, or NULL
 * @operation_prefix: what its enumerators start with
 *
 * Since ABI 1.0.
 */
struct bpflock_plugin {
	__u32 size;
	__u16 abi_minor;
	__u16 reserved;
	__u64 flags;
	const char *name;
	const char *version;
	const char *summary;
	const char *license;
	const char *contact;
	const unsigned char *object;
	const unsigned char *object_end;
	__u64 config_size;
	struct bpflock_table options;
	struct bpflock_table aliases;
	struct bpflock_table events;
	struct bpflock_table operations;
	struct bpflock_table programs;
	struct bpflock_table kept_maps;
	struct bpflock_table metrics;
	const char *operation_enum;
	const char *operation_prefix;

	/**
	 * @check: is this configuration consistent? Runs when a configuration is read, also for
	 * --check-config, so it must not change anything. Optional. Since ABI 1.0.
	 */
	int (*check)(const struct bpflock_host *host, const void *config);

	/** @prepare: runs after the BPF object was opened and before it is loaded. Optional. Since ABI 1.0. */
	int (*prepare)(const struct bpflock_host *host, const void *config);

	/** @policy: of an enforcer: runs whenever the policy is evaluated, at start and reload. Optional. Since ABI 1.0. */
	int (*policy)(const struct bpflock_host *host, const void *config);

	/**
	 * @self_test: makes the kernel call hooks of this enforcer in the calling task, without harm. The
	 * operations that it requests need BPFLOCK_OPERATION_DAEMON. Runs after every load, and then regularly
	 * with only CAP_BPF and CAP_PERFMON. Returns 0, or the negative errno with which the kernel refused
	 * before it called the hook. Optional. Since ABI 1.0.
	 */
	int (*self_test)(const struct bpflock_host *host, const void *config);

	/**
	 * @observe: gets every record of every plugin, in the order in which the ring has them.
	 * The record is valid during the call only. Optional. Since ABI 1.0.
	 */
	void (*observe)(const struct bpflock_host *host, const char *plugin, const struct bpflock_event *event,
			__u64 size);

	/**
	 * @start: runs when the programs are attached, at the start and after each reload. It may begin timers and watch
	 * descriptors. A failure is reported; the programs stay, and nothing else is offered while they run. Optional.
	 * Since ABI 1.0.
	 */
	int (*start)(const struct bpflock_host *host, const void *config);

	/**
	 * @stop: runs before the programs are detached, and before start() at a reload, with the configuration that
	 * start() had. Timers and watches have ended. Not after a start() that has failed. Optional. Since ABI 1.0.
	 */
	int (*stop)(const struct bpflock_host *host, const void *config);
};

/* The exported symbol for an ABI major. */
#define BPFLOCK_SYMBOL_PREFIX "bpflock_plugin_v"

/*
 * Defines the plugin `id`: embeds the BPF object id.bpf.o (found through the assembler's include
 * path, -Wa,-IDIR) and exports the descriptor. The arguments are designated initializers of
 * struct bpflock_plugin.
 */
#define BPFLOCK_PLUGIN(id, ...)                                                                      \
	__asm__(".pushsection .rodata.bpflock_object, \"a\"\n"                                       \
		".balign 8\n"                                                                        \
		".hidden bpflock_object\n"                                                           \
		".globl bpflock_object\n"                                                            \
		"bpflock_object:\n"                                                                  \
		".incbin \"" #id ".bpf.o\"\n"                                                        \
		".hidden bpflock_object_end\n"                                                       \
		".globl bpflock_object_end\n"                                                        \
		"bpflock_object_end:\n"                                                              \
		".byte 0\n"                                                                          \
		".popsection\n");                                                                    \
	extern const unsigned char bpflock_object[] __attribute__((visibility("hidden")));           \
	extern const unsigned char bpflock_object_end[] __attribute__((visibility("hidden")));       \
	extern const struct bpflock_plugin bpflock_plugin_v1 __attribute__((visibility("default"))); \
	const struct bpflock_plugin bpflock_plugin_v1 = {                                            \
		.size = sizeof(struct bpflock_plugin),                                               \
		.abi_minor = BPFLOCK_ABI_MINOR,                                                      \
		.name = #id,                                                                         \
		.object = bpflock_object,                                                            \
		.object_end = bpflock_object_end,                                                    \
		__VA_ARGS__,                                                                         \
	}

#endif
