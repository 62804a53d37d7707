// SPDX-License-Identifier: Apache-2.0
/*
 * mountwatch: logs what somebody wants to mount. The smallest plugin: one BPF program and one
 * descriptor, no C function.
 *
 *	[mountwatch]
 *	enabled = yes
 */
#include "mountwatch.h"

#include <bpflock/plugin.h>

static const struct bpflock_field mount_fields[] = {
	BPFLOCK_FIELD(struct mountwatch_mount, source, BPFLOCK_FIELD_STR, "device, or what stands for it"),
	BPFLOCK_FIELD(struct mountwatch_mount, fstype, BPFLOCK_FIELD_STR, "type of the file system"),
	BPFLOCK_FIELD(struct mountwatch_mount, flags, BPFLOCK_FIELD_HEX, "flags of mount(2)"),
};

static const struct bpflock_event_type events[] = {
	{
		.type = MOUNTWATCH_MOUNT,
		.name = "lsm_sb_mount",
		.summary = "something is about to be mounted",
		.fields = BPFLOCK_TABLE(mount_fields),
	},
};

BPFLOCK_PLUGIN(mountwatch,
	.version = "1.0",
	.summary = "Logs mounts",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.events = BPFLOCK_TABLE(events));
