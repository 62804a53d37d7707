/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "policy/policy.h"
#include "util/memory.h"
#include "util/words.h"

static struct operation *add_operation(struct operations *operations, const char *name, int index)
{
	struct operation *operation;

	operations->items = xreallocarray(operations->items, operations->count + 1, sizeof(*operations->items));
	operation = &operations->items[operations->count++];
	*operation = (struct operation){ .name = xstrdup(name), .aliases = xstrdup(""), .index = index };
	return operation;
}

static void add_row(struct operations *operations, const struct bpflock_operation *row, int index)
{
	struct operation *operation = add_operation(operations, row->name, index);

	operation->text = xstrdup(row->text ? row->text : row->name);
	operation->summary = xstrdup(row->summary);
	operation->groups = xstrdup(row->groups ? row->groups : "");
	operation->flags = row->flags;
	operation->denial = (__u8)row->denial;
	operation->baseline = row->baseline;
}

/* Other rows only describe an enumerator that is no operation. */
static bool is_operation(const struct bpflock_operation *row)
{
	return !(row->flags & (BPFLOCK_OPERATION_IGNORED | BPFLOCK_OPERATION_BOUNDARY));
}

/* The name of an operation whose enumerator this version does not know. */
static char *name_of(const struct bpflock_plugin *descriptor, const char *enumerator)
{
	size_t prefix = strlen(descriptor->operation_prefix);
	char *name;

	if (strncmp(enumerator, descriptor->operation_prefix, prefix) == 0)
		enumerator += prefix;
	name = xstrdup(enumerator);
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return name;
}

static void add_unknown(struct operations *operations, const char *name, int index)
{
	struct operation *operation = add_operation(operations, name, index);

	operation->text = xstrdup(operation->name);
	operation->summary = xstrdup("of the running kernel; not known to this version");
	operation->groups = xstrdup("");
}

static const struct bpflock_operation *find_row(const struct bpflock_plugin *descriptor, const char *enumerator)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;

	for (__u32 i = 0; i < descriptor->operations.count; i++)
		if (rows[i].enumerator && strcmp(rows[i].enumerator, enumerator) == 0)
			return &rows[i];
	return NULL;
}

/* Rows without an enumerator: operations that the kernel does not number. */
static int count_own_rows(const struct bpflock_plugin *descriptor)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;
	int count = 0;

	for (__u32 i = 0; i < descriptor->operations.count; i++)
		count += !rows[i].enumerator;
	return count;
}

static void add_own_rows(struct operations *operations, const struct bpflock_plugin *descriptor)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;
	int count = 0;

	for (__u32 i = 0; i < descriptor->operations.count; i++)
		if (!rows[i].enumerator)
			add_row(operations, &rows[i], BPFLOCK_OPERATION_OWN(count++));
}

/* Adds the groups that the operation is not in yet. */
static void add_groups(struct operation *operation, const char *groups)
{
	CLEANUP(cleanup_free) char *words = xstrdup(groups);
	char *rest = words;
	char *group;

	while ((group = strsep(&rest, " ")))
		if (*group && !words_have(operation->groups, ' ', group))
			xappend(&operation->groups, " ", "%s", group);
}

/* An enumeration of the running kernel: @type in @btf. */
struct enumeration {
	const struct btf *btf;
	const struct btf_type *type;
};

static bool find_enumeration(const struct btf *btf, const char *name, struct enumeration *ret)
{
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);

	*ret = (struct enumeration){ .btf = btf, .type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL };
	return ret->type;
}

static struct operation *find_index(const struct operations *operations, int index)
{
	for (size_t i = 0; i < operations->count; i++)
		if (operations->items[i].index == index)
			return &operations->items[i];
	return NULL;
}

/*
 * Enumerators with the same number are one operation with several names, as BPF_PROG_TEST_RUN and BPF_PROG_RUN. It is
 * in the groups of all of them. Everything else is that of the first one.
 */
static void add_alias(struct operation *operation, const char *name, const struct bpflock_operation *row)
{
	if (!operation_is_named(operation, name))
		xappend(&operation->aliases, " ", "%s", name);
	if (row && row->groups)
		add_groups(operation, row->groups);
}

