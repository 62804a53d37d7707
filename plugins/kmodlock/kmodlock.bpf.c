// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmodlock: decides who may load and unload kernel modules, and cause the kernel to load them.
 *
 * finit_module(2) gives the kernel a file, init_module(2) a buffer. Where `only_from` names directories, what is in
 * none of them is another operation, and so is a file in one of them that `allow_modules` lists.
 */
#include <bpflock/directory.bpf.h>
#include <bpflock/policy.bpf.h>
#include <bpflock/set.bpf.h>
#include <bpflock/string.bpf.h>
#include <bpflock/syscall.bpf.h>

#include <asm/unistd.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "kmodlock.h"

char LICENSE[] SEC("license") = "GPL";

BPFLOCK_FILES(KMODLOCK_DIRECTORIES_MAX) only_from SEC(".maps");
BPFLOCK_SET(KMODLOCK_MODULES_MAX, char[KMODLOCK_MODULE_LEN]) allow_modules SEC(".maps");
__u32 only_from_count;

/* Only the names matter: CO-RE replaces the values by those of the running kernel. */
enum kernel_read_file_id {
	READING_MODULE,
	READING_MODULE_COMPRESSED, /* newest kernels; older ones read compressed modules as READING_MODULE */
};
enum kernel_load_data_id {
	LOADING_MODULE,
};

/* Of linux/capability.h */
#define CAP_SYS_MODULE 16

/* Of 32-bit callers of x86 (arch/x86/entry/syscalls/syscall_32.tbl) and of arm (arch/arm/tools/syscall.tbl). */
#define DELETE_MODULE_32BIT (129 | BPFLOCK_SYSCALL_32BIT)

/* Of asm/unistd.h: on x86 the ABI with 32-bit pointers has the same numbers. */
#if defined(__TARGET_ARCH_x86)
#define X32_SYSCALL_BIT 0x40000000u
#else
#define X32_SYSCALL_BIT 0u
#endif

static __always_inline bool is_module(unsigned int id)
{
	if (id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE))
		return true;
	return bpf_core_enum_value_exists(enum kernel_read_file_id, READING_MODULE_COMPRESSED) &&
	       id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE_COMPRESSED);
}

/*
 * The name of the module as lsmod prints it: that of the file without .ko and what is behind it, with _ for -. A name
 * that does not fit is cut, and then is in no list.
 */
static __always_inline void copy_module_name(char *to, const struct dentry *dentry)
{
	bool ended = false;

	bpflock_copy_kernel_string(to, KMODLOCK_MODULE_LEN, (const char *)dentry->d_name.name);
	for (int i = 0; i < KMODLOCK_MODULE_LEN - 2; i++) {
		ended = ended || (to[i] == '.' && to[i + 1] == 'k' && to[i + 2] == 'o');
		ended = ended || !to[i];
		if (ended)
			to[i] = '\0';
		else if (to[i] == '-')
			to[i] = '_';
	}
	if (ended)
		to[KMODLOCK_MODULE_LEN - 2] = to[KMODLOCK_MODULE_LEN - 1] = '\0';
}

static __always_inline __u32 operation_of(const struct dentry *dentry)
{
	char name[KMODLOCK_MODULE_LEN] = {};

	if (!only_from_count)
		return KMODLOCK_LOAD;
	if (!bpflock_in_directories(&only_from, dentry))
		return KMODLOCK_LOAD_ELSEWHERE;
	copy_module_name(name, dentry);
	return bpflock_in_set(&allow_modules, name) ? KMODLOCK_LOAD_LISTED : KMODLOCK_LOAD;
}

SEC("lsm/kernel_read_file")
int BPF_PROG(km_load_file, struct file *file, unsigned int id, bool contents, int ret)
{
	struct bpflock_outcome outcome;
	struct kmodlock_file *record;

	if (ret || !is_module(id))
		return ret;
	outcome = bpflock_judge(operation_of(file->f_path.dentry));
	record = bpflock_decision_begin(&outcome, KMODLOCK_READ_FILE, sizeof(*record));
	if (record) {
		if (bpf_d_path(&file->f_path, record->file, sizeof(record->file)) < 0)
			bpflock_copy_kernel_string(record->file, sizeof(record->file),
						   (const char *)file->f_path.dentry->d_name.name);
		bpflock_decision_submit(&outcome, record);
	}
	return outcome.retval;
}

/* Nobody knows where a buffer comes from. */
SEC("lsm/kernel_load_data")
int BPF_PROG(km_load_memory, unsigned int id, bool contents, int ret)
{
	struct bpflock_outcome outcome;
	struct kmodlock_file *record;

	if (ret || id != bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE))
		return ret;
	outcome = bpflock_judge(only_from_count ? KMODLOCK_LOAD_ELSEWHERE : KMODLOCK_LOAD);
	record = bpflock_decision_begin(&outcome, KMODLOCK_LOAD_DATA, sizeof(*record));
	if (record) {
		__builtin_memcpy(record->file, "(memory)", sizeof("(memory)"));
		bpflock_decision_submit(&outcome, record);
	}
	return outcome.retval;
}

/* modprobe will run in the initial namespaces, on behalf of whoever is asking here. */
SEC("lsm/kernel_module_request")
int BPF_PROG(km_autoload, char *name, int ret)
{
	struct kmodlock_module *record;
	struct bpflock_outcome outcome;

	if (ret)
		return ret;
	outcome = bpflock_judge_requester(KMODLOCK_AUTOLOAD);
	record = bpflock_decision_begin(&outcome, KMODLOCK_REQUEST, sizeof(*record));
	if (record) {
		bpflock_copy_kernel_string(record->module, sizeof(record->module), name);
		bpflock_decision_submit(&outcome, record);
	}
	return outcome.retval;
}

static __always_inline bool is_delete_module(__u32 number)
{
	return (number & ~X32_SYSCALL_BIT) == __NR_delete_module || number == DELETE_MODULE_32BIT;
}

/* No hook is about unloading. delete_module(2) asks for the capability first, and names the module only later. */
SEC("lsm/capable")
int BPF_PROG(km_unload, const void *cred, const void *user_namespace, int capability, unsigned int options, int ret)
{
	if (ret || capability != CAP_SYS_MODULE || !is_delete_module(bpflock_syscall_number()))
		return ret;
	return bpflock_decide(KMODLOCK_UNLOAD, KMODLOCK_CAPABLE);
}
