/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/object_scan.h"

#include <gelf.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>

static Elf *open_memory(const void *object, size_t size)
{
	elf_version(EV_CURRENT);
	return elf_memory((char *)(uintptr_t)object, size);
}

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
	Elf *elf = open_memory(object, size);
	Elf_Scn *section = NULL;
	bool found = false;

	while (elf && !found && (section = elf_nextscn(elf, section))) {
		Elf_Data *data = elf_getdata(section, NULL);
		GElf_Shdr header;

		if (data && gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR)
			found = section_uses_helper(data, helper);
	}
	elf_end(elf);
	return found;
}

/* Its place in the file; NULL where it is not within the file. */
static const void *contents(const void *object, size_t size, const GElf_Shdr *header)
{
	if (header->sh_type != SHT_PROGBITS || header->sh_offset > size || header->sh_size > size - header->sh_offset)
		return NULL;
	return (const char *)object + header->sh_offset;
}

const void *object_section(const void *object, size_t size, const char *name, size_t *ret_size)
{
	Elf *elf = open_memory(object, size);
	Elf_Scn *section = NULL;
	const void *found = NULL;
	size_t names;

	if (elf && elf_getshdrstrndx(elf, &names) == 0)
		while (!found && (section = elf_nextscn(elf, section))) {
			GElf_Shdr header;
			const char *is = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;

			if (is && strcmp(is, name) == 0) {
				found = contents(object, size, &header);
				*ret_size = header.sh_size;
			}
		}
	elf_end(elf);
	return found;
}
