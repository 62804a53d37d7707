/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "loader/item_bytes.h"
#include "loader/loader.h"
#include "util/memory.h"

/* The maps of global variables: of those that are const, and of those that are zero at first. */
#define RODATA ".rodata"
#define BSS ".bss"

/**
 * struct variable - the place of a variable of the object
 * @bytes:   in the initial contents of the map
 * @size:    size of the whole variable
 * @element: size of one element, or of the variable where it is not an array
 */
struct variable {
	char *bytes;
	size_t size;
	size_t element;
};

static size_t element_size(const struct btf *btf, __u32 type_id, size_t size)
{
	const struct btf_type *type;
	int id = btf__resolve_type(btf, type_id);

	if (id < 0)
		return size;
	type = btf__type_by_id(btf, (__u32)id);
	if (!btf_is_array(type) || btf_array(type)->nelems == 0)
		return size;
	return size / btf_array(type)->nelems;
}

static const struct btf_var_secinfo *find_in_section(const struct btf *btf, const struct btf_type *section,
						     const char *name)
{
	for (__u16 i = 0; i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *place = &btf_var_secinfos(section)[i];
		const struct btf_type *variable = btf__type_by_id(btf, place->type);

		if (btf_is_var(variable) && strcmp(btf__name_by_offset(btf, variable->name_off), name) == 0)
			return place;
	}
	return NULL;
}

static int find_variable(const struct bpf_object *object, const char *map_name, const char *name, struct variable *ret)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map = bpf_object__find_map_by_name(object, map_name);
	__s32 id = btf ? btf__find_by_name_kind(btf, map_name, BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_var_secinfo *place;
	size_t size;
	char *bytes;

	if (!map || id < 0)
		return -ENOENT;
	bytes = map_contents(map, &size);
	place = find_in_section(btf, btf__type_by_id(btf, (__u32)id), name);
	if (!bytes || !place)
		return -ENOENT;
	/* In BTF `const volatile` applies to the elements of an array, so the variable's type is the array itself. */
	*ret = (struct variable){
		.bytes = bytes + place->offset,
		.size = place->size,
		.element = element_size(btf, btf__type_by_id(btf, place->type)->type, place->size),
	};
	return 0;
}

int variable_set_number(struct bpf_object *object, const char *name, __u64 number)
{
	struct variable variable;
	int error = find_variable(object, RODATA, name, &variable);

	if (error)
		return error;
	if (variable.size < sizeof(number) && number >> (variable.size * 8))
		return -E2BIG;
	memcpy(variable.bytes, &number, variable.size);
	return 0;
}

/*
 * By the memory of the map: what map_contents() returns is libbpf's copy, and to write the whole element would undo
 * what programs write at the same time.
 */
int variable_store_number(const struct bpf_object *object, const char *name, size_t number)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, BSS);
	struct variable variable;
	size_t size, offset;
	char *memory;

	if (!map || find_variable(object, BSS, name, &variable) < 0 || variable.size != sizeof(__u32))
		return 0;
	offset = (size_t)(variable.bytes - (char *)map_contents(map, &size));
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED)
		return -errno;
	__atomic_store_n((__u32 *)(void *)(memory + offset), (__u32)number, __ATOMIC_RELEASE);
	munmap(memory, size);
	return 0;
}

/* A scalar string fills the whole char array, not one element of it. */
static size_t item_size_in(const struct variable *variable, const struct bpflock_option *option)
{
	return option->flags & BPFLOCK_OPTION_LIST ? variable->element : variable->size;
}

size_t variable_item_size(const struct bpf_object *object, const struct bpflock_option *option)
{
	struct variable variable;
	int error = find_variable(object, RODATA, option->variable, &variable);

	return error ? 0 : item_size_in(&variable, option);
}

static int put_item(const struct variable *variable, const struct config_value *value, size_t item, char **ret_reason)
{
	int error = item_bytes(value, item, variable->bytes + item * variable->element, variable->element);

	if (error)
		*ret_reason = item_misfit(value, item, variable->element);
	return error;
}

int variable_set(struct bpf_object *object, const struct config_value *value, char **ret_reason)
{
	bool is_list = value->option->flags & BPFLOCK_OPTION_LIST;
	CLEANUP(cleanup_free) char *count = NULL;
	struct variable variable;
	int error = find_variable(object, RODATA, value->option->variable, &variable);

	assert(!error); /* object_check() has found it */
	variable.element = item_size_in(&variable, value->option);
	error = item_check_count(value, variable.size / variable.element, ret_reason);
	for (size_t i = 0; !error && i < value->count; i++)
		error = put_item(&variable, value, i, ret_reason);
	if (!is_list)
		return error;
	count = xasprintf("%s_count", value->option->variable);
	return error ? error : variable_set_number(object, count, value->count);
}

static bool is_volatile(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	while (btf_is_array(type) || btf_is_mod(type) || btf_is_typedef(type)) {
		if (btf_is_volatile(type))
			return true;
		type = btf__type_by_id(btf, btf_is_array(type) ? btf_array(type)->type : type->type);
	}
	return false;
}

enum variable_kind variable_kind(const struct bpf_object *object, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);

	for (__u32 id = 1; btf && id < btf__type_cnt(btf); id++) {
		const struct btf_type *section = btf__type_by_id(btf, id);
		const struct btf_var_secinfo *place =
			btf_is_datasec(section) ? find_in_section(btf, section, name) : NULL;

		if (!place)
			continue;
		if (strcmp(btf__name_by_offset(btf, section->name_off), RODATA) != 0)
			return VARIABLE_WRITABLE;
		return is_volatile(btf, btf__type_by_id(btf, place->type)->type) ? VARIABLE_CONSTANT : VARIABLE_FOLDED;
	}
	return VARIABLE_MISSING;
}
