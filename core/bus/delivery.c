/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/delivery.h"

#include <stdlib.h>

#include "util/memory.h"

/* The daemon may be killed between any two stores, so they are made in the order of the code. */
static void store(volatile __u64 *word, __u64 value)
{
	*word = value;
}

/* Were lines being written when the predecessor died? */
static bool is_in_flight(const struct delivery_state *state)
{
	return state->accounted_next != state->accounted;
}

/* Was the position moved, after which only `accounted` had to follow? */
static bool is_settled(const struct delivery_state *state, const struct ring *ring)
{
	return state->position_next && state->ring == ring->id && ring->position >= state->position_next;
}

/*
 * The records of the batch are read again, unless the ring is another one. They stay marked until they are consumed,
 * also where this daemon is killed before that. Returns their number.
 */
static __u64 inherit_lines(struct delivery_state *state, const struct ring *ring)
{
	__u64 lines = state->accounted_next - state->accounted;
	bool again = state->position_next && state->ring == ring->id;

	if (again && state->again_until < state->position_next)
		store(&state->again_until, state->position_next);
	store(&state->uncertain, state->uncertain + (again ? state->telling : lines));
	store(&state->accounted_next, state->accounted);
	return again ? lines - state->telling : 0;
}

/* In another ring positions begin anew. */
static void go_to_ring(struct delivery_state *state, const struct ring *ring)
{
	if (state->ring == ring->id)
		return;
	store(&state->again_until, 0);
	store(&state->ring, ring->id);
}

static __u64 inherit(struct delivery_state *state, const struct ring *ring)
{
	__u64 again = 0;

	if (is_in_flight(state) && is_settled(state, ring))
		store(&state->accounted, state->accounted_next);
	else if (is_in_flight(state))
		again = inherit_lines(state, ring);
	go_to_ring(state, ring);
	return again;
}

void delivery_begin(struct delivery *delivery, struct delivery_state *state, const struct bpflock_stats *stats,
		    size_t cpus, const struct ring *ring)
{
	__u64 again = inherit(state, ring);

	*delivery = (struct delivery){ .state = state,
				       .again = again,
				       .inherited = -(__s64)state->accounted,
				       .before = xcalloc(cpus, sizeof(*delivery->before)),
				       .cpus = cpus };
	for (size_t i = 0; i < cpus; i++) {
		delivery->before[i] = stats[i].records;
		delivery->inherited += (__s64)stats[i].records;
	}
}

void delivery_end(struct delivery *delivery)
{
	free(delivery->before);
	*delivery = (struct delivery){ 0 };
}

bool delivery_take(struct delivery *delivery, const struct bpflock_event *event, const struct ring *ring,
		   __u64 position)
{
	const struct delivery_state *state = delivery->state;
	bool again = state && state->ring == ring->id && position < state->again_until;

	if (event->cpu < delivery->cpus && event->sequence <= delivery->before[event->cpu])
		delivery->inherited--;
	if (again && delivery->again)
		delivery->again--;
	return again;
}

void delivery_tell(struct delivery *delivery, __u64 count, bool earlier)
{
	delivery->told += count;
	if (earlier)
		delivery->earlier += count;
}

/* The last store says that lines are being written. What it refers to is there before. */
void delivery_settle_begins(struct delivery *delivery, const struct ring *ring, __u64 position)
{
	struct delivery_state *state = delivery->state;

	if (!state || !delivery->told)
		return;
	store(&state->telling, delivery->earlier);
	store(&state->position_next, position);
	if (ring)
		go_to_ring(state, ring);
	store(&state->accounted_next, state->accounted + delivery->told);
}

void delivery_settle_ends(struct delivery *delivery)
{
	if (delivery->state && delivery->told)
		store(&delivery->state->accounted, delivery->state->accounted_next);
	delivery->told = 0;
	delivery->earlier = 0;
}

struct delivery_loss delivery_inherited_loss(struct delivery *delivery)
{
	struct delivery_loss loss = { 0 };

	if (!delivery->state)
		return loss;
	/* Somebody else has read them. */
	store(&delivery->state->uncertain, delivery->state->uncertain + delivery->again);
	delivery->again = 0;
	if (delivery->inherited > 0)
		loss.count = (__u64)delivery->inherited;
	loss.uncertain = delivery->state->uncertain < loss.count ? delivery->state->uncertain : loss.count;
	delivery->inherited = 0;
	return loss;
}

void delivery_loss_begins(struct delivery *delivery, __u64 count)
{
	delivery_tell(delivery, count, true);
	delivery_settle_begins(delivery, NULL, 0);
}

/* What was uncertain about the records of dead daemons has been told. */
void delivery_loss_ends(struct delivery *delivery)
{
	delivery_settle_ends(delivery);
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
