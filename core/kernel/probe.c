/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include "kernel/checks.h"
#include "util/memory.h"

/* A function of every kernel that nothing calls but a test of its own. */
#define HARMLESS_FUNCTION "bpf_fentry_test1"

/* The kernel's own number for "not supported", which no libc has a name for. */
#define KERNEL_ENOTSUPP 524

static char *read_line_at(int directory, const char *path)
{
	CLEANUP(cleanup_fclose) FILE *stream = NULL;
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	stream = fdopen(fd, "r");
	if (!stream || getline(&line, &size, stream) < 0)
		return NULL;
	return xstrndup(line, strcspn(line, "\n"));
}

/* A mount that is in no mount table: containers often have no securityfs, and we change nothing. */
static char *read_from_private_mount(const char *name)
{
	CLEANUP(cleanup_close) int context = fsopen("securityfs", FSOPEN_CLOEXEC);
	CLEANUP(cleanup_close) int mount = -1;

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return NULL;
	mount = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	return mount < 0 ? NULL : read_line_at(mount, name);
}

static char *read_securityfs(const char *name)
{
	CLEANUP(cleanup_free) char *path = xasprintf("/sys/kernel/security/%s", name);
	char *line = read_line_at(AT_FDCWD, path);

	return line ? line : read_from_private_mount(name);
}

/* The file has all modes, the current one in brackets: "none [integrity] confidentiality". */
const char *kernel_lockdown(void)
{
	static const char *const modes[] = { "integrity", "confidentiality" };
	CLEANUP(cleanup_free) char *all = read_securityfs("lockdown");

	for (size_t i = 0; all && i < ARRAY_SIZE(modes); i++) {
		CLEANUP(cleanup_free) char *current = xasprintf("[%s]", modes[i]);

		if (strstr(all, current))
			return modes[i];
	}
	return NULL;
}

void kernel_probe(struct kernel *ret)
{
	*ret = (struct kernel){
		.btf = btf__load_vmlinux_btf(),
		.lsms = read_securityfs("lsm"),
		.lockdown = kernel_lockdown(),
	};
}

/* Loads `return 0` for a function, attaches it and takes it away again. */
static int try_trampoline(const struct kernel *kernel)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	CLEANUP(cleanup_close) int program = -1;
	CLEANUP(cleanup_close) int link = -1;
	int function = kernel_target_id(kernel, "fentry/" HARMLESS_FUNCTION);

	if (function < 0)
		return function;
	opts.attach_btf_id = (__u32)function;
	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", insns, ARRAY_SIZE(insns), &opts);
	if (program < 0)
		return program;
	link = bpf_link_create(program, 0, BPF_TRACE_FENTRY, NULL);
	return link < 0 ? link : 0;
}

/* Any other failure proves nothing: the attachments themselves will tell. */
void kernel_probe_trampolines(struct kernel *kernel, struct report *report)
{
	struct report_item *item;

	kernel->no_trampolines = try_trampoline(kernel) == -KERNEL_ENOTSUPP;
	if (!kernel->no_trampolines)
		return;
	item = report_add(report, REPORT_WARNING, "kernel_limit", NULL,
			  "this kernel attaches no BPF program to its functions: no lsm, fentry or fexit");
	report_remedy(item, "%s", NO_TRAMPOLINES_REMEDY);
}

void kernel_free_btf(struct kernel *kernel)
{
	btf__free(kernel->btf);
	kernel->btf = NULL;
}

void kernel_release(struct kernel *kernel)
{
	kernel_free_targets(kernel);
	kernel_free_btf(kernel);
	free(kernel->lsms);
	*kernel = (struct kernel){ 0 };
}
