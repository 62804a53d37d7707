// SPDX-License-Identifier: GPL-2.0-only
/*
 * kimglock: decides wherever the kernel calls the LSM hook `locked_down`, and about the paths of usermode helpers.
 *
 * `locked_down` passes a number of the kernel's enum lockdown_reason, which is the operation. The daemon has built
 * the policy with the numbers of the running kernel, which it reads from BTF by name.
 */
#include <bpflock/policy.bpf.h>
#include <bpflock/string.bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <linux/magic.h>

#include "kimglock.h"

char LICENSE[] SEC("license") = "GPL";

/* Only the names matter: CO-RE replaces the values by those of the running kernel. */
enum lockdown_reason {
	LOCKDOWN_MODULE_SIGNATURE,
	LOCKDOWN_KEXEC,
};
enum kernel_read_file_id {
	READING_MODULE,
	READING_KEXEC_IMAGE,
	READING_MODULE_COMPRESSED, /* newest kernels; older ones read compressed modules as READING_MODULE */
};
enum kernel_load_data_id {
	LOADING_MODULE,
	LOADING_KEXEC_IMAGE,
};

#define MODULE_SIGNATURE (__u32) bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_MODULE_SIGNATURE)
#define KEXEC (__u32) bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KEXEC)

/*
 * The module or kernel that a task has read last. The kernel asks about it later in the same system call, by
 * `locked_down`, which gets no file.
 */
struct image {
	__u64 operation; /* that the kernel will ask for; 0: the file is not known */
	char file[KIMGLOCK_FILE_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct image);
} images SEC(".maps");

static __always_inline struct image *find_image(__u64 flags)
{
	return bpf_task_storage_get(&images, bpf_get_current_task_btf(), NULL, flags);
}

/* A path that does not fit stays unknown. */
static __always_inline void keep_file(__u64 operation, struct file *file)
{
	struct image *image = find_image(BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!image)
		return;
	image->operation = bpf_d_path(&file->f_path, image->file, sizeof(image->file)) > 0 ? operation : 0;
}

static __always_inline void keep_memory(__u64 operation)
{
	struct image *image = find_image(BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!image)
		return;
	image->operation = operation;
	__builtin_memcpy(image->file, "(memory)", sizeof("(memory)"));
}

static __always_inline int decide_about_image(__u32 operation)
{
	struct bpflock_outcome outcome = bpflock_judge(operation);
	struct image *image = outcome.recorded ? find_image(0) : NULL;
	struct kimglock_locked_down *record;

	if (!image || image->operation != operation)
		return bpflock_record_outcome(&outcome, KIMGLOCK_LOCKED_DOWN);
	record = bpflock_decision_begin(&outcome, KIMGLOCK_LOCKED_DOWN, sizeof(*record));
	if (record) {
		__builtin_memcpy(record->file, image->file, sizeof(record->file));
		bpflock_decision_submit(&outcome, record);
	}
	return outcome.retval;
}

SEC("lsm/locked_down")
int BPF_PROG(kl_locked_down, unsigned int what, int ret)
{
	if (ret)
		return ret;
	if (what != MODULE_SIGNATURE && what != KEXEC)
		return bpflock_decide(what, KIMGLOCK_LOCKED_DOWN);
	return decide_about_image(what);
}

/*
 * Module autoload: modprobe will run in the initial namespaces. So only this hook sees that a contained task causes
 * the load. It does not know yet whether the module is signed.
 */
SEC("lsm/kernel_module_request")
int BPF_PROG(kl_autoload, char *name, int ret)
{
	struct kimglock_locked_down *record;
	struct bpflock_outcome outcome;

	if (ret)
		return ret;
	outcome = bpflock_judge_requester(MODULE_SIGNATURE);
	record = bpflock_decision_begin(&outcome, KIMGLOCK_LOCKED_DOWN, offsetof(struct kimglock_locked_down, file));
	if (record) {
		bpflock_copy_kernel_string(record->module, sizeof(record->module), name);
		bpflock_decision_submit(&outcome, record);
	}
	return outcome.retval;
}

static __always_inline bool is_module(unsigned int id)
{
	if (id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE))
		return true;
	return bpf_core_enum_value_exists(enum kernel_read_file_id, READING_MODULE_COMPRESSED) &&
	       id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE_COMPRESSED);
}

