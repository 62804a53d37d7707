/* SPDX-License-Identifier: Apache-2.0 */
/* Environment variables. Their names are derived from the tables of options. */
#ifndef BPFLOCK_CONFIG_VARIABLES_H
#define BPFLOCK_CONFIG_VARIABLES_H

#include "config/config.h"

/* The names of all variables begin with this. */
#define CONFIG_VARIABLE_PREFIX "BPFLOCK_"

/**
 * struct config_variable - a variable that may be set
 * @name:    its whole name
 * @section: index of its section
 * @option:  index of its value in the section
 */
struct config_variable {
	char *name;
	size_t section;
	size_t option;
};

struct config_variables {
	struct config_variable *items;
	size_t count;
};

/* Lists the variables of all options before the aliases: so an alias cannot replace the variable of an option. */
void config_variables_build(struct config_variables *ret, const struct config *config,
			    const struct config_schema *schema);
void config_variables_clear(struct config_variables *variables);

const struct config_variable *config_variable_find(const struct config_variables *variables, const char *name);

/* Changes the text itself, and returns it. */
char *config_upper_case(char *name);

/* Whether Kubernetes sets a variable of this name, for a Service: that is a notice, and configures nothing. */
bool config_variable_is_foreign(const char *name, struct report *report);

/* Reports a variable that belongs to no option. */
void config_variable_unknown(const struct config_variables *variables, const char *name, struct report *report);

#endif
