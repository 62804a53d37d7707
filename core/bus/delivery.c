/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/delivery.h"

#include <stdlib.h>

#include "util/memory.h"

/* The record of a line that was being written is read again. Records of a line for several are not. */
static void inherit_line(struct delivery *delivery)
{
	const struct delivery_state *state = delivery->state;

	if (state->writing) {
		delivery->again = state->writing;
		delivery->again_cpu = state->writing_cpu;
		delivery->again_accounted = state->accounted == state->accounted_next;
	} else if (state->accounted_next > state->accounted) {
		delivery->uncertain = state->accounted_next - state->accounted;
	}
}

void delivery_begin(struct delivery *delivery, struct delivery_state *state, const struct bpflock_stats *stats,
		    size_t cpus)
{
	*delivery = (struct delivery){ .state = state,
				       .inherited = -(__s64)state->accounted,
				       .before = xcalloc(cpus, sizeof(*delivery->before)),
				       .cpus = cpus };
	for (size_t i = 0; i < cpus; i++) {
		delivery->before[i] = stats[i].records;
		delivery->inherited += (__s64)(stats[i].records - stats[i].lost);
	}
	inherit_line(delivery);
}

void delivery_end(struct delivery *delivery)
{
	free(delivery->before);
	*delivery = (struct delivery){ 0 };
}

bool delivery_take(struct delivery *delivery, const struct bpflock_event *event)
{
	bool again = delivery->again == event->sequence && delivery->again_cpu == event->cpu;

	if (event->cpu >= delivery->cpus || event->sequence > delivery->before[event->cpu])
		return false;
	if (again && delivery->again_accounted)
		delivery->state->accounted--; /* delivery_write_begins() counts it again */
	else
		delivery->inherited--;
	return again;
}

void delivery_write_begins(struct delivery *delivery, const struct bpflock_event *event, __u64 count)
{
	struct delivery_state *state = delivery->state;

	if (!state)
		return;
	state->writing = 0; /* so that it never stands beside the numbers of another line */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	state->accounted_next = state->accounted + count;
	state->writing_cpu = event ? event->cpu : 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	state->writing = event ? event->sequence : 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/*
 * `writing` stays until the next line. libbpf consumes the record only after this: if the daemon dies in between,
 * the record is read again.
 */
void delivery_write_ends(struct delivery *delivery)
{
	if (!delivery->state)
		return;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	delivery->state->accounted = delivery->state->accounted_next;
}

void delivery_gone(struct delivery *delivery, __u64 count)
{
	if (!delivery->state)
		return;
	delivery->state->accounted += count;
	delivery->state->accounted_next = delivery->state->accounted;
}

struct delivery_loss delivery_inherited_loss(struct delivery *delivery)
{
	struct delivery_loss loss = { 0 };

	if (delivery->inherited > 0)
		loss.count = (__u64)delivery->inherited;
	loss.uncertain = delivery->uncertain < loss.count ? delivery->uncertain : loss.count;
	delivery_gone(delivery, loss.count);
	delivery->inherited = 0;
	delivery->uncertain = 0;
	delivery->again = 0;
	return loss;
}
