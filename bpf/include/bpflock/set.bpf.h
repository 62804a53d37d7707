/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets that the daemon fills from list options: the `map` of the option. A reload changes them in place: what is new
 * comes in before what is old goes, so there is room for twice the largest list.
 *
 *	BPFLOCK_FILES(16) files SEC(".maps");
 *	__u32 files_count;
 *
 *	if (files_count && !bpflock_in_files(&files, file->f_inode))
 *		return -EPERM;
 *
 * NAME_count, where the object has it, is the number of items of the list, also of those that name nothing that exists.
 */
#ifndef BPFLOCK_SET_BPF_H
#define BPFLOCK_SET_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpflock/set.h>

/* A set of at most `max` keys: numbers of 1 to 8 bytes, or char arrays, which hold their texts and NULs to the end. */
#define BPFLOCK_SET(max, key_type)                    \
	struct {                                      \
		__uint(type, BPF_MAP_TYPE_HASH);      \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__uint(max_entries, 2 * (max));       \
		__type(key, key_type);                \
		__type(value, __u8);                  \
	}

/* BPFLOCK_OPTION_PATH */
#define BPFLOCK_FILES(max) BPFLOCK_SET(max, struct bpflock_file_id)

/* BPFLOCK_OPTION_CIDR */
#define BPFLOCK_CIDRS(max)                            \
	struct {                                      \
		__uint(type, BPF_MAP_TYPE_LPM_TRIE);  \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__uint(max_entries, 2 * (max));       \
		__type(key, struct bpflock_cidr);     \
		__type(value, __u8);                  \
	}

/*
 * A list: one element, which is an array. It is written at once, but not read at once: during a reload a program may see
 * items of both lists.
 */
#define BPFLOCK_LIST(max, item_type)              \
	struct {                                  \
		__uint(type, BPF_MAP_TYPE_ARRAY); \
		__uint(max_entries, 1);           \
		__type(key, __u32);               \
		__type(value, item_type[max]);    \
	}

/* BPFLOCK_OPTION_PORTS */
#define BPFLOCK_PORTS(max) BPFLOCK_LIST(max, struct bpflock_ports)

static __always_inline bool bpflock_in_set(void *set, const void *key)
{
	return bpf_map_lookup_elem(set, key);
}

/*
 * By identity: a hard link is the same file, a copy is another one, whatever their names are. In btrfs each subvolume
 * numbers its files anew, so one of another subvolume may be taken for the file of the list: there a list may deny, but
 * should not allow.
 */
static __always_inline bool bpflock_in_files(void *files, const struct inode *inode)
{
	const struct bpflock_file_id id = { .device = inode->i_sb->s_dev, .inode = inode->i_ino };

	return bpf_map_lookup_elem(files, &id);
}

/* `address` is in network byte order. */
static __always_inline bool bpflock_in_cidrs_ip4(void *cidrs, __u32 address)
{
	struct bpflock_cidr key = { .prefix = 128, .address = { [10] = 0xff, [11] = 0xff } };

	__builtin_memcpy(key.address + 12, &address, sizeof(address));
	return bpf_map_lookup_elem(cidrs, &key);
}

static __always_inline bool bpflock_in_cidrs_ip6(void *cidrs, const __u8 address[16])
{
	struct bpflock_cidr key = { .prefix = 128 };

	__builtin_memcpy(key.address, address, sizeof(key.address));
	return bpf_map_lookup_elem(cidrs, &key);
}

/* `max` is that of the map. `port` is in the byte order of the machine. */
static __always_inline bool bpflock_in_ports(void *ports, __u32 max, __u16 port)
{
	__u32 first = 0;
	const struct bpflock_ports *ranges = bpf_map_lookup_elem(ports, &first);

	for (__u32 i = 0; ranges && i < max && ranges[i].last; i++)
		if (port >= ranges[i].first && port <= ranges[i].last)
			return true;
	return false;
}

#endif
