// SPDX-License-Identifier: Apache-2.0
/*
 * forgetful: records an event and writes none of its fields. An observer of its own says whether every byte of them is
 * zero, which no field shows.
 */
#include <bpflock/plugin.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "forgetful.h"

static const struct bpflock_field fields[] = {
	BPFLOCK_FIELD(struct forgetful_chroot, flag, BPFLOCK_FIELD_UINT, "never written"),
	BPFLOCK_FIELD(struct forgetful_chroot, number, BPFLOCK_FIELD_UINT, "never written"),
	BPFLOCK_FIELD(struct forgetful_chroot, text, BPFLOCK_FIELD_STR, "never written"),
	BPFLOCK_FIELD(struct forgetful_chroot, words, BPFLOCK_FIELD_STRV, "never written"),
};

static const struct bpflock_event_type events[] = {
	{
		.type = FORGETFUL_CHROOT,
		.name = "lsm_path_chroot",
		.summary = "somebody wants to change the root directory",
		.fields = BPFLOCK_TABLE(fields),
	},
	{
		.type = FORGETFUL_NOBODY,
		.flags = BPFLOCK_EVENT_NO_TASK,
		.name = "nobody",
		.summary = "the same, without who wants to",
		.fields = BPFLOCK_TABLE(fields),
	},
};

/* The members that are about a task. */
static bool has_task(const struct bpflock_event *event)
{
	struct bpflock_event nobody = { .loginuid = BPFLOCK_NO_LOGINUID };

	nobody.time = event->time;
	nobody.source = event->source;
	nobody.sequence = event->sequence;
	nobody.type = event->type;
	nobody.cpu = event->cpu;
	return memcmp(event, &nobody, sizeof(nobody)) != 0;
}

static void look(const struct bpflock_host *host, const char *plugin, const struct bpflock_event *event, __u64 size)
{
	static const char zeros[sizeof(struct forgetful_chroot)];

	(void)host;
	if (strcmp(plugin, "forgetful") == 0)
		fprintf(stderr, "forgetful: %s %s\n", has_task(event) ? "task" : "nobody",
			memcmp(event + 1, zeros, size - sizeof(*event)) == 0 ? "zero" : "remains");
}

BPFLOCK_PLUGIN(forgetful,
	.version = "1.0",
	.summary = "Records without writing",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.events = BPFLOCK_TABLE(events),
	.observe = look);
