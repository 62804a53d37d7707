// SPDX-License-Identifier: Apache-2.0
/*
 * Plugins with one mistake of a beginner each, one for each name that may be defined, here or in mistake.bpf.c. With
 * ENFORCES it is an enforcer. FAULTLESS has no mistake.
 */
#include "mistake.h"

#include <bpflock/plugin.h>

__attribute__((unused)) static const struct bpflock_option options[] = {
	{ .name = "number",
	  .summary = "a number",
	  .initial = "1",
	  .type = BPFLOCK_OPTION_UINT,
	  .max = 1000,
	  .variable = "number" },
	{ .name = "ports",
	  .summary = "some numbers",
	  .type = BPFLOCK_OPTION_UINT,
	  .flags = BPFLOCK_OPTION_LIST,
	  .max_items = 4,
	  .variable = "ports" },
#if defined(WRONGSIZE)
	{ .name = "networks",
	  .summary = "some networks",
	  .type = BPFLOCK_OPTION_CIDR,
	  .flags = BPFLOCK_OPTION_LIST,
	  .max_items = 4,
	  .variable = "networks" },
#endif
};

static const struct bpflock_field fields[] = {
	BPFLOCK_FIELD(struct mistake_record, number, BPFLOCK_FIELD_UINT, "a number"),
};

static const struct bpflock_event_type events[] = {
	{ .type = MISTAKE_RECORD, .name = "set_name", .summary = "s", .fields = BPFLOCK_TABLE(fields) },
#if defined(ENFORCES)
	{ .type = MISTAKE_DECISION, .name = "decided", .summary = "s", .flags = BPFLOCK_EVENT_DECISION },
#endif
};

__attribute__((unused)) static const struct bpflock_operation operations[] = {
	{ .name = "set_time", .summary = "s", .groups = "clock" },
};

__attribute__((unused)) static const struct bpflock_program programs[] = {
#if defined(UNKNOWNPROGRAM)
	{ .name = "wacht", .operations = "set_time" },
#else
	{ .name = "watch", .operations = "set_time" },
#endif
};

#if defined(BADSKIP)
static int skip(const struct bpflock_host *host, const void *config)
{
	(void)config;
	return host->skip_program(host, "wacth");
}
#define CALLBACK .prepare = skip
#elif defined(BADGROUP)
static int exempt(const struct bpflock_host *host, const void *config)
{
	(void)config;
	return host->exempt_group(host, "clocks");
}
#define CALLBACK .policy = exempt
#else
#define CALLBACK .contact = "nobody"
#endif

#if defined(ENFORCES)
#define KIND .flags = BPFLOCK_ENFORCER, .operations = BPFLOCK_TABLE(operations), .programs = BPFLOCK_TABLE(programs)
#else
#define KIND .options = BPFLOCK_TABLE(options)
#endif

#define PLUGIN(id, ...) BPFLOCK_PLUGIN(id, __VA_ARGS__)
PLUGIN(MISTAKE,
	.version = "1.0",
	.summary = "A fixture",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.events = BPFLOCK_TABLE(events),
	KIND,
	CALLBACK);
