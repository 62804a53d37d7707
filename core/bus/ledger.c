/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/ledger.h"

#include <stdlib.h>

#include "util/memory.h"

/* A record whose line is being written is read again; what a line of several stood for is not. */
static void inherit_line(struct ledger *ledger)
{
	const struct bpflock_lineage *shared = ledger->shared;

	if (shared->writing) {
		ledger->again = shared->writing;
		ledger->again_cpu = shared->writing_cpu;
		ledger->again_settled = shared->settled == shared->settled_next;
	} else if (shared->settled_next > shared->settled) {
		ledger->uncertain = shared->settled_next - shared->settled;
	}
}

void ledger_begin(struct ledger *ledger, struct bpflock_lineage *shared,
		  const struct bpflock_account *accounts, size_t cpus)
{
	*ledger = (struct ledger){ .shared = shared,
				   .inherited = -(__s64)shared->settled,
				   .before = xcalloc(cpus, sizeof(*ledger->before)),
				   .cpus = cpus };
	for (size_t i = 0; i < cpus; i++) {
		ledger->before[i] = accounts[i].records;
		ledger->inherited += (__s64)(accounts[i].records - accounts[i].lost);
	}
	inherit_line(ledger);
}

void ledger_end(struct ledger *ledger)
{
	free(ledger->before);
	*ledger = (struct ledger){ 0 };
}

bool ledger_take(struct ledger *ledger, const struct bpflock_event *event)
{
	bool again = ledger->again == event->sequence && ledger->again_cpu == event->cpu;

	if (event->cpu >= ledger->cpus || event->sequence > ledger->before[event->cpu])
		return false;
	if (again && ledger->again_settled)
		ledger->shared->settled--; /* it will be settled once more */
	else
		ledger->inherited--;
	return again;
}

void ledger_write_begins(struct ledger *ledger, const struct bpflock_event *event, __u64 count)
{
	struct bpflock_lineage *shared = ledger->shared;

	if (!shared)
		return;
	shared->writing = 0; /* while the notes are about two lines they are about none */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	shared->settled_next = shared->settled + count;
	shared->writing_cpu = event ? event->cpu : 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	shared->writing = event ? event->sequence : 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/*
 * The note of a record stays until the next line: libbpf moves on in the ring only after this, and when the
 * daemon dies in between, the record is read again.
 */
void ledger_write_ends(struct ledger *ledger)
{
	if (!ledger->shared)
		return;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	ledger->shared->settled = ledger->shared->settled_next;
}

void ledger_gone(struct ledger *ledger, __u64 count)
{
	if (!ledger->shared)
		return;
	ledger->shared->settled += count;
	ledger->shared->settled_next = ledger->shared->settled;
}

struct ledger_loss ledger_settle(struct ledger *ledger)
{
	struct ledger_loss loss = { 0 };

	if (ledger->inherited > 0)
		loss.count = (__u64)ledger->inherited;
	loss.uncertain = ledger->uncertain < loss.count ? ledger->uncertain : loss.count;
	ledger_gone(ledger, loss.count);
	ledger->inherited = 0;
	ledger->uncertain = 0;
	ledger->again = 0;
	return loss;
}