/*
 * For kexec_file_load() only kernels that check signatures of images call `locked_down`. All kernels call this hook.
 * About modules it decides nothing.
 */
SEC("lsm/kernel_read_file")
int BPF_PROG(kl_read_file, struct file *file, unsigned int id, bool contents, int ret)
{
	if (ret)
		return ret;
	if (is_module(id))
		keep_file(MODULE_SIGNATURE, file);
	if (id != bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_IMAGE))
		return 0;
	keep_file(KEXEC, file);
	return decide_about_image(KEXEC);
}

/* The same for kexec_load(). */
SEC("lsm/kernel_load_data")
int BPF_PROG(kl_load_data, unsigned int id, bool contents, int ret)
{
	if (ret)
		return ret;
	if (id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE))
		keep_memory(MODULE_SIGNATURE);
	if (id != bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_IMAGE))
		return 0;
	keep_memory(KEXEC);
	return decide_about_image(KEXEC);
}

/*
 * ---- Usermode helpers: programs that the kernel runs as root in the initial namespaces
 */

/* Of file.f_mode. No header for BPF programs has it. */
#define FMODE_WRITE 0x2

/* Room for the longest text that is looked for. Longer texts are cut, and then match nothing. */
#define TEXT_SIZE 24

/*
 * The name alone is not enough: in procfs users can choose some names (/proc/net/xt_recent). One bpf_snprintf() copies
 * both names, because this runs for every file that is opened for writing in these file systems.
 */
static __always_inline void copy_directory_and_name(char to[TEXT_SIZE], const struct dentry *dentry)
{
	static const char format[] = "%s/%s";
	__u64 names[] = { (__u64)dentry->d_parent->d_name.name, (__u64)dentry->d_name.name };

	bpf_snprintf(to, TEXT_SIZE, format, names, sizeof(names));
}

/*
 * Files of /proc/sys/kernel, of /sys/kernel, and of the root of a cgroup v1 hierarchy. A file that was opened by a
 * handle may only have the name of a root ("/"). It may be a release_agent, so it counts as well.
 */
static __always_inline bool is_known(const struct dentry *dentry)
{
	char path[TEXT_SIZE] __attribute__((aligned(8))) = {};

	copy_directory_and_name(path, dentry);
	return bpflock_string_is(path, "kernel/core_pattern") || bpflock_string_is(path, "kernel/modprobe") ||
	       bpflock_string_is(path, "kernel/hotplug") || bpflock_string_is(path, "kernel/poweroff_cmd") ||
	       bpflock_string_is(path, "kernel/uevent_helper") || bpflock_string_is(path, "//release_agent") ||
	       bpflock_string_is(path, "///");
}

/*
 * Every mount of procfs has the same settings, and a bind mount keeps the names. In binfmt_misc every writable file
 * counts: it registers interpreters, or switches them on and off.
 */
static __always_inline bool is_helper_path(const struct file *file)
{
	switch (file->f_inode->i_sb->s_magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
		return is_known(file->f_path.dentry);
	case BINFMTFS_MAGIC:
		return true;
	default:
		return false;
	}
}

SEC("lsm/file_open")
int BPF_PROG(kl_helper_path, struct file *file, int ret)
{
	if (ret || !(file->f_mode & FMODE_WRITE) || !is_helper_path(file))
		return ret;
	return bpflock_decide(KIMGLOCK_USERMODE_HELPER, KIMGLOCK_FILE_OPEN);
}

/*
 * A release agent that is given by mount(2), fsconfig(2) or a remount. After 0 the kernel continues with its default
 * bpf_lsm_fs_context_parse_param(), which returns that no LSM has consumed the option.
 */
SEC("lsm/fs_context_parse_param")
int BPF_PROG(kl_helper_agent, void *context, struct fs_parameter *parameter, int ret)
{
	char key[TEXT_SIZE] __attribute__((aligned(8))) = {};

	if (ret)
		return ret;
	bpflock_copy_kernel_string(key, sizeof(key), parameter->key);
	if (!bpflock_string_is(key, "release_agent"))
		return 0;
	return bpflock_decide(KIMGLOCK_USERMODE_HELPER, KIMGLOCK_FS_PARAMETER);
}
