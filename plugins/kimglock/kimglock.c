// SPDX-License-Identifier: Apache-2.0
/*
 * kimglock: kernel image lockdown. It decides who may change the running kernel or read its memory, wherever the
 * kernel calls `locked_down`: unsigned modules, /dev/mem, kexec and more. It also decides who may write the paths of
 * programs that the kernel runs.
 *
 *	[kimglock]
 *	enabled = yes
 *	profile = baseline
 *	block   = unsigned_module, @tracing
 *	allow   = hibernation
 */
#include "kimglock.h"

#include <bpflock/plugin.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include <unistd.h>

#define LEVEL_INTEGRITY 0
#define LEVEL_CONFIDENTIALITY 1

struct kimglock_config {
	__u32 level;
};

static const struct bpflock_value levels[] = {
	{ "integrity", LEVEL_INTEGRITY, "the profile governs what could change the kernel" },
	{ "confidentiality", LEVEL_CONFIDENTIALITY, "the profile also governs what could read its secrets" },
};

static const struct bpflock_option options[] = {
	{
		.name = "level",
		.summary = "what the profile governs; `block` and `allow` do not depend on it",
		.initial = "integrity",
		.type = BPFLOCK_OPTION_CHOICE,
		.values = BPFLOCK_TABLE(levels),
		BPFLOCK_MEMBER(struct kimglock_config, level),
	},
};

/* Each is a key, so that no file hides behind another one that was asked about in the same second. */
#define DETAIL(member, about)                                                                             \
	BPFLOCK_FIELD_WITH(BPFLOCK_FIELD_KEY | BPFLOCK_FIELD_DETAIL, struct kimglock_locked_down, member, \
			   BPFLOCK_FIELD_STR, about)

static const struct bpflock_field locked_down_fields[] = {
	DETAIL(module, "module that the kernel is to load by itself"),
	DETAIL(file, "file of the module or kernel, or (memory)"),
};

static const struct bpflock_event_type events[] = {
	{
		.type = KIMGLOCK_LOCKED_DOWN,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_locked_down",
		.summary = "the kernel asked whether it is locked down for an operation",
		.fields = BPFLOCK_TABLE(locked_down_fields),
	},
	{
		.type = KIMGLOCK_FILE_OPEN,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_file_open",
		.summary = "a file was opened for writing that holds the path of a usermode helper",
	},
	{
		.type = KIMGLOCK_FS_PARAMETER,
		.flags = BPFLOCK_EVENT_DECISION,
		.name = "lsm_fs_context_parse_param",
		.summary = "a mount option was given that is the path of a usermode helper",
	},
};

#define OPERATION(option, reason, words, where, about)                                                  \
	{                                                                                               \
		.name = (option), .enumerator = "LOCKDOWN_" reason, .text = (words), .groups = (where), \
		.summary = (about)                                                                      \
	}

/* Older kernels have another enumerator. The daemon needs the operation: libbpf probes features by such programs. */
#define BPF_READ(reason)                                                                                       \
	{                                                                                                      \
		.name = "bpf_read", .enumerator = "LOCKDOWN_" reason, .text = "use of bpf to read kernel RAM", \
		.groups = "bpf", .summary = "load a BPF program that calls bpf_probe_read_kernel",             \
		.flags = BPFLOCK_OPERATION_DAEMON                                                              \
	}

