/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/object_scan.h"

#include <gelf.h>
#include <linux/bpf.h>

static bool section_uses_helper(const Elf_Data *data, __s32 helper)
{
	const struct bpf_insn *insns = data->d_buf;

	for (size_t i = 0; i < data->d_size / sizeof(*insns); i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == 0 && insns[i].imm == helper)
			return true;
	return false;
}

bool object_uses_helper(const void *object, size_t size, __s32 helper)
{
	Elf_Scn *section = NULL;
	bool found = false;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)(uintptr_t)object, size);
	while (elf && !found && (section = elf_nextscn(elf, section))) {
		Elf_Data *data = elf_getdata(section, NULL);
		GElf_Shdr header;

		if (data && gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR)
			found = section_uses_helper(data, helper);
	}
	elf_end(elf);
	return found;
}
