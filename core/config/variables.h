/* SPDX-License-Identifier: Apache-2.0 */
/* Environment variables: their names follow from the option tables. */
#ifndef BPFLOCK_CONFIG_VARIABLES_H
#define BPFLOCK_CONFIG_VARIABLES_H

#include "config/config.h"

/* How the names of all variables begin. */
#define CONFIG_VARIABLE_PREFIX "BPFLOCK_"

/**
 * struct config_variable - a variable that may be set
 * @section: index of its section, and @option: of the value in it
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

/* The variables of all options, then the aliases: an alias cannot take the name of an option's own. */
void config_variables_build(struct config_variables *ret, const struct config *config,
			    const struct config_schema *schema);
void config_variables_clear(struct config_variables *variables);

const struct config_variable *config_variable_find(const struct config_variables *variables,
						   const char *name);

/* Reports a variable that no option has; a mere notice where Kubernetes may have set it. */
void config_variable_unknown(const struct config_variables *variables, const char *name,
			     struct report *report);

#endif
