/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "loader/loader.h"
#include "util/memory.h"

#define SECTION ".rodata"

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

/* In BTF `const volatile` applies to the elements of an array, so the variable's type is the array itself. */
static int find_in_section(const struct btf *btf, const struct btf_type *section, const char *name, char *bytes,
			   struct variable *ret)
{
	for (__u16 i = 0; i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *place = &btf_var_secinfos(section)[i];
		const struct btf_type *variable = btf__type_by_id(btf, place->type);

		if (strcmp(btf__name_by_offset(btf, variable->name_off), name) != 0)
			continue;
		*ret = (struct variable){
			.bytes = bytes + place->offset,
			.size = place->size,
			.element = element_size(btf, variable->type, place->size),
		};
		return 0;
	}
	return -ENOENT;
}

static int find_variable(struct bpf_object *object, const char *name, struct variable *ret)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map = bpf_object__find_map_by_name(object, SECTION);
	__s32 id = btf ? btf__find_by_name_kind(btf, SECTION, BTF_KIND_DATASEC) : -ENOENT;
	size_t size;
	char *bytes;

	if (!map || id < 0)
		return -ENOENT;
	bytes = map_contents(map, &size);
	if (!bytes)
		return -ENOENT;
	return find_in_section(btf, btf__type_by_id(btf, (__u32)id), name, bytes, ret);
}

static int put_number(void *to, size_t size, __u64 number)
{
	if (size > sizeof(number) || (size < sizeof(number) && number >> (size * 8)))
		return -E2BIG;
	memcpy(to, &number, size); /* the BPF objects are built for little-endian machines only */
	return 0;
}

static int put_string(char *to, size_t size, const char *text)
{
	if (strlen(text) >= size)
		return -E2BIG;
	strncpy(to, text, size); /* it also fills the rest with NUL */
	return 0;
}

static int put_item(const struct variable *variable, const struct config_value *value, size_t item)
{
	char *to = variable->bytes + item * variable->element;

	if ((item + 1) * variable->element > variable->size)
		return -E2BIG;
	if (value->option->type == BPFLOCK_OPTION_STRING)
		return put_string(to, variable->element, value->strings[item]);
	return put_number(to, variable->element, value->numbers[item]);
}

int variable_set_number(struct bpf_object *object, const char *name, __u64 number)
{
	struct variable variable;
	int error = find_variable(object, name, &variable);

	return error ? error : put_number(variable.bytes, variable.size, number);
}

static int put_items(struct bpf_object *object, const char *name, const struct config_value *value)
{
	struct variable variable;
	int error = find_variable(object, name, &variable);

	if (error)
		return error;
	/* a scalar string fills the whole char array, not one element of it */
	if (!(value->option->flags & BPFLOCK_OPTION_LIST))
		variable.element = variable.size;
	for (size_t i = 0; !error && i < value->count; i++)
		error = put_item(&variable, value, i);
	return error;
}

/* The ids of cgroups come into their map when it is there: see instance_watch_options(). */
static int check_map(const struct bpf_object *object, const char *name, const struct config_value *value)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	if (!map)
		return -ENOENT;
	if (bpf_map__type(map) != BPF_MAP_TYPE_HASH || bpf_map__key_size(map) != sizeof(__u64) ||
	    bpf_map__value_size(map) != sizeof(__u8))
		return -EINVAL;
	return value->count > bpf_map__max_entries(map) ? -E2BIG : 0;
}

int variable_set(struct bpf_object *object, const char *name, const struct config_value *value)
{
	CLEANUP(cleanup_free) char *count_name = xasprintf("%s_count", name);
	bool names_map = value->option->type == BPFLOCK_OPTION_CGROUP;
	int error = names_map ? check_map(object, name, value) : put_items(object, name, value);

	if (!error && value->option->flags & BPFLOCK_OPTION_LIST)
		error = variable_set_number(object, count_name, value->count);
	return error;
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

static const struct btf_type *find_variable_type(const struct btf *btf, const struct btf_type *section,
						 const char *name)
{
	for (__u16 i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *variable = btf__type_by_id(btf, btf_var_secinfos(section)[i].type);

		if (btf_is_var(variable) && strcmp(btf__name_by_offset(btf, variable->name_off), name) == 0)
			return variable;
	}
	return NULL;
}

enum variable_kind variable_kind(const struct bpf_object *object, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);

	for (__u32 id = 1; btf && id < btf__type_cnt(btf); id++) {
		const struct btf_type *section = btf__type_by_id(btf, id);
		const struct btf_type *variable =
			btf_is_datasec(section) ? find_variable_type(btf, section, name) : NULL;

		if (!variable)
			continue;
		if (strcmp(btf__name_by_offset(btf, section->name_off), SECTION) != 0)
			return VARIABLE_WRITABLE;
		return is_volatile(btf, variable->type) ? VARIABLE_CONSTANT : VARIABLE_FOLDED;
	}
	return VARIABLE_MISSING;
}
