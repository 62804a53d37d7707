/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "cgroup/cgroup.h"
#include "config/entries.h"
#include "config/item.h"
#include "config/number.h"
#include "config/suggest.h"
#include "util/memory.h"
#include "util/table.h"

struct report_item *config_complain(const struct config_place *place, const char *format, ...)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct report_item *item;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	item = config_error(place->report, place->where, "[%s] %s: %s", place->section, place->key, text);
	if (place->plugin)
		report_plugin(item, place->section);
	return item;
}

static const struct {
	const char *name;
	bool value;
} bools[] = {
	{ "yes", true }, { "no", false },  { "true", true }, { "false", false },
	{ "on", true },	 { "off", false }, { "1", true },    { "0", false },
};

int config_parse_bool(const char *text, __u64 *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(bools); i++)
		if (strcasecmp(text, bools[i].name) == 0) {
			*ret = bools[i].value;
			return 0;
		}
	return -EINVAL;
}

static int parse_bool(const char *text, const struct config_place *place, __u64 *ret)
{
	CLEANUP(config_names_clear) struct config_names valid = { 0 };

	if (config_parse_bool(text, ret) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(bools); i++)
		config_names_add(&valid, bools[i].name);
	config_suggest(config_complain(place, "'%s' is neither yes nor no", text), &valid, text);
	return -EINVAL;
}

static int parse_choice(const struct bpflock_option *option, const char *text, const struct config_place *place,
			__u64 *ret)
{
	CLEANUP(config_names_clear) struct config_names valid = { 0 };

	for (__u32 i = 0; i < option->values.count; i++) {
		struct bpflock_value value;

		table_copy_row(&option->values, i, &value, sizeof(value));
		if (strcmp(text, value.name) == 0) {
			*ret = value.value;
			return 0;
		}
		config_names_add(&valid, value.name);
	}
	config_suggest(config_complain(place, "'%s' is none of the choices", text), &valid, text);
	return -EINVAL;
}

/* The largest number that fits in the member, so that a plugin need not repeat that in `max`. */
static __u64 largest(const struct bpflock_option *option)
{
	bool member = option->size > 0 && option->size < sizeof(__u64);
	__u64 fits = member ? (1ull << (option->size * 8)) - 1 : UINT64_MAX;

	return option->max && option->max < fits ? option->max : fits;
}

static int complain_range(const struct bpflock_option *option, const char *text, const struct config_place *place)
{
	CLEANUP(cleanup_free) char *min = config_number_format(option->type, option->min);
	CLEANUP(cleanup_free) char *max = config_number_format(option->type, largest(option));

	report_remedy(config_complain(place, "'%s' is out of range", text), "valid: %s to %s", min, max);
	return -EINVAL;
}

static int parse_number(const struct bpflock_option *option, const char *text, const struct config_place *place,
			__u64 *ret)
{
	int error = config_number_parse(option->type, text, ret);

	if (error == -EINVAL) {
		report_remedy(config_complain(place, "'%s' is not a valid number", text), "valid: %s",
			      config_number_syntax(option->type));
		return error;
	}
	if (error || *ret < option->min || *ret > largest(option))
		return complain_range(option, text, place);
	return 0;
}

static int parse_ports(const char *text, const struct config_place *place, __u64 *ret)
{
	if (config_parse_ports(text, ret) == 0)
		return 0;
	report_remedy(config_complain(place, "'%s' is neither a port nor a range of ports", text),
		      "valid: 443, or 1024-65535");
	return -EINVAL;
}

static int parse_user(const char *text, const struct config_place *place, __u64 *ret)
{
	if (config_parse_user(text, ret) == 0)
		return 0;
	report_remedy(config_complain(place, "'%s' is no user of this machine", text),
		      "valid: a uid, or a name that `getent passwd` prints");
	return -EINVAL;
}

static int parse_item(const struct bpflock_option *option, const char *text, const struct config_place *place,
		      __u64 *ret)
{
	switch (option->type) {
	case BPFLOCK_OPTION_BOOL:
		return parse_bool(text, place, ret);
	case BPFLOCK_OPTION_CHOICE:
		return parse_choice(option, text, place, ret);
	case BPFLOCK_OPTION_PORTS:
		return parse_ports(text, place, ret);
	case BPFLOCK_OPTION_USER:
		return parse_user(text, place, ret);
	default:
		return parse_number(option, text, place, ret);
	}
}

