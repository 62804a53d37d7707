// SPDX-License-Identifier: Apache-2.0
/*
 * Broken plugins, one for each name that may be defined, and `NEWER` and `KERNELREADER`, which are
 * not broken everywhere. What is wrong with one stands under its name.
 */
#ifdef NOSYMBOL

/* No descriptor: some other shared object. */
int nothing;

#else

#ifdef ABI2
/* Built against headers of another major: the symbol has another name. */
#define bpflock_plugin_v1 bpflock_plugin_v2
#elif defined(NEWER) || defined(NEWERUSED)
/* Built against headers of a newer minor: the descriptor is longer, see the end of this file. */
#define bpflock_plugin_v1 the_known_part
#endif

#include <bpflock/plugin.h>

struct config {
	__u32 number;
};

static const struct bpflock_option options[] = {
	{
#if defined(COREOPTION)
		/* The core adds an option of that name to every plugin. */
		.name = "required",
#else
		.name = "number",
#endif
		.summary = "a number",
		.type = BPFLOCK_OPTION_UINT,
		BPFLOCK_MEMBER(struct config, number),
#if defined(BADOPTION)
		/* The member lies behind the end of the structure. */
		.offset = sizeof(struct config),
#endif
#if defined(NOVARIABLE)
		/* The BPF object has no such variable. */
		.variable = "number",
#endif
	},
};

static const struct bpflock_field fields[] = {
#if defined(BADFIELD)
	/* It lies in what every record starts with, which is the core's to log. */
	{ .name = "when", .summary = "when", .type = BPFLOCK_FIELD_UINT, .size = 8, .offset = 0 },
#elif defined(LATEFIELD)
	/* It lies behind the end of any record. */
	{ .name = "late", .summary = "late", .type = BPFLOCK_FIELD_UINT, .size = 8, .offset = -4ull },
#elif defined(COREFIELD)
	/* The core logs a field of that name with every record. */
	{ .name = "tgid",
	  .summary = "process",
	  .type = BPFLOCK_FIELD_UINT,
	  .size = 8,
	  .offset = sizeof(struct bpflock_event) },
#else
	{ .name = "fine",
	  .summary = "a number",
	  .type = BPFLOCK_FIELD_UINT,
	  .size = 8,
	  .offset = sizeof(struct bpflock_event) },
#endif
};

static const struct bpflock_event_type events[] = {
	{
		.type = 1,
		.name = "set_host_name",
		.summary = "somebody sets the name of the host",
		.fields = BPFLOCK_TABLE(fields),
	},
};

#define DESCRIPTOR                                                                          \
	.version = "1.0", .summary = "A fixture", .license = "Apache-2.0 AND GPL-2.0-only", \
	.config_size = sizeof(struct config), .options = BPFLOCK_TABLE(options), .events = BPFLOCK_TABLE(events)

#if defined(NOTELF)
/* What it carries is no BPF object. */
static const unsigned char text[128] __attribute__((aligned(8))) = "int main;";
#define WRONG .object = text, .object_end = text + sizeof(text)
#elif defined(BADFLAGS)
/* A flag that no version of the ABI has. */
#define WRONG .flags = 1ull << 40
#elif defined(MISNAMED)
/* The file is misnamed.so. */
#define WRONG .name = "other"
#else
#define WRONG .contact = "nobody"
#endif

#define PLUGIN(id, ...) BPFLOCK_PLUGIN(id, __VA_ARGS__)
PLUGIN(FIXTURE, DESCRIPTOR, WRONG);

#if defined(NEWER) || defined(NEWERUSED)
#undef bpflock_plugin_v1
#define TEXT(id) #id
#define NAME(id) TEXT(id)

struct newer_plugin {
	struct bpflock_plugin known;
	__u64 unknown;
};

extern const struct newer_plugin bpflock_plugin_v1;
__attribute__((visibility("default"))) const struct newer_plugin bpflock_plugin_v1 = {
	.known = {
		.size = sizeof(struct newer_plugin),
		.abi_minor = BPFLOCK_ABI_MINOR + 1,
		.name = NAME(FIXTURE),
		.object = bpflock_object,
		.object_end = bpflock_object_end,
		DESCRIPTOR,
	},
#if defined(NEWERUSED)
	/* It relies on something that this daemon does not do. */
	.unknown = 1,
#endif
};
#endif

#endif
