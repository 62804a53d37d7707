/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/recent.h"

#include <stddef.h>

void recent_add(struct recent *recent, const struct bus_source *source, const struct bpflock_decision *decision,
		__u64 count)
{
	recent->items[recent->added++ % RECENT_MAX] = (struct recent_decision){ source, *decision, count };
}

const struct recent_decision *recent_at(const struct recent *recent, __u64 number)
{
	if (number < 1 || number > RECENT_MAX || number > recent->added)
		return NULL;
	return &recent->items[(recent->added - number) % RECENT_MAX];
}
