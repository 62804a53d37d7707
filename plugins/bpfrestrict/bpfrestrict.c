// SPDX-License-Identifier: Apache-2.0
/*
 * bpfrestrict: decides who may use the system call bpf(2): by command, and by the type of a program that is loaded.
 *
 *	[bpfrestrict]
 *	profile = baseline
 *	block   = lsm, @ids
 *	allow   = map_lookup_elem
 */
#include "bpfrestrict.h"

#include <bpflock/plugin.h>
#include <bpflock/protected.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct bpflock_field request_fields[] = {
	BPFLOCK_KEY_FIELD(struct bpfrestrict_request, name, BPFLOCK_FIELD_STR, "name of the new map or program"),
};

static const struct bpflock_event_type events[] = {
	{
		.type = BPFRESTRICT_REQUEST,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_bpf",
		.summary = "bpf(2) was called",
		.fields = BPFLOCK_TABLE(request_fields),
	},
};

/* libbpf chooses which commands and types of programs the daemon uses, so it is let through with all of them. */
#define COMMAND(option, command, where, about)                                                         \
	{                                                                                              \
		.name = (option), .enumerator = "BPF_" command, .groups = (where), .summary = (about), \
		.flags = BPFLOCK_OPERATION_DAEMON                                                      \
	}

/* Naming prog_load names all types. */
#define TYPE(option, where, about)                                                                \
	{                                                                                         \
		.name = (option), .text = "prog_load:" option, .groups = "prog_load load " where, \
		.summary = "load a program " about, .flags = BPFLOCK_OPERATION_DAEMON             \
	}

