/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The times of requests, in a fixed number of buckets. Lines may come in any order, and nobody knows the last time in
 * advance: where a time does not fit, buckets are made twice as wide until it does.
 */
#include <string.h>

#include "advise/advice.h"

#define NARROWEST 60

static time_t floor_to(time_t when, time_t width)
{
	time_t rest = when % width;

	return when - (rest < 0 ? rest + width : rest);
}

/* Moves what is counted to the buckets of a new scale. */
static void move(const struct advice *advice, struct usage *usage, time_t start, time_t width)
{
	__u64 old[TIMELINE_BUCKETS][VERDICTS];

	memcpy(old, usage->timeline, sizeof(old));
	memset(usage->timeline, 0, sizeof(usage->timeline));
	for (size_t i = 0; i < TIMELINE_BUCKETS; i++)
		for (size_t j = 0; j < VERDICTS; j++)
			if (old[i][j])
				usage->timeline[(advice->start + (time_t)i * advice->width - start) / width][j] +=
					old[i][j];
}

static void rescale(struct advice *advice, time_t start, time_t width)
{
	for (size_t i = 0; i < advice->subject_count; i++)
		for (size_t j = 0; j < advice->subjects[i].usage_count; j++)
			move(advice, &advice->subjects[i].usages[j], start, width);
	advice->start = start;
	advice->width = width;
}

size_t advice_bucket(struct advice *advice, time_t when)
{
	time_t width = advice->width ? advice->width : NARROWEST;
	time_t first = advice->width && advice->start < when ? advice->start : when;
	time_t last = advice->until > when ? advice->until : when;

	while (floor_to(last, width) - floor_to(first, width) >= width * TIMELINE_BUCKETS)
		width *= 2;
	if (width != advice->width || floor_to(first, width) != advice->start)
		rescale(advice, floor_to(first, width), width);
	return (size_t)((when - advice->start) / advice->width);
}
