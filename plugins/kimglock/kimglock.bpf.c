// SPDX-License-Identifier: GPL-2.0-only
/*
 * kimglock: decides wherever the kernel asks whether it is locked down, and about the paths of usermode helpers.
 *
 * `locked_down` passes a number of the kernel's enum lockdown_reason, which is the operation: the daemon
 * has built the policy by the running kernel's own numbers, read from its BTF by name.
 */
#include <bpflock/policy.bpf.h>
#include <bpflock/string.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <linux/magic.h>

#include "kimglock.h"

char LICENSE[] SEC("license") = "GPL";

/* Only the names count: CO-RE puts the running kernel's numbers in their places. */
enum lockdown_reason {
	LOCKDOWN_MODULE_SIGNATURE,
	LOCKDOWN_KEXEC,
};
enum kernel_read_file_id {
	READING_KEXEC_IMAGE,
};
enum kernel_load_data_id {
	LOADING_KEXEC_IMAGE,
};

SEC("lsm/locked_down")
int BPF_PROG(locked_down, int what, int ret)
{
	return ret ? ret : bpflock_decide(what, KIMGLOCK_LOCKED_DOWN);
}

/*
 * Module autoload: modprobe will run in the initial namespaces on behalf of this task, so this is the
 * only place where a contained task is seen to ask. Whether the module is signed is not known yet.
 */
SEC("lsm/kernel_module_request")
int BPF_PROG(module_request, char *name, int ret)
{
	__u32 operation = bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_MODULE_SIGNATURE);

	return ret ? ret : bpflock_decide_requester(operation, KIMGLOCK_LOCKED_DOWN);
}

/*
 * kexec_file_load() asks `locked_down` only in kernels that check signatures of images. It always comes
 * by here; in the other kernels nothing else asks.
 */
SEC("lsm/kernel_read_file")
int BPF_PROG(read_file, struct file *file, unsigned int id, bool contents, int ret)
{
	if (ret || id != bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_IMAGE))
		return ret;
	return bpflock_decide(bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KEXEC),
			      KIMGLOCK_LOCKED_DOWN);
}

/* The same for kexec_load(). */
SEC("lsm/kernel_load_data")
int BPF_PROG(load_data, unsigned int id, bool contents, int ret)
{
	if (ret || id != bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_IMAGE))
		return ret;
	return bpflock_decide(bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KEXEC),
			      KIMGLOCK_LOCKED_DOWN);
}

/*
 * ---- Usermode helpers: programs that the kernel runs as root in the initial namespaces
 */

/* Of file.f_mode; in no header for programs. */
#define FMODE_WRITE 0x2

/* A name that is shorter than this, with zeros behind it: two words, so that a comparison has no loop. */
union name {
	char text[16];
	__u64 words[2];
};

static __always_inline bool is_text(const char *string, const union name *known)
{
	union name name = {};

	bpflock_copy_kernel_string(name.text, sizeof(name.text), string);
	return name.words[0] == known->words[0] && name.words[1] == known->words[1];
}

/* Its length first: that saves nearly all other files the copy. */
static __always_inline bool is_named(const struct dentry *dentry, const union name *known, __u32 length)
{
	return dentry->d_name.len == length && is_text((const char *)dentry->d_name.name, known);
}

#define IS_NAMED(dentry, string)                                                                   \
	({                                                                                         \
		static const union name known = { string };                                        \
		is_named(dentry, &known, sizeof(string) - 1);                                      \
	})

/*
 * In /proc/sys/kernel, whichever the mount. The directory counts: elsewhere in procfs a file may have a name that
 * somebody has chosen (/proc/net/xt_recent).
 */
static __always_inline bool is_sysctl(const struct dentry *dentry)
{
	return (IS_NAMED(dentry, "core_pattern") || IS_NAMED(dentry, "modprobe") ||
		IS_NAMED(dentry, "hotplug") || IS_NAMED(dentry, "poweroff_cmd")) &&
	       IS_NAMED(dentry->d_parent, "kernel");
}

/* In /sys/kernel. */
static __always_inline bool is_uevent_helper(const struct dentry *dentry)
{
	return IS_NAMED(dentry, "uevent_helper") && IS_NAMED(dentry->d_parent, "kernel");
}

/* Every file of binfmt_misc that can be written registers interpreters, or switches them on and off. */
static __always_inline bool is_helper_path(const struct file *file)
{
	const struct dentry *dentry = file->f_path.dentry;

	switch (file->f_inode->i_sb->s_magic) {
	case PROC_SUPER_MAGIC:
		return is_sysctl(dentry);
	case SYSFS_MAGIC:
		return is_uevent_helper(dentry);
	case CGROUP_SUPER_MAGIC:
		return IS_NAMED(dentry, "release_agent");
	case BINFMTFS_MAGIC:
		return true;
	default:
		return false;
	}
}

SEC("lsm/file_open")
int BPF_PROG(open_helper_path, struct file *file, int ret)
{
	if (ret || !(file->f_mode & FMODE_WRITE) || !is_helper_path(file))
		return ret;
	return bpflock_decide(KIMGLOCK_USERMODE_HELPER, KIMGLOCK_FILE_OPEN);
}

/*
 * The release agent of a hierarchy of cgroup v1, by mount(2), fsconfig(2) or a remount. 0 goes on to the kernel's
 * own bpf_lsm_fs_context_parse_param(), which says that no LSM has taken the option.
 */
SEC("lsm/fs_context_parse_param")
int BPF_PROG(set_release_agent, void *context, struct fs_parameter *parameter, int ret)
{
	static const union name release_agent = { "release_agent" };

	if (ret || !is_text(parameter->key, &release_agent))
		return ret;
	return bpflock_decide(KIMGLOCK_USERMODE_HELPER, KIMGLOCK_FS_PARAMETER);
}
