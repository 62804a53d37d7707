/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guard protects: the daemon's BPF objects, and its directory on bpffs. */
#ifndef BPFLOCK_PROTECTED_BPF_H
#define BPFLOCK_PROTECTED_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpflock/protected.h>

/* The daemon pins at most five levels below BPFLOCK_PINS. Others made what lies deeper than this limit. */
#define BPFLOCK_PINS_DEPTH 8

/*
 * Ids of the maps, programs and links of all plugins and generations, and of the core. The daemon owns the
 * map, and replaces this declaration by it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BPFLOCK_PROTECTED_MAX);
	__type(key, struct bpflock_protected_object);
	__type(value, __u8);
} bpflock_protected SEC(".maps");

/* The directory BPFLOCK_PINS: set by the daemon before load. */
const volatile __u64 bpflock_pins_device = 0;
const volatile __u64 bpflock_pins_inode = 0;

static __always_inline bool bpflock_protects(__u32 kind, __u32 id)
{
	struct bpflock_protected_object object = { .kind = kind, .id = id };

	return bpf_map_lookup_elem(&bpflock_protected, &object);
}

/* Is this the directory, or below it? An entry that is about to be created (no inode) counts as well. */
static __always_inline bool bpflock_is_pin(const struct dentry *dentry)
{
	if (dentry->d_sb->s_dev != bpflock_pins_device)
		return false;
#pragma unroll
	for (int depth = 0; depth < BPFLOCK_PINS_DEPTH; depth++) {
		const struct inode *inode = dentry->d_inode;

		if (inode && inode->i_ino == bpflock_pins_inode)
			return true;
		dentry = dentry->d_parent;
	}
	return false;
}

#endif
