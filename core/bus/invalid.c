/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/invalid.h"

static bool is_kind(const struct invalid_records *kind, const struct plugin *plugin, const struct bpflock_event *event)
{
	return kind->plugin == plugin && kind->has_type == (event != NULL) && (!event || kind->type == event->type);
}

/* A new entry, or the one for all further kinds, which names nothing. */
static struct invalid_records *add_kind(struct invalid *invalid, const struct plugin *plugin,
					const struct bpflock_event *event, __u64 time)
{
	struct invalid_records *kind = &invalid->kinds[INVALID_KINDS_MAX - 1];

	if (invalid->count == INVALID_KINDS_MAX)
		return kind;
	kind = &invalid->kinds[invalid->count++];
	*kind = (struct invalid_records){ .since = time };
	if (invalid->count == INVALID_KINDS_MAX)
		return kind;
	kind->plugin = plugin;
	kind->has_type = event;
	kind->type = event ? event->type : 0;
	return kind;
}

static struct invalid_records *find_kind(struct invalid *invalid, const struct plugin *plugin,
					 const struct bpflock_event *event)
{
	for (size_t i = 0; i < invalid->count; i++)
		if (is_kind(&invalid->kinds[i], plugin, event))
			return &invalid->kinds[i];
	return NULL;
}

void invalid_count(struct invalid *invalid, const struct plugin *plugin, const struct bpflock_event *event, __u64 now)
{
	struct invalid_records *kind = find_kind(invalid, plugin, event);
	__u64 time = event ? event->time : now;

	if (!kind)
		kind = add_kind(invalid, plugin, event, time);
	kind->count++;
	if (time < kind->since)
		kind->since = time;
	if (time > kind->until)
		kind->until = time;
}

void invalid_take(struct invalid *invalid, visit_invalid *visit, void *context)
{
	for (size_t i = 0; i < invalid->count; i++)
		visit(context, &invalid->kinds[i]);
	invalid->count = 0;
}
