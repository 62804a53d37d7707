/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/sequences.h"

#include <stdlib.h>

#include "util/memory.h"

void sequences_begin(struct sequences *sequences, size_t cpus)
{
	*sequences = (struct sequences){ .cpus = xcalloc(cpus, sizeof(*sequences->cpus)), .count = cpus };
}

void sequences_end(struct sequences *sequences)
{
	free(sequences->cpus);
	*sequences = (struct sequences){ 0 };
}

void sequences_restart(struct sequences *sequences, const struct bpflock_stats *stats)
{
	for (size_t i = 0; i < sequences->count; i++)
		sequences->cpus[i] = (struct sequence){ .before = stats[i].records, .last = stats[i].records };
	sequences->stolen = 0;
	sequences->suspected = 0;
}

void sequences_take(struct sequences *sequences, const struct bpflock_event *event)
{
	struct sequence *sequence;

	if (event->cpu >= sequences->count)
		return;
	sequence = &sequences->cpus[event->cpu];
	if (event->sequence <= sequence->before)
		return;
	if (event->sequence > sequence->last)
		sequence->last = event->sequence;
	sequence->taken++;
}

static __u64 count_missing(const struct sequences *sequences)
{
	__u64 missing = 0;

	for (size_t i = 0; i < sequences->count; i++) {
		const struct sequence *sequence = &sequences->cpus[i];

		missing += sequence->last - sequence->before - sequence->taken;
	}
	return missing;
}

__u64 sequences_take_stolen(struct sequences *sequences, bool ended)
{
	__u64 suspected = sequences->suspected, known = sequences->stolen;
	__u64 stolen = count_missing(sequences);

	sequences->suspected = stolen;
	if (!ended && stolen > suspected)
		stolen = suspected;
	if (stolen <= known)
		return 0;
	sequences->stolen = stolen;
	return stolen - known;
}
