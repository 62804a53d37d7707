// SPDX-License-Identifier: Apache-2.0
/* helperwatch: records what the helpers for BPF programs return, where a test can say what that should be. */
#include <bpflock/plugin.h>

#include "helperwatch.h"

static const struct bpflock_option options[] = {
	{
		.name = "directories",
		.summary = "below which a new root directory may be",
		.type = BPFLOCK_OPTION_PATH,
		.flags = BPFLOCK_OPTION_LIST,
		.map = "directories",
	},
};

static const struct bpflock_field chroot_fields[] = {
	BPFLOCK_FIELD(struct helperwatch_chroot, number, BPFLOCK_FIELD_HEX, "bpflock_syscall_number()"),
	BPFLOCK_FIELD(struct helperwatch_chroot, below, BPFLOCK_FIELD_UINT, "bpflock_in_directories()"),
	BPFLOCK_FIELD(struct helperwatch_chroot, mounts, BPFLOCK_FIELD_UINT, "bpflock_in_initial_mount_namespace()"),
	BPFLOCK_FIELD(struct helperwatch_chroot, scratch, BPFLOCK_FIELD_UINT, "scratch space was given"),
	BPFLOCK_FIELD(struct helperwatch_chroot, nested, BPFLOCK_FIELD_UINT, "and again while it was in use"),
	BPFLOCK_FIELD(struct helperwatch_chroot, kept, BPFLOCK_FIELD_UINT, "it has what was left there"),
	BPFLOCK_FIELD(struct helperwatch_chroot, is_abc, BPFLOCK_FIELD_UINT, "the name of the task is abc"),
	BPFLOCK_FIELD(struct helperwatch_chroot, has_abc, BPFLOCK_FIELD_UINT, "the name begins with abc"),
	BPFLOCK_FIELD(struct helperwatch_chroot, mode, BPFLOCK_FIELD_MODE, "of the new root directory"),
	BPFLOCK_FIELD(struct helperwatch_chroot, owner, BPFLOCK_FIELD_UID, "of the new root directory"),
	BPFLOCK_FIELD(struct helperwatch_chroot, since, BPFLOCK_FIELD_TIME, "now"),
};

static const struct bpflock_field exec_fields[] = {
	BPFLOCK_FIELD(struct helperwatch_exec, number, BPFLOCK_FIELD_HEX, "bpflock_syscall_number()"),
	BPFLOCK_FIELD(struct helperwatch_exec, tracing, BPFLOCK_FIELD_UINT,
		      "by a tracing program, not by one of the LSM"),
};

static const struct bpflock_field packet_fields[] = {
	BPFLOCK_FIELD(struct helperwatch_packet, ip4, BPFLOCK_FIELD_IP4, "the socket's IPv4 address"),
	BPFLOCK_FIELD(struct helperwatch_packet, ip6, BPFLOCK_FIELD_IP6, "the socket's address"),
};

static const struct bpflock_event_type events[] = {
	{
		.type = HELPERWATCH_CHROOT,
		.name = "lsm_path_chroot",
		.summary = "somebody wants to change the root directory",
		.fields = BPFLOCK_TABLE(chroot_fields),
	},
	{
		.type = HELPERWATCH_EXEC,
		.name = "lsm_bprm_check_security",
		.summary = "a program is executed",
		.fields = BPFLOCK_TABLE(exec_fields),
	},
	{
		.type = HELPERWATCH_PACKET,
		.flags = BPFLOCK_EVENT_NO_TASK,
		.name = "lsm_socket_sock_rcv_skb",
		.summary = "a socket has received a packet",
		.fields = BPFLOCK_TABLE(packet_fields),
	},
};

BPFLOCK_PLUGIN(helperwatch,
	.version = "1.0",
	.summary = "Records what the helpers for BPF programs return",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.options = BPFLOCK_TABLE(options),
	.events = BPFLOCK_TABLE(events));