/* Is it a text of the option's type? */
static int check_text(const struct bpflock_option *option, const char *text, const struct config_place *place)
{
	struct bpflock_cidr cidr;

	switch (option->type) {
	case BPFLOCK_OPTION_CGROUP:
		if (cgroup_is_path(text))
			return 0;
		report_remedy(config_complain(place, "'%s' is not the path of a cgroup", text),
			      "valid: a path from the root of the hierarchy, such as /user.slice");
		return -EINVAL;
	case BPFLOCK_OPTION_CIDR:
		if (config_parse_cidr(text, &cidr) == 0)
			return 0;
		report_remedy(config_complain(place, "'%s' is neither a network nor an address", text),
			      "valid: 10.0.0.0/8, fd00::/8, 192.0.2.1; behind the prefix all bits are zero");
		return -EINVAL;
	case BPFLOCK_OPTION_PATH:
		if (*text == '/')
			return 0;
		report_remedy(config_complain(place, "'%s' is not an absolute path", text), "begin it with /");
		return -EINVAL;
	default:
		return 0;
	}
}

static int append_string(struct config_value *value, const char *text, const struct config_place *place)
{
	__u64 max = value->option->max;

	if (max == 0 || max > CONFIG_STRING_MAX)
		max = CONFIG_STRING_MAX;
	if (strlen(text) > max) {
		config_complain(place, "the text is longer than %llu bytes", max);
		return -EINVAL;
	}
	if (check_text(value->option, text, place) < 0)
		return -EINVAL;
	value->strings = xreallocarray(value->strings, value->count + 1, sizeof(*value->strings));
	value->strings[value->count++] = xstrdup(text);
	return 0;
}

static int append_number(struct config_value *value, const char *text, const struct config_place *place)
{
	__u64 number = 0;
	int error = parse_item(value->option, text, place, &number);

	if (error)
		return error;
	value->numbers = xreallocarray(value->numbers, value->count + 1, sizeof(*value->numbers));
	value->numbers[value->count++] = number;
	return 0;
}

/* config_enable() gives no place: then the place of the item is the origin of the value. */
static void append_place(struct config_value *value, const char *where)
{
	value->places = xreallocarray(value->places, value->count, sizeof(*value->places));
	value->places[value->count - 1] = xstrdup(where ? where : value->origin);
}

static int append_item(struct config_value *value, const char *text, const struct config_place *place)
{
	const char *separator = value->count ? ", " : "";
	CLEANUP(cleanup_free) char *before = NULL;
	int error;

	if (!*text) {
		config_complain(place, "there is an empty item in the list");
		return -EINVAL;
	}
	error = config_has_texts(value->option) ? append_string(value, text, place) : append_number(value, text, place);
	if (error)
		return error;
	append_place(value, place->where);
	before = value->text;
	value->text = xasprintf("%s%s%s", before, separator, text);
	return 0;
}

char *config_next_item(const char **next)
{
	const char *item = *next;
	size_t length;

	if (!item)
		return NULL;
	length = strcspn(item, ",");
	*next = item[length] ? item + length + 1 : NULL;
	return config_trim(item, length);
}

static int append_list(struct config_value *value, const char *text, const struct config_place *place)
{
	__u32 max = value->option->max_items;
	const char *next = text;
	int result = 0;
	char *item;

	if (!*text)
		return 0;
	while ((item = config_next_item(&next))) {
		int error = append_item(value, item, place);

		free(item);
		if (error)
			result = error;
	}
	if (max && value->count > max) {
		config_complain(place, "the list has %zu items, %u are allowed", value->count, max);
		return -EINVAL;
	}
	return result;
}

int config_value_append(struct config_value *value, const char *text, const struct config_place *place)
{
	if (value->option->flags & BPFLOCK_OPTION_LIST)
		return append_list(value, text, place);
	if (!*text && value->option->type == BPFLOCK_OPTION_STRING)
		return 0;
	if (!*text) {
		report_remedy(config_complain(place, "there is no value"), "leave the line out for the default");
		return -EINVAL;
	}
	return append_item(value, text, place);
}

void config_value_clear(struct config_value *value)
{
	bool strings = config_has_texts(value->option);

	for (size_t i = 0; i < value->count; i++) {
		free(value->places[i]);
		if (strings)
			free(value->strings[i]);
	}
	free(value->places);
	free(value->strings);
	free(value->numbers);
	free(value->text);
	free(value->origin);
	*value = (struct config_value){ .option = value->option };
}

void config_value_begin(struct config_value *value, const char *origin)
{
	config_value_clear(value);
	value->text = xstrdup("");
	value->origin = xstrdup(origin);
}
