// SPDX-License-Identifier: GPL-2.0-only
/*
 * filelesslock: decides where a file that exists only in memory is executed, or mapped as executable.
 *
 * The kernel calls `bprm_check_security` for each file of an execution: a script, its interpreter, and a program.
 * `bprm_creds_from_file` follows for the program that will run. So the first decides about what is no ELF file, and the
 * second about the program. Both come before the old program is gone.
 */
#include <bpflock/policy.bpf.h>
#include <bpflock/string.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <linux/magic.h>

#include "filelesslock.h"

char LICENSE[] SEC("license") = "GPL";

/* Constants of the kernel that no header for BPF programs has. */
#define S_IFMT 00170000
#define S_IFREG 0100000
#define S_PRIVATE 0x200	       /* of inode.i_flags */
#define SB_KERNMOUNT (1 << 22) /* of super_block.s_flags */
#define PROT_EXEC 0x4
#define VM_EXEC 0x4

#define NO_KIND FILELESSLOCK_KINDS

/*
 * The files of memfd_create(2), also of huge pages, are on file systems that only the kernel has mounted. There are also
 * files of the kernel's own (S_PRIVATE): anonymous memory that processes share, and System V shared memory.
 */
static __always_inline __u32 kind_of(const struct file *file)
{
	const struct inode *inode = file->f_inode;
	const struct super_block *filesystem = inode->i_sb;

	if ((inode->i_mode & S_IFMT) != S_IFREG || inode->i_flags & S_PRIVATE)
		return NO_KIND;
	if (filesystem->s_flags & SB_KERNMOUNT)
		return FILELESSLOCK_MEMFD;
	if (!inode->i_nlink)
		return FILELESSLOCK_DELETED;
	switch (filesystem->s_magic) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case HUGETLBFS_MAGIC:
		return FILELESSLOCK_TMPFS;
	default:
		return NO_KIND;
	}
}

/*
 * The path, or the last name, where the path does not fit or the hook does not allow to call bpf_d_path(). All events
 * but FILELESSLOCK_PROTECT have the path. `event` is a constant.
 */
static __always_inline void copy_file(char *to, struct file *file, __u32 event)
{
	if (event == FILELESSLOCK_PROTECT || bpf_d_path(&file->f_path, to, FILELESSLOCK_FILE_LEN) < 0)
		bpflock_copy_kernel_string(to, FILELESSLOCK_FILE_LEN, (const char *)file->f_path.dentry->d_name.name);
}

/* `first` is the operation for the first kind. Files of tmpfs are not even counted unless an option or a list names them. */
static __always_inline int decide(struct file *file, __u32 first, __u32 event)
{
	__u32 kind = kind_of(file);
	struct filelesslock_decision *record;
	struct bpflock_outcome outcome;

	if (kind == NO_KIND || (bpflock_rule(first + kind) & BPFLOCK_RULE_MASK) == BPFLOCK_RULE_LEVEL)
		return 0;
	outcome = bpflock_judge(first + kind);
	record = bpflock_decision_begin(&outcome, event, sizeof(*record));
	if (record) {
		copy_file(record->file, file, event);
		bpflock_decision_submit(&outcome, record);
	}
	return outcome.retval;
}

static __always_inline bool is_elf(const struct linux_binprm *bprm)
{
	return bprm->buf[0] == 0x7f && bprm->buf[1] == 'E' && bprm->buf[2] == 'L' && bprm->buf[3] == 'F';
}

SEC("lsm/bprm_check_security")
int BPF_PROG(fl_script, struct linux_binprm *bprm, int ret)
{
	if (ret || is_elf(bprm))
		return ret;
	return decide(bprm->file, FILELESSLOCK_EXECUTE(0), FILELESSLOCK_SCRIPT);
}

/* `executable` is what an interpreter of binfmt_misc is given as an open file. */
SEC("lsm/bprm_creds_from_file")
int BPF_PROG(fl_exec, struct linux_binprm *bprm, const struct file *file, int ret)
{
	if (!ret && bprm->executable)
		ret = decide(bprm->executable, FILELESSLOCK_EXECUTE(0), FILELESSLOCK_EXEC);
	return ret ? ret : decide(bprm->file, FILELESSLOCK_EXECUTE(0), FILELESSLOCK_EXEC);
}

/* While the kernel maps the program that is being executed: that is decided already. Its dynamic linker is not. */
static __always_inline bool is_being_executed(const struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ_BITFIELD(task, in_execve) && task->mm->exe_file == file;
}

SEC("lsm/mmap_file")
int BPF_PROG(fl_map, struct file *file, unsigned long wanted, unsigned long protection, unsigned long flags, int ret)
{
	if (ret || !file || !(protection & PROT_EXEC) || is_being_executed(file))
		return ret;
	return decide(file, FILELESSLOCK_MAP_FILE(0), FILELESSLOCK_MAP);
}

/* What is executable already was decided when it became so. */
SEC("lsm/file_mprotect")
int BPF_PROG(fl_protect, struct vm_area_struct *area, unsigned long wanted, unsigned long protection, int ret)
{
	struct file *file = area->vm_file;

	if (ret || !file || !(protection & PROT_EXEC) || area->vm_flags & VM_EXEC)
		return ret;
	return decide(file, FILELESSLOCK_MAP_FILE(0), FILELESSLOCK_PROTECT);
}
