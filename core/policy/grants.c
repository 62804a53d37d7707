/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grants.h"

#include <string.h>

/* The place that has been free for the longest time, so that the numbers of earlier grants are known for long. */
static struct bpflock_grant *find_place(struct bpflock_grants *grants, __u64 now)
{
	struct bpflock_grant *place = NULL;

	for (size_t i = 0; i < BPFLOCK_GRANTS_MAX; i++)
		if (!grant_is_active(&grants->items[i], now) && (!place || grants->items[i].id < place->id))
			place = &grants->items[i];
	return place;
}

struct bpflock_grant *grants_put(struct bpflock_grants *grants, const struct bpflock_grant *grant, __u64 now)
{
	struct bpflock_grant *place = find_place(grants, now);

	if (place)
		*place = *grant;
	return place;
}

struct bpflock_grant *grants_find(struct bpflock_grants *grants, __u32 id, __u64 now)
{
	for (size_t i = 0; i < BPFLOCK_GRANTS_MAX; i++)
		if (grants->items[i].id == id && grant_is_active(&grants->items[i], now))
			return &grants->items[i];
	return NULL;
}

void grants_end(struct bpflock_grant *grant)
{
	grant->until = 0;
	grant->end_told = 1;
}

__u32 grants_last_id(const struct bpflock_grants *grants)
{
	__u32 last = 0;

	for (size_t i = 0; i < BPFLOCK_GRANTS_MAX; i++)
		if (grants->items[i].id > last)
			last = grants->items[i].id;
	return last;
}

/* The time is written last: until then programs pass by the place. */
static void publish(struct bpflock_grant *place, const struct bpflock_grant *grant)
{
	struct bpflock_grant early = *grant;

	early.until = 0;
	__atomic_store_n(&place->until, 0, __ATOMIC_SEQ_CST);
	*place = early;
	__atomic_store_n(&place->until, grant->until, __ATOMIC_RELEASE);
}

size_t grants_publish(struct bpflock_grants *kernel, const struct bpflock_grants *grants)
{
	size_t different = 0;

	for (size_t i = 0; i < BPFLOCK_GRANTS_MAX; i++) {
		if (!memcmp(&kernel->items[i], &grants->items[i], sizeof(grants->items[i])))
			continue;
		publish(&kernel->items[i], &grants->items[i]);
		different++;
	}
	return different;
}
