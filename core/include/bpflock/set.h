/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The items of list options, as the maps and variables of a BPF object have them. Shared by daemon and BPF programs. */
#ifndef BPFLOCK_SET_H
#define BPFLOCK_SET_H

#ifndef __VMLINUX_H__ /* a plugin with its own vmlinux.h has these types already */
#include <linux/types.h>
#endif

/**
 * struct bpflock_cidr - a network: an item of BPFLOCK_OPTION_CIDR; the key of an LPM trie
 * @prefix:  how many bits of @address count: 0 to 128
 * @address: in network byte order. One of IPv4 is the mapped one of IPv6 (::ffff:a.b.c.d), with 96 bits more in @prefix.
 *
 * Since ABI 1.0.
 */
struct bpflock_cidr {
	__u32 prefix;
	__u8 address[16];
};

/**
 * struct bpflock_ports - a range of ports: an item of BPFLOCK_OPTION_PORTS
 * @first: the smallest, in the byte order of the machine
 * @last:  the largest; 0 behind the last item of a list
 *
 * Since ABI 1.0.
 */
struct bpflock_ports {
	__u16 first;
	__u16 last;
};

/**
 * struct bpflock_file_id - which file or directory it is: an item of BPFLOCK_OPTION_PATH; the key of a hash
 * @device: i_sb->s_dev of its inode, as the kernel has it (MKDEV in include/linux/kdev_t.h). Not what stat(2) says of
 *          files in overlayfs and in subvolumes of btrfs.
 * @inode:  i_ino
 *
 * Since ABI 1.0.
 */
struct bpflock_file_id {
	__u64 device;
	__u64 inode;
};

#endif
