/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/repeats.h"

#include <string.h>

#include "util/memory.h"

/* The same in all but what a process may choose itself: its name, and the key fields. */
static bool is_alike(const struct repeat *repeat, const struct bus_source *source,
		     const struct bpflock_decision *decision)
{
	const struct bpflock_decision *last = repeat->last;

	return repeat->source == source && last->operation == decision->operation &&
	       last->event.type == decision->event.type && last->rule == decision->rule &&
	       last->grant == decision->grant && last->verdict == decision->verdict &&
	       last->event.cgroupid == decision->event.cgroupid;
}

/* The bytes of a field that mean something: see BPFLOCK_CUT, BPFLOCK_STRV() and BPFLOCK_PATH(). */
static size_t used_size(const struct bpflock_field *field, const char *bytes, size_t size)
{
	__u32 length;

	if (field->type == BPFLOCK_FIELD_STR)
		return strnlen(bytes, size);
	if (field->type != BPFLOCK_FIELD_STRV && field->type != BPFLOCK_FIELD_PATH)
		return field->size;
	memcpy(&length, bytes, sizeof(length));
	length &= ~BPFLOCK_STRV_CUT;
	return length < field->size - sizeof(length) ? sizeof(length) + length : field->size;
}

/* Records may be too short for a field. */
static bool is_same_in(const struct bpflock_field *field, const struct repeat *repeat,
		       const struct bpflock_decision *decision, size_t size)
{
	const char *last = (const char *)repeat->last + field->offset, *bytes = (const char *)decision + field->offset;
	size_t had = field_size(field, repeat->size), has = field_size(field, size), used;

	if (!had || !has)
		return had == has;
	used = used_size(field, last, had);
	return used == used_size(field, bytes, has) && memcmp(last, bytes, used) == 0;
}

static bool has_comm(const struct repeat *repeat, const struct bpflock_decision *decision)
{
	return memcmp(repeat->last->event.comm, decision->event.comm, sizeof(decision->event.comm)) == 0;
}

/* Of the plugin's own fields. */
static bool has_bytes(const struct repeat *repeat, const struct bpflock_decision *decision)
{
	size_t size = repeat->size - sizeof(*decision);

	return !size || memcmp(repeat->last + 1, decision + 1, size) == 0;
}

static bool has_name(const struct repeat *repeat, const struct bpflock_event_type *type,
		     const struct bpflock_decision *decision, size_t size)
{
	const struct bpflock_field *fields = type->fields.rows;

	if (!has_comm(repeat, decision))
		return false;
	if (size == repeat->size && has_bytes(repeat, decision))
		return true;
	for (__u32 i = 0; i < type->fields.count; i++)
		if (fields[i].flags & BPFLOCK_FIELD_KEY && !is_same_in(&fields[i], repeat, decision, size))
			return false;
	return true;
}

/*
 * The window of a decision: that of its name, or the one that further names share. NULL: it has none yet. *ret_names is
 * the number of names that have a window of their own.
 */
static struct repeat *find(struct repeats *repeats, const struct bus_source *source,
			   const struct bpflock_event_type *type, const struct bpflock_decision *decision, size_t size,
			   size_t *ret_names)
{
	struct repeat *shared = NULL;

	*ret_names = 0;
	for (size_t i = 0; i < repeats->used; i++) {
		struct repeat *repeat = &repeats->items[i];

		if (!is_alike(repeat, source, decision))
			continue;
		if (repeat->several)
			shared = repeat;
		else if (has_name(repeat, type, decision, size))
			return repeat;
		else
			++*ret_names;
	}
	return *ret_names < REPEATS_NAMES_MAX ? NULL : shared;
}

static struct repeat *find_free(struct repeats *repeats)
{
	for (size_t i = 0; i < repeats->used; i++)
		if (!repeats->items[i].source)
			return &repeats->items[i];
	return repeats->used < REPEATS_MAX ? &repeats->items[repeats->used++] : NULL;
}

static void keep(struct repeat *repeat, const struct bpflock_decision *decision, size_t size)
{
	if (!repeat->last || size > repeat->size)
		repeat->last = xreallocarray(repeat->last, size, 1);
	memcpy(repeat->last, decision, size);
	repeat->size = size;
}

static void count(struct repeats *repeats, struct repeat *repeat, const struct bpflock_decision *decision, size_t size,
		  bool again)
{
	keep(repeat, decision, size);
	repeat->count++;
	repeat->again |= again;
	repeats->last = repeat;
}

static void end(struct repeat *repeat)
{
	free(repeat->last);
	*repeat = (struct repeat){ 0 };
}

bool repeats_count_another(struct repeats *repeats, const struct bus_source *source, const struct bpflock_event *event,
			   size_t size, bool again)
{
	const struct bpflock_decision *decision = (const struct bpflock_decision *)event;
	struct repeat *last = repeats->last;

	if (!last || !source->window || last->several || last->size != size || !is_alike(last, source, decision) ||
	    !has_comm(last, decision) || !has_bytes(last, decision))
		return false;
	count(repeats, last, decision, size, again);
	return true;
}

bool repeats_take(struct repeats *repeats, struct bus_source *source, const struct bpflock_event_type *type,
		  const struct bpflock_decision *decision, size_t size, bool again)
{
	struct repeat *repeat;
	size_t names;
	bool several;

	if (!source->window)
		return true;
	repeat = find(repeats, source, type, decision, size, &names);
	if (repeat) {
		count(repeats, repeat, decision, size, again);
		return false;
	}
	repeat = find_free(repeats);
	if (!repeat)
		return true;
	several = names >= REPEATS_NAMES_MAX;
	*repeat = (struct repeat){ .source = source,
				   .end = decision->event.time + source->window,
				   .again = several && again,
				   .several = several,
				   .count = several ? 1 : 0 };
	keep(repeat, decision, size);
	return !several;
}

/* The end of the first window; 0 where none is open. Items behind the last of them are not in use any more. */
static __u64 first_end(struct repeats *repeats)
{
	size_t used = 0;
	__u64 first = 0;

	for (size_t i = 0; i < repeats->used; i++) {
		const struct repeat *repeat = &repeats->items[i];

		if (!repeat->source)
			continue;
		used = i + 1;
		first = first && first < repeat->end ? first : repeat->end;
	}
	repeats->used = used;
	return first;
}

__u64 repeats_expire(struct repeats *repeats, __u64 now, void (*visit)(void *context, const struct repeat *repeat),
		     void *context)
{
	for (size_t i = 0; i < repeats->used; i++) {
		struct repeat *repeat = &repeats->items[i];

		if (!repeat->source || repeat->end > now)
			continue;
		if (repeat->count)
			visit(context, repeat);
		end(repeat);
	}
	return first_end(repeats);
}

void repeats_clear(struct repeats *repeats)
{
	for (size_t i = 0; i < repeats->used; i++)
		end(&repeats->items[i]);
	repeats->used = 0;
}
