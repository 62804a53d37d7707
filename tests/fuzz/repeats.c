/* SPDX-License-Identifier: Apache-2.0 */
/* Any decisions at any times: each must be written at once or counted in a line, once. */
#include "bus/repeats.h"

#include <string.h>

#include "fuzz.h"

/**
 * struct step - what the input is made of
 * @kind:   of the decision: its operation and verdict
 * @cgroup: the same
 * @shift:  the time passes by @time << @shift, up to the end of all time; its highest bit ends windows
 */
struct step {
	__u8 kind;
	__u8 cgroup;
	__u8 shift;
	__u8 time;
};

#define EXPIRE 0x80u

static struct repeats repeats;

static void count(void *context, const struct repeat *repeat)
{
	__u64 *seen = context;

	MUST(repeat->count > 0);
	*seen += repeat->count;
}

static struct bpflock_decision decision(const struct step *step, __u64 now)
{
	return (struct bpflock_decision){
		.event = { .time = now, .cgroupid = step->cgroup, .comm = { (char)(step->kind >> 6) } },
		.operation = step->kind & 0xf,
		.verdict = step->kind >> 4 & 3,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bus_source sources[] = { { .window = 1000 }, { .window = UINT64_MAX }, { .window = 0 } };
	const struct bpflock_event_type type = { .flags = BPFLOCK_EVENT_DECISION };
	size_t steps = size / sizeof(struct step);
	__u64 now = 0, seen = 0;

	repeats_clear(&repeats);
	for (size_t i = 0; i < steps; i++) {
		struct bpflock_decision made;
		struct step step;

		memcpy(&step, data + i * sizeof(step), sizeof(step));
		now += (__u64)step.time << (step.shift & 0x3f);
		if (step.shift & EXPIRE) {
			__u64 next = repeats_expire(&repeats, now, count, &seen);

			MUST(next == 0 || next > now);
		}
		made = decision(&step, now);
		seen += repeats_take(&repeats, &sources[step.kind % 3], &type, &made, sizeof(made), false);
	}
	MUST(repeats_expire(&repeats, UINT64_MAX, count, &seen) == 0);
	MUST(seen == steps);
	return 0;
}
