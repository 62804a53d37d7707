/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The path of a file or directory, for programs that may not call bpf_d_path(): those of fentry, fexit and tp_btf. In
 * LSM programs bpf_d_path() is cheaper, and right also while directories are renamed: here the names are read one by
 * one. So never decide by this path.
 *
 * A mount cannot be reached by a typed pointer from what the kernel gives a program, so this reads by address. Where
 * the kernel's lockdown=confidentiality is in force it may not: then there is no path.
 */
#ifndef BPFLOCK_PATH_BPF_H
#define BPFLOCK_PATH_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpflock/event.h>

/* With its NUL: NAME_MAX of include/uapi/linux/limits.h. */
#define BPFLOCK_NAME_SIZE 256
_Static_assert(BPFLOCK_PATH_LEN == 2 * BPFLOCK_NAME_SIZE, "there is room for one more name behind the first half");

/* The steps from a file to the root of its mount namespace, of which each mount takes one more. */
#define BPFLOCK_PATH_DEPTH 40

/* Set by the daemon before load. */
const volatile __u8 bpflock_may_read_kernel = 0;

/**
 * struct bpflock_walk - from a file to the root
 * @mount:   that @dentry is seen through
 * @bytes:   of a BPFLOCK_PATH(BPFLOCK_PATH_LEN)
 * @length:  what has been written
 * @is_last: only the empty name of the root is missing
 */
struct bpflock_walk {
	struct mount *mount;
	struct dentry *dentry;
	char *bytes;
	__u32 length;
	__u32 is_last;
};

static __always_inline struct mount *bpflock_mount_of(struct vfsmount *mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* From the root of a mount to where it is mounted. */
static __always_inline void bpflock_leave_mount(struct bpflock_walk *walk, struct mount *mount)
{
	walk->mount = BPF_CORE_READ(mount, mnt_parent);
	walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	walk->is_last = walk->mount == mount;
}

/* A file of no directory, as of memfd_create(2), is its own parent. */
static __always_inline void bpflock_leave_directory(struct bpflock_walk *walk, struct dentry *dentry)
{
	walk->dentry = BPF_CORE_READ(dentry, d_parent);
	walk->is_last = walk->dentry == dentry;
}

/* Returns 1 at the end, as bpf_loop() wants it. */
static long bpflock_walk_step(__u32 index, struct bpflock_walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct mount *mount = walk->mount;
	__u32 length = walk->length;
	long copied;

	/* Behind the first half there is room for one name. */
	if (length >= BPFLOCK_NAME_SIZE)
		return 1;
	if (walk->is_last) {
		walk->bytes[length] = '\0';
		walk->length = length + 1;
		return 1;
	}
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		bpflock_leave_mount(walk, mount);
		return 0;
	}
	copied = bpf_probe_read_kernel_str(walk->bytes + length, BPFLOCK_NAME_SIZE, BPF_CORE_READ(dentry, d_name.name));
	if (copied <= 0)
		return 1;
	walk->length = length + (__u32)copied;
	bpflock_leave_directory(walk, dentry);
	return 0;
}

/*
 * Zero, which the verifier does not know. Before 6.6 it looks at one step of a bpf_loop() only: what it knows of the
 * stack before the first step, it believes of all steps, and removes the checks that it then finds superfluous.
 */
static __always_inline __u32 bpflock_unknown_zero(char *bytes)
{
	*(volatile __u32 *)bytes = 0;
	return *(volatile __u32 *)bytes;
}

/*
 * Writes the path from the root of the mount namespace to the bytes of a BPFLOCK_PATH(BPFLOCK_PATH_LEN). Returns the
 * length. One that has no empty name at its end was cut. Linux before 5.17 has no bpf_loop(); the verifier of 6.1 gives
 * up on a loop of so many steps that is written out.
 */
static __always_inline __u32 bpflock_copy_path(char *bytes, const struct path *path)
{
	struct bpflock_walk walk;

	if (!bpflock_may_read_kernel || !bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop))
		return 0;
	walk.bytes = bytes;
	walk.length = bpflock_unknown_zero(bytes);
	walk.is_last = bpflock_unknown_zero(bytes);
	walk.mount = bpflock_mount_of(BPF_CORE_READ(path, mnt));
	walk.dentry = BPF_CORE_READ(path, dentry);
	bpf_loop(BPFLOCK_PATH_DEPTH, bpflock_walk_step, &walk, 0);
	return walk.length;
}

/* As the kernel's d_unlinked(), but also of a file that never had a directory. */
static __always_inline bool bpflock_is_deleted(const struct path *path)
{
	return !path->dentry->d_hash.pprev;
}

#endif
