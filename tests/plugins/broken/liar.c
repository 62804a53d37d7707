// SPDX-License-Identifier: Apache-2.0
/*
 * Plugins whose tables lie, one for each name that may be defined. What is wrong with one stands under
 * its name. `WILD` and `CONSTRUCTOR` cannot be refused: the daemon crashes, and says by whose fault.
 *
 * Nothing can check a string without an end, or a table with fewer rows than it says whose memory is there.
 */
#include <bpflock/plugin.h>
#include <stdlib.h>

struct config {
	__u32 number;
	__u8 colour;
};

static const struct bpflock_value colours[] = {
#if defined(NAMELESS)
	/* The second choice has no name. */
	{ "green", 1, "" },
	{ .value = 2 },
#elif defined(BIGVALUE)
	/* The second choice does not fit in the member. */
	{ "green", 1, "" },
	{ "brown", 300, "" },
#else
	{ "green", 1, "" },
	{ "brown", 2, "" },
#endif
};

__attribute__((unused)) static const struct bpflock_option options[] = {
	{ .name = "colour",
	  .summary = "s",
	  .type = BPFLOCK_OPTION_CHOICE,
	  .values = BPFLOCK_TABLE(colours),
	  BPFLOCK_MEMBER(struct config, colour) },
	{
		.name = "number",
		.summary = "s",
		.type = BPFLOCK_OPTION_UINT,
		.size = 4,
#if defined(MISALIGNED)
		/* No number of 4 bytes stands there. */
		.offset = 1,
#endif
#if defined(BADDEFAULT)
		/* The default is no number. */
		.initial = "many",
#endif
	},
};

static const struct bpflock_field fields[] = {
	{ .name = "fine",
	  .summary = "s",
	  .type = BPFLOCK_FIELD_UINT,
	  .size = 8,
	  .offset = sizeof(struct bpflock_event) },
#if defined(TWOFIELDS)
	/* Two fields of one name. */
	{ .name = "fine",
	  .summary = "s",
	  .type = BPFLOCK_FIELD_UINT,
	  .size = 8,
	  .offset = sizeof(struct bpflock_event) },
#endif
};

static const struct bpflock_event_type events[] = {
	{ .type = 1, .name = "one", .summary = "s", .fields = BPFLOCK_TABLE(fields) },
#if defined(TWOEVENTS)
	/* Two events of one name. */
	{ .type = 2, .name = "one", .summary = "s" },
#elif defined(TWOTYPES)
	/* Two events of one number. */
	{ .type = 1, .name = "two", .summary = "s" },
#elif defined(DECIDES) || defined(NOOPERATIONS) || defined(ENFORCES) && !defined(NODECISION)
	/* Decisions, and DECIDES is an observer that does not decide. */
	{ .type = 2, .name = "decided", .summary = "s", .flags = BPFLOCK_EVENT_DECISION },
#endif
};

#if defined(ENFORCES)
static const struct bpflock_operation operations[] = {
	{ .name = "open", .summary = "s", .enumerator = "LOCKDOWN_NONE" },
#if defined(TWOOPERATIONS)
	/* Two operations of one name, where the rows number the operations. */
	{ .name = "open", .summary = "s" },
#elif defined(TWOENUMERATORS)
	/* Two operations of one number. */
	{ .name = "shut", .summary = "s", .enumerator = "LOCKDOWN_NONE" },
#elif defined(NOENUMERATOR)
	/* A row that is no operation, and no number either. */
	{ .flags = BPFLOCK_OPERATION_IGNORED },
#elif defined(NONAME)
	/* An operation without a name. */
	{ .summary = "s", .enumerator = "LOCKDOWN_DEV_MEM" },
#elif defined(NOGROUP)
	/* A boundary of nothing. */
	{ .enumerator = "LOCKDOWN_INTEGRITY_MAX", .flags = BPFLOCK_OPERATION_BOUNDARY },
#elif defined(NOENUM)
	/* A row that is no operation, in the same place. */
	{ .enumerator = "LOCKDOWN_DEV_MEM", .flags = BPFLOCK_OPERATION_IGNORED },
#endif
};
#endif

#if defined(NOROWS)
/* A row, and no rows. */
#define OPTIONS                                        \
	{                                              \
		NULL, 1, sizeof(struct bpflock_option) \
	}
#elif defined(HUGECOUNT)
/* More rows than there is memory. */
#define OPTIONS                                  \
	{                                        \
		options, -1u, sizeof(options[0]) \
	}
#elif defined(HUGESTRIDE)
/* Rows that are longer than any version's. */
#define OPTIONS                      \
	{                            \
		options, 2, 1u << 30 \
	}
#elif defined(WILD)
/* Rows where nothing is. */
#define OPTIONS                                                    \
	{                                                          \
		(const void *)64, 1, sizeof(struct bpflock_option) \
	}
#else
#define OPTIONS BPFLOCK_TABLE(options)
#endif

#if defined(HUGECONFIG)
/* A structure that is larger than any memory. */
#define CONFIG_SIZE (1ull << 60)
#else
#define CONFIG_SIZE sizeof(struct config)
#endif

#if defined(BACKWARDS)
/* The object ends before it begins. */
#define WRONG .object = bpflock_object_end, .object_end = bpflock_object
#elif defined(NOOPERATIONS)
/* An enforcer that decides about nothing. */
#define WRONG .flags = BPFLOCK_ENFORCER
#elif defined(NOENUM) || defined(TWOOPERATIONS)
#define WRONG .flags = BPFLOCK_ENFORCER, .operations = BPFLOCK_TABLE(operations)
#elif defined(ENFORCES)
#define WRONG                                                                                                    \
	.flags = BPFLOCK_ENFORCER, .operations = BPFLOCK_TABLE(operations), .operation_enum = "lockdown_reason", \
	.operation_prefix = "LOCKDOWN_"
#else
#define WRONG .contact = "nobody"
#endif

#if defined(CONSTRUCTOR)
/* It does not even let itself be opened. */
__attribute__((constructor)) static void crash(void)
{
	abort();
}
#endif

#define PLUGIN(id, ...) BPFLOCK_PLUGIN(id, __VA_ARGS__)
PLUGIN(FIXTURE,
	.version = "1.0",
	.summary = "A fixture",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.config_size = CONFIG_SIZE,
	.options = OPTIONS,
	.events = BPFLOCK_TABLE(events),
	WRONG);
