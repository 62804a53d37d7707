/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/delivery.h"

#include <stdlib.h>

#include "util/memory.h"

/* A record whose line is being written is read again; what a line of several stood for is not. */
static void inherit_line(struct ledger *ledger)
{
	const struct ledger_notes *notes = ledger->notes;

	if (notes->writing) {
		ledger->again = notes->writing;
		ledger->again_cpu = notes->writing_cpu;
		ledger->again_settled = notes->settled == notes->settled_next;
	} else if (notes->settled_next > notes->settled) {
		ledger->uncertain = notes->settled_next - notes->settled;
	}
}

void ledger_begin(struct ledger *ledger, struct ledger_notes *notes,
		  const struct bpflock_account *accounts, size_t cpus)
{
	*ledger = (struct ledger){ .notes = notes,
				   .inherited = -(__s64)notes->settled,
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
		ledger->notes->settled--; /* it will be settled once more */
	else
		ledger->inherited--;
	return again;
}

void ledger_write_begins(struct ledger *ledger, const struct bpflock_event *event, __u64 count)
{
	struct ledger_notes *notes = ledger->notes;

	if (!notes)
		return;
	notes->writing = 0; /* while the notes are about two lines they are about none */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	notes->settled_next = notes->settled + count;
	notes->writing_cpu = event ? event->cpu : 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	notes->writing = event ? event->sequence : 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/*
 * The note of a record stays until the next line: libbpf moves on in the ring only after this, and when the
 * daemon dies in between, the record is read again.
 */
void ledger_write_ends(struct ledger *ledger)
{
	if (!ledger->notes)
		return;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	ledger->notes->settled = ledger->notes->settled_next;
}

void ledger_gone(struct ledger *ledger, __u64 count)
{
	if (!ledger->notes)
		return;
	ledger->notes->settled += count;
	ledger->notes->settled_next = ledger->notes->settled;
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
