/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a plugin that there is not: of each type, with and without a default, limits and a list. */
#ifndef FROG_H
#define FROG_H

#include <bpflock/plugin.h>

static const struct bpflock_value colours[] = {
	{ "green", 1, NULL },
	{ "verdant", 1, NULL },
	{ "brown", 2, NULL },
};

struct frog {
	__u8 colour;
	__u8 awake;
	__u16 legs;
	__u16 eyes;
	__u32 weight;
	__u32 owner;
	__u64 sleep;
	const char *song;
	const char *croak;
	struct bpflock_list ponds;
	struct bpflock_list leaps;
	struct bpflock_list homes;
	struct bpflock_list colours;
	struct bpflock_list friends;
	struct bpflock_list doors;
	struct bpflock_list nests;
};

static const struct bpflock_option frog_options[] = {
	{ .name = "colour",
	  .initial = "green",
	  .type = BPFLOCK_OPTION_CHOICE,
	  .values = BPFLOCK_TABLE(colours),
	  BPFLOCK_MEMBER(struct frog, colour) },
	{ .name = "legs", .initial = "4", .type = BPFLOCK_OPTION_UINT, .min = 2, BPFLOCK_MEMBER(struct frog, legs) },
	{ .name = "weight",
	  .initial = "2K",
	  .type = BPFLOCK_OPTION_SIZE,
	  .min = 1024,
	  .max = 1 << 20,
	  BPFLOCK_MEMBER(struct frog, weight) },
	{ .name = "sleep", .type = BPFLOCK_OPTION_DURATION, BPFLOCK_MEMBER(struct frog, sleep) },
	{ .name = "song", .type = BPFLOCK_OPTION_STRING, BPFLOCK_MEMBER(struct frog, song) },
	{ .name = "ponds",
	  .initial = "lily, moor",
	  .type = BPFLOCK_OPTION_STRING,
	  .flags = BPFLOCK_OPTION_LIST,
	  BPFLOCK_MEMBER(struct frog, ponds) },
	{ .name = "leaps",
	  .initial = "1",
	  .type = BPFLOCK_OPTION_UINT,
	  .flags = BPFLOCK_OPTION_LIST,
	  .max_items = 3,
	  BPFLOCK_MEMBER(struct frog, leaps) },
	{ .name = "homes",
	  .type = BPFLOCK_OPTION_CGROUP,
	  .flags = BPFLOCK_OPTION_LIST,
	  BPFLOCK_MEMBER(struct frog, homes) },
	{ .name = "friends",
	  .type = BPFLOCK_OPTION_CIDR,
	  .flags = BPFLOCK_OPTION_LIST,
	  BPFLOCK_MEMBER(struct frog, friends) },
	{ .name = "doors",
	  .type = BPFLOCK_OPTION_PORTS,
	  .flags = BPFLOCK_OPTION_LIST,
	  BPFLOCK_MEMBER(struct frog, doors) },
	{ .name = "owner", .type = BPFLOCK_OPTION_USER, BPFLOCK_MEMBER(struct frog, owner) },
	{ .name = "nests",
	  .type = BPFLOCK_OPTION_PATH,
	  .flags = BPFLOCK_OPTION_LIST,
	  BPFLOCK_MEMBER(struct frog, nests) },
	{ .name = "awake", .type = BPFLOCK_OPTION_BOOL, BPFLOCK_MEMBER(struct frog, awake) },
	{ .name = "eyes", .type = BPFLOCK_OPTION_UINT, .min = 2, BPFLOCK_MEMBER(struct frog, eyes) },
	{ .name = "croak", .type = BPFLOCK_OPTION_STRING, .max = 100, BPFLOCK_MEMBER(struct frog, croak) },
	{ .name = "colours",
	  .type = BPFLOCK_OPTION_CHOICE,
	  .flags = BPFLOCK_OPTION_LIST,
	  .values = BPFLOCK_TABLE(colours),
	  BPFLOCK_MEMBER(struct frog, colours) },
};

static const struct bpflock_table frog_table = BPFLOCK_TABLE(frog_options);

#endif
