/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/delivery.h"

#include <stdlib.h>

#include "util/memory.h"

/* The daemon may be killed between any two stores, so they are made in the order of the code. */
static void store(volatile __u64 *word, __u64 value)
{
	*word = value;
}

/* The record of a line that was being written is read again. Records of a line for several are not. */
static void inherit_line(struct delivery *delivery)
{
	struct delivery_state *state = delivery->state;

	if (state->writing) {
		delivery->again = state->writing;
		delivery->again_cpu = state->writing_cpu;
		delivery->again_accounted = state->accounted == state->accounted_next;
	} else {
		store(&state->uncertain, state->uncertain + state->accounted_next - state->accounted);
		store(&state->accounted_next, state->accounted);
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
		delivery->inherited += (__s64)stats[i].records;
	}
	inherit_line(delivery);
}

void delivery_end(struct delivery *delivery)
{
	free(delivery->before);
	*delivery = (struct delivery){ 0 };
}

/* Is it the record that the predecessor was writing? If it is still in the ring, it is the first that is read. */
static bool take_again(struct delivery *delivery, const struct bpflock_event *event)
{
	bool again = event && delivery->again == event->sequence && delivery->again_cpu == event->cpu;

	if (delivery->again && !again && !delivery->again_accounted)
		store(&delivery->state->uncertain, delivery->state->uncertain + 1);
	delivery->again = 0;
	return again;
}

enum delivered delivery_take(struct delivery *delivery, const struct bpflock_event *event)
{
	bool again = take_again(delivery, event);

	if (again && delivery->again_accounted)
		return DELIVERED;
	if (event->cpu < delivery->cpus && event->sequence <= delivery->before[event->cpu])
		delivery->inherited--;
	return again ? DELIVERED_MAYBE : DELIVERED_NOT;
}

/* Is it read again? Then the state says already what is written here, and says so all the time. */
static bool is_noted(const struct delivery_state *state, const struct bpflock_event *event)
{
	return event && state->writing == event->sequence && state->writing_cpu == event->cpu;
}

void delivery_write_begins(struct delivery *delivery, const struct bpflock_event *event, __u64 count)
{
	struct delivery_state *state = delivery->state;

	if (!state || is_noted(state, event))
		return;
	store(&state->writing, 0); /* so that it never stands beside the numbers of another line */
	store(&state->accounted_next, state->accounted + count);
	if (!event)
		return;
	*(volatile __u32 *)&state->writing_cpu = event->cpu;
	store(&state->writing, event->sequence);
}

/*
 * `writing` stays until the next line. libbpf consumes the record only after this: if the daemon dies in between,
 * the record is read again, and must not be written again.
 */
void delivery_write_ends(struct delivery *delivery)
{
	if (delivery->state)
		store(&delivery->state->accounted, delivery->state->accounted_next);
}

struct delivery_loss delivery_inherited_loss(struct delivery *delivery)
{
	struct delivery_loss loss = { 0 };

	if (!delivery->state)
		return loss;
	(void)take_again(delivery, NULL);
	if (delivery->inherited > 0)
		loss.count = (__u64)delivery->inherited;
	loss.uncertain = delivery->state->uncertain < loss.count ? delivery->state->uncertain : loss.count;
	delivery->inherited = 0;
	return loss;
}

void delivery_loss_begins(struct delivery *delivery, __u64 count)
{
	delivery_write_begins(delivery, NULL, count);
}

/* What was uncertain about the records of dead daemons has been told. */
void delivery_loss_ends(struct delivery *delivery)
{
	delivery_write_ends(delivery);
	if (delivery->state)
		store(&delivery->state->uncertain, 0);
}

struct delivery_loss delivery_ring_loss_begins(struct delivery_state *state, __u64 lost)
{
	const struct delivery_loss loss = {
		.count = lost - state->reported,
		.uncertain = state->reported_next - state->reported,
	};

	store(&state->reported_next, lost);
	return loss;
}

void delivery_ring_loss_ends(struct delivery_state *state, __u64 time)
{
	store(&state->reported, state->reported_next);
	store(&state->reported_at, time);
}
