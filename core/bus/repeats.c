/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/repeats.h"

#include <string.h>

static bool is_kind(const struct repeat *repeat, const struct bus_source *source,
		    const struct bpflock_decision *decision)
{
	const struct bpflock_decision *last = &repeat->last;

	return repeat->source == source && last->operation == decision->operation &&
	       last->event.type == decision->event.type && last->rule == decision->rule &&
	       last->verdict == decision->verdict && last->event.cgroupid == decision->event.cgroupid &&
	       strncmp(last->event.comm, decision->event.comm, sizeof(last->event.comm)) == 0;
}

static struct repeat *find(struct repeats *repeats, const struct bus_source *source,
			   const struct bpflock_decision *decision)
{
	for (size_t i = 0; i < REPEATS_MAX; i++)
		if (is_kind(&repeats->items[i], source, decision))
			return &repeats->items[i];
	return NULL;
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

	if (!source->window)
		return true;
	repeat = find(repeats, source, decision);
	if (repeat) {
		repeat->last = *decision;
		repeat->count++;
		return false;
	}
	repeat = find_free(repeats);
	if (repeat)
		*repeat = (struct repeat){ .source = source,
					   .last = *decision,
					   .end = decision->event.time + source->window };
	return true;
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
