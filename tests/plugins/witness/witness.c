// SPDX-License-Identifier: Apache-2.0
/*
 * witness: writes down every record of every plugin, as a subscriber of the bus sees it.
 *
 *	[witness]
 *	enabled = yes
 *	file    = /run/witness
 */
#include <bpflock/plugin.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct witness_config {
	const char *file;
};

static const struct bpflock_option options[] = {
	{
		.name = "file",
		.summary = "where the records are written down",
		.initial = "/run/witness",
		.type = BPFLOCK_OPTION_STRING,
		BPFLOCK_MEMBER(struct witness_config, file),
	},
};

static FILE *book;

static int open_book(const struct bpflock_host *host, const void *config)
{
	const struct witness_config *witness = config;

	if (book)
		return 0;
	book = fopen(witness->file, "ae");
	if (!book) {
		host->error(host, "cannot open %s: %s", witness->file, strerror(errno));
		return -EIO;
	}
	setlinebuf(book);
	return 0;
}

static void write_down(const struct bpflock_host *host, const char *plugin, const struct bpflock_event *event,
		       __u64 size)
{
	(void)host;
	fprintf(book, "plugin=%s type=%u tgid=%u comm=%.*s size=%llu\n", plugin, event->type, event->tgid,
		BPFLOCK_COMM_LEN, event->comm, size);
}

BPFLOCK_PLUGIN(witness,
	.version = "1.0",
	.summary = "Writes down the records of other plugins",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.config_size = sizeof(struct witness_config),
	.options = BPFLOCK_TABLE(options),
	.prepare = open_book,
	.observe = write_down);