static void add_enumerator(struct operations *operations, const struct bpflock_plugin *descriptor,
			   const char *enumerator, int value)
{
	const struct bpflock_operation *row = find_row(descriptor, enumerator);
	CLEANUP(cleanup_free) char *name = row ? xstrdup(row->name) : name_of(descriptor, enumerator);
	struct operation *same = find_index(operations, value);

	if (same)
		add_alias(same, name, row);
	else if (row)
		add_row(operations, row, value);
	else
		add_unknown(operations, name, value);
}

/* The enumerators of the running kernel, with the value of each: those that have a row, or those that have none. */
static int add_enumerators(struct operations *operations, const struct bpflock_plugin *descriptor,
			   const struct enumeration *enumeration, bool known)
{
	const int end = BPFLOCK_OPERATIONS_MAX - count_own_rows(descriptor);

	for (__u16 i = 0; i < btf_vlen(enumeration->type); i++) {
		const struct btf_enum *value = &btf_enum(enumeration->type)[i];
		const char *enumerator = btf__name_by_offset(enumeration->btf, value->name_off);
		const struct bpflock_operation *row = find_row(descriptor, enumerator);

		if (known != (row != NULL) || (row && !is_operation(row)))
			continue;
		if (value->val < 0 || value->val >= end)
			return -E2BIG;
		add_enumerator(operations, descriptor, enumerator, value->val);
	}
	return 0;
}

static int enumerator_value(const struct enumeration *enumeration, const char *enumerator)
{
	const struct btf_enum *values = btf_enum(enumeration->type);

	for (__u16 i = 0; i < btf_vlen(enumeration->type); i++)
		if (strcmp(btf__name_by_offset(enumeration->btf, values[i].name_off), enumerator) == 0)
			return values[i].val;
	return -1;
}

/* The next smaller boundary, after which the group of this one begins; -1 without one. */
static int boundary_before(const struct bpflock_plugin *descriptor, const struct enumeration *enumeration, int value)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;
	int before = -1;

	for (__u32 i = 0; i < descriptor->operations.count; i++) {
		int other;

		if (!(rows[i].flags & BPFLOCK_OPERATION_BOUNDARY))
			continue;
		other = enumerator_value(enumeration, rows[i].enumerator);
		if (other < value && other > before)
			before = other;
	}
	return before;
}

static void add_boundary_groups(struct operations *operations, const struct bpflock_plugin *descriptor,
				const struct enumeration *enumeration)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;

	for (__u32 i = 0; i < descriptor->operations.count; i++) {
		int end, begin;

		if (!(rows[i].flags & BPFLOCK_OPERATION_BOUNDARY))
			continue;
		end = enumerator_value(enumeration, rows[i].enumerator);
		begin = boundary_before(descriptor, enumeration, end);
		for (size_t j = 0; j < operations->count; j++)
			if (operations->items[j].index > begin && operations->items[j].index < end)
				add_groups(&operations->items[j], rows[i].groups);
	}
}

static const struct operation *find_operation(const struct operations *operations, const char *name)
{
	for (size_t i = 0; i < operations->count; i++)
		if (operation_is_named(&operations->items[i], name))
			return &operations->items[i];
	return NULL;
}

/* The next boundary after a row of the table. The table has the order of some kernel's enumeration. */
static const struct bpflock_operation *boundary_behind(const struct bpflock_plugin *descriptor, __u32 place)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;

	for (__u32 i = place; i < descriptor->operations.count; i++)
		if (rows[i].flags & BPFLOCK_OPERATION_BOUNDARY)
			return &rows[i];
	return NULL;
}

/* Rows whose enumerator this kernel lacks: one configuration file is used with many kernels. */
static void add_absent_rows(struct operations *operations, const struct bpflock_plugin *descriptor)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;

	for (__u32 i = 0; i < descriptor->operations.count; i++) {
		const struct bpflock_operation *boundary = boundary_behind(descriptor, i);

		if (!is_operation(&rows[i]) || find_operation(operations, rows[i].name))
			continue;
		add_row(operations, &rows[i], -1);
		if (boundary)
			add_groups(&operations->items[operations->count - 1], boundary->groups);
	}
}

static bool have_common_word(const char *words, const char *others)
{
	CLEANUP(cleanup_free) char *copy = xstrdup(words);
	char *rest = copy;
	char *word;

	while ((word = strsep(&rest, " ")))
		if (words_have(others, ' ', word))
			return true;
	return false;
}

