/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/repeats.h"

#include <string.h>

/* The same in all but the name of the process, which it chooses itself. */
static bool is_alike(const struct repeat *repeat, const struct bus_source *source,
		     const struct bpflock_decision *decision)
{
	const struct bpflock_decision *last = &repeat->last;

	return repeat->source == source && last->operation == decision->operation &&
	       last->event.type == decision->event.type && last->rule == decision->rule &&
	       last->grant == decision->grant && last->verdict == decision->verdict &&
	       last->event.cgroupid == decision->event.cgroupid;
}

static bool has_name(const struct repeat *repeat, const struct bpflock_decision *decision)
{
	return strncmp(repeat->last.event.comm, decision->event.comm, sizeof(decision->event.comm)) == 0;
}

/*
 * The window of a decision: that of its name, or the one that further names share. NULL: it has none yet. *ret_names is
 * the number of names that have a window of their own.
 */
static struct repeat *find(struct repeats *repeats, const struct bus_source *source,
			   const struct bpflock_decision *decision, size_t *ret_names)
{
	struct repeat *shared = NULL;

	*ret_names = 0;
	for (size_t i = 0; i < REPEATS_MAX; i++) {
		struct repeat *repeat = &repeats->items[i];

		if (!is_alike(repeat, source, decision))
			continue;
		if (repeat->several)
			shared = repeat;
		else if (has_name(repeat, decision))
			return repeat;
		else
			++*ret_names;
	}
	return *ret_names < REPEATS_NAMES_MAX ? NULL : shared;
}

static struct repeat *find_free(struct repeats *repeats)
{
	for (size_t i = 0; i < REPEATS_MAX; i++)
		if (!repeats->items[i].source)
			return &repeats->items[i];
	return NULL;
}

bool repeats_take(struct repeats *repeats, struct bus_source *source, const struct bpflock_decision *decision)
{
	struct repeat *repeat;
	size_t names;
	bool several;

	if (!source->window)
		return true;
	repeat = find(repeats, source, decision, &names);
	if (repeat) {
		repeat->last = *decision;
		repeat->count++;
		return false;
	}
	repeat = find_free(repeats);
	if (!repeat)
		return true;
	several = names >= REPEATS_NAMES_MAX;
	*repeat = (struct repeat){ .source = source,
				   .last = *decision,
				   .end = decision->event.time + source->window,
				   .several = several,
				   .count = several ? 1 : 0 };
	return !several;
}

__u64 repeats_expire(struct repeats *repeats, __u64 now, void (*visit)(void *context, const struct repeat *repeat),
		     void *context)
{
	__u64 next = 0;

	for (size_t i = 0; i < REPEATS_MAX; i++) {
		struct repeat *repeat = &repeats->items[i];

		if (!repeat->source)
			continue;
		if (repeat->end > now) {
			next = next && next < repeat->end ? next : repeat->end;
			continue;
		}
		if (repeat->count)
			visit(context, repeat);
		repeat->source = NULL;
	}
	return next;
}
