/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/sequences.h"

#include <stdlib.h>
#include <string.h>

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

void sequences_restart(struct sequences *sequences)
{
	memset(sequences->cpus, 0, sequences->count * sizeof(*sequences->cpus));
	sequences->stolen = 0;
	sequences->suspected = 0;
}

void sequences_take(struct sequences *sequences, const struct bpflock_event *event)
{
	struct sequence *sequence;

	if (event->cpu >= sequences->count)
		return;
	sequence = &sequences->cpus[event->cpu];
	if (!sequence->taken || event->sequence < sequence->first)
		sequence->first = event->sequence;
	if (event->sequence > sequence->last)
		sequence->last = event->sequence;
	sequence->taken++;
}

/* The first number that this daemon reads: the one after the predecessor's last, or one that still was in the ring. */
static __u64 first_number(const struct sequence *sequence, const __u64 *before, size_t cpu)
{
	__u64 first = before ? before[cpu] + 1 : sequence->first;

	return sequence->first < first ? sequence->first : first;
}

__u64 sequences_missing(const struct sequences *sequences, const __u64 *before)
{
	__u64 missing = 0;

	for (size_t i = 0; i < sequences->count; i++) {
		const struct sequence *sequence = &sequences->cpus[i];

		if (sequence->taken)
			missing += sequence->last + 1 - first_number(sequence, before, i) - sequence->taken;
	}
	return missing;
}

__u64 sequences_take_stolen(struct sequences *sequences, __u64 stolen, bool ended)
{
	__u64 suspected = sequences->suspected, known = sequences->stolen;

	sequences->suspected = stolen;
	if (!ended && stolen > suspected)
		stolen = suspected;
	if (stolen <= known)
		return 0;
	sequences->stolen = stolen;
	return stolen - known;
}