/* The texts are those of the kernel: lockdown_reasons[] in security/security.c. */
static const struct bpflock_operation operations[] = {
	{ .enumerator = "LOCKDOWN_NONE", .flags = BPFLOCK_OPERATION_IGNORED },
	OPERATION("unsigned_module", "MODULE_SIGNATURE", "unsigned module loading", "modules",
		  "load a module without a valid signature"),
	OPERATION("dev_mem", "DEV_MEM", "/dev/mem,kmem,port", "memory", "open /dev/mem or /dev/port"),
	OPERATION("efi_test", "EFI_TEST", "/dev/efi_test access", "hardware", "open /dev/efi_test"),
	OPERATION("kexec", "KEXEC", "kexec of unsigned images", "power", "load another kernel by kexec"),
	OPERATION("hibernation", "HIBERNATION", "hibernation", "power", "hibernate, or read /sys/power/state"),
	OPERATION("pci_access", "PCI_ACCESS", "direct PCI access", "hardware",
		  "write PCI configuration space, map PCI resources"),
	OPERATION("ioport", "IOPORT", "raw io port access", "hardware", "ioperm() and iopl()"),
	OPERATION("msr", "MSR", "raw MSR access", "hardware", "write model specific registers; reading is not covered"),
	OPERATION("acpi_tables", "ACPI_TABLES", "modifying ACPI tables", "hardware", "replace ACPI tables and methods"),
	OPERATION("device_tree", "DEVICE_TREE", "modifying device tree contents", "hardware", "change the device tree"),
	OPERATION("pcmcia_cis", "PCMCIA_CIS", "direct PCMCIA CIS storage", "hardware",
		  "write the CIS of a PCMCIA card"),
	OPERATION("tiocsserial", "TIOCSSERIAL", "reconfiguration of serial port IO", "hardware",
		  "change io port or interrupt of a serial port"),
	OPERATION("unsafe_module_parameters", "MODULE_PARAMETERS", "unsafe module parameters", "modules",
		  "give hardware parameters (module_param_hw) to a module"),
	OPERATION("mmiotrace", "MMIOTRACE", "unsafe mmio", "tracing", "the testmmiotrace module"),
	OPERATION("debugfs", "DEBUGFS", "debugfs access", "tracing", "open files of debugfs that are not read-only"),
	OPERATION("xmon_wr", "XMON_WR", "xmon write access", "xmon_rw", "write by the xmon debugger (PowerPC)"),
	OPERATION("bpf_write", "BPF_WRITE_USER", "use of bpf to write user RAM", "bpf",
		  "load a BPF program that calls bpf_probe_write_user"),
	OPERATION("dbg_write_kernel", "DBG_WRITE_KERNEL", "use of kgdb/kdb to write kernel RAM", NULL,
		  "write kernel memory by kgdb"),
	OPERATION("rtas_error_injection", "RTAS_ERROR_INJECTION", "RTAS error injection", NULL,
		  "inject errors by RTAS (PowerPC)"),
	OPERATION("xen_user_actions", "XEN_USER_ACTIONS", "Xen guest user action", NULL,
		  "hypercalls from user space (Xen)"),
	{
		.enumerator = "LOCKDOWN_INTEGRITY_MAX",
		.flags = BPFLOCK_OPERATION_BOUNDARY,
		.groups = "integrity",
	},
	OPERATION("kcore", "KCORE", "/proc/kcore access", "memory", "open /proc/kcore"),
	OPERATION("kprobes", "KPROBES", "use of kprobes", "tracing bpf",
		  "create kprobes; BPF kprobe.multi is not covered"),
	BPF_READ("BPF_READ_KERNEL"),
	BPF_READ("BPF_READ"),
	OPERATION("dbg_read_kernel", "DBG_READ_KERNEL", "use of kgdb/kdb to read kernel RAM", NULL,
		  "read kernel memory by kgdb"),
	OPERATION("perf", "PERF", "unsafe use of perf", "tracing bpf", "sample registers of the kernel by perf"),
	OPERATION("tracefs", "TRACEFS", "use of tracefs", "tracing", "open files of tracefs"),
	OPERATION("xmon_rw", "XMON_RW", "xmon read and write access", NULL,
		  "read and write by the xmon debugger (PowerPC)"),
	OPERATION("xfrm_secret", "XFRM_SECRET", "xfrm SA secret", NULL, "read the keys of IPsec associations"),
	{
		.enumerator = "LOCKDOWN_CONFIDENTIALITY_MAX",
		.flags = BPFLOCK_OPERATION_BOUNDARY,
		.groups = "confidentiality",
	},
	/* KIMGLOCK_USERMODE_HELPER */
	{
		.name = "usermode_helper",
		.text = "path of a usermode helper",
		.groups = "integrity helpers",
		.flags = BPFLOCK_OPERATION_DAEMON,
		.summary = "write the path of a program that the kernel runs",
	},
};

static const struct bpflock_program programs[] = {
	{ .name = "kl_locked_down",
	  .operations = "@integrity @confidentiality",
	  .self_test = BPFLOCK_SELF_TEST_BPF_READ },
	{ .name = "kl_autoload", .operations = "unsigned_module" },
	{ .name = "kl_read_file", .operations = "kexec" },
	{ .name = "kl_load_data", .operations = "kexec" },
	{ .name = "kl_helper_path", .operations = "usermode_helper" },
	{ .name = "kl_helper_agent", .operations = "usermode_helper" },
};

static int apply_level(const struct bpflock_host *host, const void *config)
{
	const struct kimglock_config *kimglock = config;

	if (kimglock->level == LEVEL_CONFIDENTIALITY)
		return 0;
	return host->exempt_group(host, "confidentiality");
}

/*
 * Asks for a usermode helper in both ways, and writes none. A container may refuse either before the program runs, so
 * no program of the table is required to. Nothing harmless makes the kernel load a module or an image.
 */
static int ask_for_helper(const struct bpflock_host *host, const void *config)
{
	int file = open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);
	int context = fsopen("tmpfs", FSOPEN_CLOEXEC); /* it has no such parameter */

	(void)host;
	(void)config;
	if (file >= 0)
		close(file);
	if (context >= 0) {
		(void)fsconfig(context, FSCONFIG_SET_STRING, "release_agent", "/", 0);
		close(context);
	}
	return 0;
}

BPFLOCK_PLUGIN(kimglock,
	.version = "1.0",
	.summary = "Kernel image lockdown: who may touch the running kernel",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.config_size = sizeof(struct kimglock_config),
	.options = BPFLOCK_TABLE(options),
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.programs = BPFLOCK_TABLE(programs),
	.operation_enum = "lockdown_reason",
	.operation_prefix = "LOCKDOWN_",
	.policy = apply_level,
	.self_test = ask_for_helper);
