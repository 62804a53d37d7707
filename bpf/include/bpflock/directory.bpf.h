/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a file is below one of some directories, by identity and not by name. The directories are a list option of the
 * type BPFLOCK_OPTION_PATH.
 *
 *	BPFLOCK_FILES(16) directories SEC(".maps");
 *
 *	if (!bpflock_in_directories(&directories, file->f_path.dentry))
 *		return -EPERM;
 *
 * The walk stays in the file system of the file, and knows no mounts. So nobody makes a file one of /lib/modules by
 * mounting something there, and a bind mount of the directory is the directory. What another file system holds, which is
 * mounted below the directory, is not below it here: name its root as well.
 *
 * Allow by this, never deny by it. Of a file with several names (hard links) it sees the one that was opened. A file that
 * was opened by a handle (open_by_handle_at(2)) may have no known directory, and is then below none. The file system of
 * the directory must stay mounted: the kernel gives its number to the next one.
 *
 * Each step is read by itself: somebody who moves directories meanwhile, in and out of the one that is looked for, can
 * make the walk find what was below it at another moment. Not for sleepable programs: the kernel may free a directory
 * between two steps.
 */
#ifndef BPFLOCK_DIRECTORY_BPF_H
#define BPFLOCK_DIRECTORY_BPF_H

#include <bpflock/kernel.bpf.h>

#include <bpflock/set.bpf.h>

/* So many directories are looked at, the file itself included. The kernel allows more. */
#define BPFLOCK_DIRECTORY_DEPTH 32

/* Is it one of the directories, or below one? An entry that is about to be created (no inode) may be below one. */
static __always_inline bool bpflock_in_directories(void *directories, const struct dentry *dentry)
{
	for (int level = 0; level < BPFLOCK_DIRECTORY_DEPTH; level++) {
		const struct dentry *parent = dentry->d_parent;
		const struct inode *inode = dentry->d_inode;

		if (inode && bpflock_in_files(directories, inode))
			return true;
		if (dentry == parent)
			return false;
		dentry = parent;
	}
	return false;
}

#endif