static const struct bpflock_operation operations[] = {
	COMMAND("map_create", "MAP_CREATE", "load maps", "create a map"),
	COMMAND("map_lookup_elem", "MAP_LOOKUP_ELEM", "maps", "read an element"),
	COMMAND("map_update_elem", "MAP_UPDATE_ELEM", "maps", "write an element"),
	COMMAND("map_delete_elem", "MAP_DELETE_ELEM", "maps", "delete an element"),
	COMMAND("map_get_next_key", "MAP_GET_NEXT_KEY", "maps", "list the keys of a map"),
	COMMAND("prog_load", "PROG_LOAD", "load", "load a program of any type; each type is an operation as well"),
	COMMAND("obj_pin", "OBJ_PIN", "pins", "pin an object"),
	COMMAND("obj_get", "OBJ_GET", "pins", "open a pinned object"),
	COMMAND("prog_attach", "PROG_ATTACH", "attach", "attach a program to a cgroup, a socket map or else"),
	COMMAND("prog_detach", "PROG_DETACH", "attach", "detach such a program"),
	COMMAND("prog_test_run", "PROG_TEST_RUN", NULL, "run a program for a test; programs of type syscall"),
	COMMAND("prog_get_next_id", "PROG_GET_NEXT_ID", "ids", "list the ids of programs"),
	COMMAND("map_get_next_id", "MAP_GET_NEXT_ID", "ids", "list the ids of maps"),
	COMMAND("prog_get_fd_by_id", "PROG_GET_FD_BY_ID", "ids", "open anybody's program by its id"),
	COMMAND("map_get_fd_by_id", "MAP_GET_FD_BY_ID", "ids maps", "open anybody's map by its id"),
	COMMAND("obj_get_info_by_fd", "OBJ_GET_INFO_BY_FD", "info", "describe an object"),
	COMMAND("prog_query", "PROG_QUERY", "info", "list what is attached to a cgroup or else"),
	COMMAND("raw_tracepoint_open", "RAW_TRACEPOINT_OPEN", "attach", "attach to a tracepoint or a function"),
	COMMAND("btf_load", "BTF_LOAD", "load", "load type information"),
	COMMAND("btf_get_fd_by_id", "BTF_GET_FD_BY_ID", "ids", "open type information by its id"),
	COMMAND("task_fd_query", "TASK_FD_QUERY", "info", "which program a descriptor of a process is attached to"),
	COMMAND("map_lookup_and_delete_elem", "MAP_LOOKUP_AND_DELETE_ELEM", "maps", "read and delete an element"),
	COMMAND("map_freeze", "MAP_FREEZE", "maps", "make a map read-only for user space"),
	COMMAND("btf_get_next_id", "BTF_GET_NEXT_ID", "ids", "list the ids of type information"),
	COMMAND("map_lookup_batch", "MAP_LOOKUP_BATCH", "maps", "read several elements"),
	COMMAND("map_lookup_and_delete_batch", "MAP_LOOKUP_AND_DELETE_BATCH", "maps", "read and delete several"),
	COMMAND("map_update_batch", "MAP_UPDATE_BATCH", "maps", "write several elements"),
	COMMAND("map_delete_batch", "MAP_DELETE_BATCH", "maps", "delete several elements"),
	COMMAND("link_create", "LINK_CREATE", "attach", "attach a program by a link"),
	COMMAND("link_update", "LINK_UPDATE", "attach", "replace the program of a link"),
	COMMAND("link_get_fd_by_id", "LINK_GET_FD_BY_ID", "ids", "open anybody's link by its id"),
	COMMAND("link_get_next_id", "LINK_GET_NEXT_ID", "ids", "list the ids of links"),
	COMMAND("enable_stats", "ENABLE_STATS", "info", "measure the run time of all programs"),
	COMMAND("iter_create", "ITER_CREATE", "info", "run an iterator over kernel objects"),
	COMMAND("link_detach", "LINK_DETACH", "attach", "detach the program of a link"),
	COMMAND("prog_bind_map", "PROG_BIND_MAP", NULL, "keep a map as long as a program"),
	COMMAND("token_create", "TOKEN_CREATE", "load", "make a token that delegates the use of bpf(2)"),
	COMMAND("prog_stream_read_by_fd", "PROG_STREAM_READ_BY_FD", "info", "read what a program has printed"),
	COMMAND("prog_assoc_struct_ops", "PROG_ASSOC_STRUCT_OPS", "attach", "give a program a map of struct_ops"),
	{ .enumerator = "__MAX_BPF_CMD", .flags = BPFLOCK_OPERATION_IGNORED },
	/* A flag beside the command, in kernels of 7.x, which remove it before they call the hook. */
	{ .enumerator = "BPF_COMMON_ATTRS", .flags = BPFLOCK_OPERATION_IGNORED },

	/* BPFRESTRICT_LOAD(): in the order of enum bpf_prog_type. */
	TYPE("unspec", "", "without a type"),
	TYPE("socket_filter", "network", "that filters what a socket receives"),
	TYPE("kprobe", "trace", "for a kprobe or an uprobe"),
	TYPE("sched_cls", "network", "that classifies packets (tc)"),
	TYPE("sched_act", "network", "that is an action on packets (tc)"),
	TYPE("tracepoint", "trace", "for a tracepoint"),
	TYPE("xdp", "network", "for packets as they come from a device"),
	TYPE("perf_event", "trace", "for a perf event"),
	TYPE("cgroup_skb", "cgroup", "for the packets of a cgroup"),
	TYPE("cgroup_sock", "cgroup", "for the sockets of a cgroup"),
	TYPE("lwt_in", "network", "for packets of a route, on their way in"),
	TYPE("lwt_out", "network", "for packets of a route, on their way out"),
	TYPE("lwt_xmit", "network", "for packets of a route, at transmission"),
	TYPE("sock_ops", "network", "for the TCP connections of a cgroup"),
	TYPE("sk_skb", "network", "that redirects what sockets receive"),
	TYPE("cgroup_device", "cgroup", "that decides which devices a cgroup may use"),
	TYPE("sk_msg", "network", "that redirects what sockets send"),
	TYPE("raw_tracepoint", "trace", "for a tracepoint, with its raw arguments"),
	TYPE("cgroup_sock_addr", "cgroup", "for the addresses that a cgroup binds and connects to"),
	TYPE("lwt_seg6local", "network", "for packets with IPv6 segment routing"),
	TYPE("lirc_mode2", "", "that decodes infrared signals"),
	TYPE("sk_reuseport", "network", "that chooses among sockets of one port"),
	TYPE("flow_dissector", "network", "that parses the headers of packets"),
	TYPE("cgroup_sysctl", "cgroup", "for the sysctls that a cgroup reads and writes"),
	TYPE("raw_tracepoint_writable", "trace", "for a tracepoint, whose arguments it changes"),
	TYPE("cgroup_sockopt", "cgroup", "for the socket options of a cgroup"),
	TYPE("tracing", "trace", "for kernel functions: fentry, fexit, fmod_ret, iterators, tp_btf"),
	TYPE("struct_ops", "", "that is a part of the kernel, as a congestion control or a scheduler"),
	TYPE("ext", "", "that replaces a function of another program"),
	TYPE("lsm", "", "that decides at an LSM hook"),
	TYPE("sk_lookup", "network", "that chooses the socket of a connection"),
	TYPE("syscall", "", "that itself calls bpf(2)"),
	TYPE("netfilter", "network", "for a netfilter hook"),
};

static const struct bpflock_program programs[] = {
	{ .name = "br_request", .operations = "@all", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
	{ .name = "br_mark_daemon", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
};

/* Changes nothing: it asks about no object, and unlocks what this descriptor has not locked. */
static int ask(const struct bpflock_host *host, const void *config)
{
	union bpf_attr nothing = { .info.bpf_fd = (__u32)-1 };
	int directory = open(BPFLOCK_PINS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)host;
	(void)config;
	(void)syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &nothing, sizeof(nothing));
	if (directory >= 0) {
		(void)flock(directory, LOCK_UN);
		close(directory);
	}
	return 0;
}

BPFLOCK_PLUGIN(bpfrestrict,
	.version = "1.0",
	.summary = "Who may use the system call bpf(2)",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.programs = BPFLOCK_TABLE(programs),
	.operation_enum = "bpf_cmd",
	.operation_prefix = "BPF_",
	.self_test = ask);
