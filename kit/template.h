/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a new plugin, and what differs in them. */
#ifndef BPFLOCK_KIT_TEMPLATE_H
#define BPFLOCK_KIT_TEMPLATE_H

#include <stdbool.h>

#include "hook.h"

/**
 * struct project - a new plugin
 * @meson: is built by meson, not by make
 */
struct project {
	const char *name;
	struct hook hook;
	bool is_enforcer;
	bool meson;
};

struct template_values *template_values_of(const struct project *project);
void template_values_free(struct template_values *values);

/* The text (to be freed) with each @NAME@ of a value replaced by the value. */
char *template_fill(const char *text, const struct template_values *values);

#endif
