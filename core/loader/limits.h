/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many programs the kernel attaches to one function. A new generation is attached beside the old one, so twice the
 * number must fit: what fits only once could never be replaced, neither by a reload nor after a crash.
 */
#ifndef BPFLOCK_LOADER_LIMITS_H
#define BPFLOCK_LOADER_LIMITS_H

#include "loader/loader.h"

/* Counts the programs of others, as far as this process may see them (CAP_SYS_ADMIN). `protected`: our objects. */
struct limits *limits_open(const struct kernel *kernel, int protected);
struct limits *limits_close(struct limits *limits);

/*
 * Adds the programs of an instance that is to run after a change. Returns 0; or -E2BIG, reported: they are not added.
 * Needs the kernel's targets, without which nothing new is attached.
 */
int limits_add(struct limits *limits, const struct instance *instance, struct report *report);

#endif