/* What names an operation in its groups by one of several names is covered by all of them. */
static void add_names_of_covers(struct operations *operations, const struct operation *cover)
{
	CLEANUP(cleanup_free) char *names = xasprintf("%s %s", cover->name, cover->aliases);

	for (size_t i = 0; i < operations->count; i++)
		if (have_common_word(operations->items[i].groups, names))
			add_groups(&operations->items[i], names);
}

static void add_table(struct operations *operations, const struct bpflock_plugin *descriptor)
{
	const struct bpflock_operation *rows = descriptor->operations.rows;

	for (__u32 i = 0; i < descriptor->operations.count; i++)
		add_row(operations, &rows[i], (int)i);
}

int operations_build(const struct bpflock_plugin *descriptor, const struct btf *btf, struct operations *ret)
{
	struct enumeration enumeration;
	int error = 0;

	*ret = (struct operations){ 0 };
	if (!descriptor->operation_enum) {
		add_table(ret, descriptor);
		return 0;
	}
	if (btf) {
		if (!find_enumeration(btf, descriptor->operation_enum, &enumeration))
			return -ENOENT;
		/* Known ones first, so that what is known of an operation with several names counts. */
		error = add_enumerators(ret, descriptor, &enumeration, true);
		if (!error)
			error = add_enumerators(ret, descriptor, &enumeration, false);
		if (!error)
			add_boundary_groups(ret, descriptor, &enumeration);
	}
	add_own_rows(ret, descriptor);
	add_absent_rows(ret, descriptor);
	for (size_t i = 0; i < ret->count; i++)
		if (*ret->items[i].aliases)
			add_names_of_covers(ret, &ret->items[i]);
	return error;
}

void operations_free(struct operations *operations)
{
	for (size_t i = 0; i < operations->count; i++) {
		free(operations->items[i].name);
		free(operations->items[i].aliases);
		free(operations->items[i].text);
		free(operations->items[i].summary);
		free(operations->items[i].groups);
	}
	free(operations->items);
	*operations = (struct operations){ 0 };
}

bool operation_is_named(const struct operation *operation, const char *name)
{
	return strcmp(operation->name, name) == 0 || words_have(operation->aliases, ' ', name);
}

const struct operation *operations_at(const struct operations *operations, __u32 index)
{
	return find_index(operations, (int)index);
}

void operation_unknown_text(__u32 index, char ret[OPERATION_TEXT_SIZE])
{
	snprintf(ret, OPERATION_TEXT_SIZE, "unknown(%u)", index);
}

bool operation_is_in(const struct operation *operation, const char *group)
{
	return strcmp(group, "all") == 0 || words_have(operation->groups, ' ', group);
}

/* Is this the first operation that is in the group? */
static bool is_met_first(const struct operations *operations, size_t place, const char *group)
{
	for (size_t i = 0; i < place; i++)
		if (operation_is_in(&operations->items[i], group))
			return false;
	return true;
}

static void visit_groups_of(const struct operations *operations, size_t place,
			    void (*visit)(void *context, const char *group), void *context)
{
	CLEANUP(cleanup_free) char *groups = xstrdup(operations->items[place].groups);
	char *rest = groups;
	char *group;

	while ((group = strsep(&rest, " ")))
		if (*group && !find_operation(operations, group) && is_met_first(operations, place, group))
			visit(context, group);
}

void operations_each_group(const struct operations *operations, void (*visit)(void *context, const char *group),
			   void *context)
{
	visit(context, "all");
	for (size_t i = 0; i < operations->count; i++)
		visit_groups_of(operations, i, visit, context);
}

struct group_search {
	const char *name;
	bool found;
};

static void compare_group(void *context, const char *group)
{
	struct group_search *search = context;

	if (strcmp(group, search->name) == 0)
		search->found = true;
}

bool operations_have_group(const struct operations *operations, const char *group)
{
	struct group_search search = { .name = group };

	operations_each_group(operations, compare_group, &search);
	return search.found;
}

int exemptions_add(struct exemptions *exemptions, const char *group)
{
	const struct operations *operations = exemptions->operations;
	bool found = false;

	for (size_t i = 0; i < operations->count; i++) {
		if (!operation_is_in(&operations->items[i], group))
			continue;
		if (operations->items[i].index >= 0)
			exemptions->exempt[operations->items[i].index] = true;
		found = true;
	}
	return found ? 0 : -ENOENT;
}
