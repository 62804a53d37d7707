/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/option_map.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/item_bytes.h"
#include "loader/loader.h"
#include "util/memory.h"

/**
 * struct keys - keys of a hash or an LPM trie
 * @size: of one, in bytes
 */
struct keys {
	char *bytes;
	size_t size;
	size_t count;
};

static void cleanup_keys(struct keys *keys)
{
	free(keys->bytes);
}

static bool is_array(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY;
}

/* Of the array that is the only element. */
static size_t array_length(const struct bpf_object *object, const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_type *type = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));

	return type && btf_is_array(type) ? btf_array(type)->nelems : 0;
}

/* Room for the old and the new list. Cgroups come and go one by one. */
static size_t capacity_of(const struct bpf_object *object, const struct bpf_map *map,
			  const struct bpflock_option *option)
{
	size_t entries = bpf_map__max_entries(map);

	if (is_array(map))
		return array_length(object, map);
	return option->type == BPFLOCK_OPTION_CGROUP ? entries : entries / 2;
}

/* Bytes of an item; 0 where the only element is no array. */
static size_t width_of(const struct bpf_object *object, const struct bpf_map *map)
{
	size_t length;

	if (!is_array(map))
		return bpf_map__key_size(map);
	length = array_length(object, map);
	return length ? bpf_map__value_size(map) / length : 0;
}

static enum bpf_map_type type_for(const struct bpflock_option *option, const struct bpf_map *map)
{
	switch (option->type) {
	case BPFLOCK_OPTION_CIDR:
		return BPF_MAP_TYPE_LPM_TRIE;
	case BPFLOCK_OPTION_PORTS:
		return BPF_MAP_TYPE_ARRAY;
	case BPFLOCK_OPTION_STRING:
	case BPFLOCK_OPTION_CGROUP:
	case BPFLOCK_OPTION_PATH:
		return BPF_MAP_TYPE_HASH;
	default:
		return is_array(map) ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_HASH;
	}
}

/* A list has one element, which is an array. A set has its items as keys. */
static bool has_shape(const struct bpf_object *object, const struct bpf_map *map)
{
	if (is_array(map))
		return bpf_map__max_entries(map) == 1 && array_length(object, map) > 0;
	return bpf_map__value_size(map) == 1;
}

static bool is_map_for(const struct bpf_object *object, const struct bpf_map *map, const struct bpflock_option *option)
{
	return bpf_map__type(map) == type_for(option, map) && has_shape(object, map) &&
	       item_has_size(option, width_of(object, map));
}

static const char *declaration_for(const struct bpflock_option *option)
{
	switch (option->type) {
	case BPFLOCK_OPTION_CGROUP:
		return "BPFLOCK_CGROUPS(MAX)";
	case BPFLOCK_OPTION_CIDR:
		return "BPFLOCK_CIDRS(MAX)";
	case BPFLOCK_OPTION_PORTS:
		return "BPFLOCK_PORTS(MAX)";
	case BPFLOCK_OPTION_PATH:
		return "BPFLOCK_FILES(MAX)";
	case BPFLOCK_OPTION_STRING:
		return "BPFLOCK_SET(MAX, char[SIZE])";
	default:
		return "BPFLOCK_SET(MAX, __u32)";
	}
}

/* `size` is that of an item. Files need not exist. */
static int check_items(const struct config_value *value, size_t size, char **ret_reason)
{
	CLEANUP(cleanup_free) char *bytes = xcalloc(1, size);

	for (size_t i = 0; i < value->count; i++) {
		if (value->option->type == BPFLOCK_OPTION_CGROUP || value->option->type == BPFLOCK_OPTION_PATH ||
		    item_bytes(value, i, bytes, size) == 0)
			continue;
		*ret_reason = item_misfit(value, i, size);
		return -E2BIG;
	}
	return 0;
}

const char *option_map_needed(const struct bpf_object *object, const struct bpflock_option *option)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, option->map);

	return map && is_map_for(object, map, option) ? NULL : declaration_for(option);
}

int option_map_check(const struct bpf_object *object, const struct config_value *value, char **ret_reason)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, value->option->map);
	int error = item_check_count(value, capacity_of(object, map, value->option), ret_reason);

	return error ? error : check_items(value, width_of(object, map), ret_reason);
}

static void add_key(struct keys *keys, const void *key)
{
	keys->bytes = xreallocarray(keys->bytes, keys->count + 1, keys->size);
	memcpy(keys->bytes + keys->count++ * keys->size, key, keys->size);
}

static const void *key_at(const struct keys *keys, size_t index)
{
	return keys->bytes + index * keys->size;
}

static bool has_key(const struct keys *keys, const void *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp(key_at(keys, i), key, keys->size) == 0)
			return true;
	return false;
}

/* An LPM trie finds a longer prefix where a shorter one is in it, so the keys are listed. */
static void list_keys(int map, struct keys *keys)
{
	CLEANUP(cleanup_free) char *key = xcalloc(1, keys->size);
	const void *last = NULL;

	while (bpf_map_get_next_key(map, last, key) == 0) {
		add_key(keys, key);
		last = key;
	}
}

static int list_items(const struct config_value *value, struct keys *keys)
{
	CLEANUP(cleanup_free) char *key = xcalloc(1, keys->size);

	for (size_t i = 0; i < value->count; i++) {
		int error = item_bytes(value, i, key, keys->size);

		if (!error && !has_key(keys, key))
			add_key(keys, key);
		if (error && error != -ENOENT && error != -ENOTDIR)
			return error;
	}
	return 0;
}

static int fill_keys(const struct bpf_map *map, const struct config_value *value, size_t *changed)
{
	CLEANUP(cleanup_keys) struct keys wanted = { .size = bpf_map__key_size(map) };
	CLEANUP(cleanup_keys) struct keys present = { .size = bpf_map__key_size(map) };
	const __u8 member = 1;
	int fd = bpf_map__fd(map);
	int error = list_items(value, &wanted);

	list_keys(fd, &present);
	for (size_t i = 0; !error && i < wanted.count; i++) {
		if (has_key(&present, key_at(&wanted, i)))
			continue;
		error = bpf_map_update_elem(fd, key_at(&wanted, i), &member, BPF_ANY);
		++*changed;
	}
	for (size_t i = 0; !error && i < present.count; i++) {
		if (has_key(&wanted, key_at(&present, i)))
			continue;
		error = bpf_map_delete_elem(fd, key_at(&present, i));
		++*changed;
	}
	return error;
}

static int fill_array(const struct bpf_object *object, const struct bpf_map *map, const struct config_value *value,
		      size_t *changed)
{
	size_t size = bpf_map__value_size(map), width = width_of(object, map);
	CLEANUP(cleanup_free) char *wanted = xcalloc(1, size);
	CLEANUP(cleanup_free) char *present = xcalloc(1, size);
	int fd = bpf_map__fd(map), error = 0;
	const __u32 only = 0;

	for (size_t i = 0; !error && i < value->count; i++)
		error = item_bytes(value, i, wanted + i * width, width);
	if (error || (bpf_map_lookup_elem(fd, &only, present) == 0 && memcmp(wanted, present, size) == 0))
		return error;
	for (size_t i = 0; i < array_length(object, map); i++)
		*changed += memcmp(wanted + i * width, present + i * width, width) != 0;
	return bpf_map_update_elem(fd, &only, wanted, BPF_ANY);
}

int option_map_fill(const struct bpf_object *object, const struct config_value *value, size_t *ret_changed)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, value->option->map);

	*ret_changed = 0;
	return is_array(map) ? fill_array(object, map, value, ret_changed) : fill_keys(map, value, ret_changed);
}
