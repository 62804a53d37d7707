/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/plugin_file.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>

#include "plugin/descriptor.h"
#include "plugin/descriptor_copy.h"
#include "util/crash.h"
#include "util/memory.h"

#define ABI_MAJORS_TO_NAME 32

#ifdef __aarch64__
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_X86_64
#endif

static const char *machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86-64";
	case EM_AARCH64:
		return "arm64";
	case EM_386:
		return "x86 with 32 bits";
	default:
		return "another machine";
	}
}

static int read_header(const char *path, GElf_Ehdr *ret)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf;
	int error;

	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	error = elf && gelf_getehdr(elf, ret) ? 0 : -ENOEXEC;
	elf_end(elf);
	return error;
}

/* dlopen() says of a file for another machine that there is no such file. */
static int check_machine(const char *path, char **ret_reason)
{
	GElf_Ehdr header = { 0 };
	int error = read_header(path, &header);

	if (error == -ENOEXEC)
		return refuse(ret_reason, "it is no ELF file");
	if (error)
		return refuse(ret_reason, "it cannot be read: %s", strerror(-error));
	if (header.e_machine == EM_BPF)
		return refuse(ret_reason, "it is a BPF object: a plugin is the shared object that embeds it");
	if (header.e_machine != MACHINE)
		return refuse(ret_reason,
			      "it is built for %s (ELF machine %u), and this machine is %s: build it here, "
			      "or by a compiler for %s",
			      machine_name(header.e_machine), header.e_machine, machine_name(MACHINE),
			      machine_name(MACHINE));
	if (header.e_type != ET_DYN)
		return refuse(ret_reason, "it is no shared object: link it by -shared");
	return 0;
}

/* The plugin was built for another major when it exports that major's symbol. */
static char *missing_symbol_reason(void *handle, const char *path)
{
	for (unsigned int major = 0; major < ABI_MAJORS_TO_NAME; major++) {
		char symbol[sizeof(BPFLOCK_SYMBOL_PREFIX) + 8];

		snprintf(symbol, sizeof(symbol), BPFLOCK_SYMBOL_PREFIX "%u", major);
		if (dlsym(handle, symbol))
			return xasprintf("%s is built for plugin ABI %u, this daemon has %u: "
					 "build it against this version's headers",
					 path, major, BPFLOCK_ABI_MAJOR);
	}
	return xasprintf("%s has no symbol %s%u: it is not a bpflock plugin", path, BPFLOCK_SYMBOL_PREFIX,
			 BPFLOCK_ABI_MAJOR);
}

static int open_exported(const char *path, const struct bpflock_plugin **ret, char **ret_reason)
{
	char symbol[sizeof(BPFLOCK_SYMBOL_PREFIX) + 8];
	void *handle;

	/* Never closed: its callbacks, tables and strings stay in use. */
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!handle) {
		*ret_reason = xasprintf("it cannot be opened: %s", dlerror());
		return -ENOEXEC;
	}
	snprintf(symbol, sizeof(symbol), BPFLOCK_SYMBOL_PREFIX "%u", BPFLOCK_ABI_MAJOR);
	*ret = dlsym(handle, symbol);
	if (!*ret) {
		*ret_reason = missing_symbol_reason(handle, path);
		return -ENOEXEC;
	}
	return 0;
}

void plugin_file_open(const char *path, const struct plugin_names *reserved, struct plugin *plugin)
{
	const struct bpflock_plugin *exported;

	if (check_machine(path, &plugin->refusal) < 0)
		return;
	/* Constructors of the file run here, and reading its tables crashes where a pointer is wrong. */
	crash_enter(plugin->name, "open");
	if (open_exported(path, &exported, &plugin->refusal) == 0)
		(void)descriptor_accept(exported, reserved, plugin, &plugin->refusal);
	crash_leave();
}
