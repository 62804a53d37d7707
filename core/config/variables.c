/* SPDX-License-Identifier: Apache-2.0 */
#include "config/variables.h"

#include <assert.h>
#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "config/entries.h"
#include "config/suggest.h"
#include "util/memory.h"
#include "util/table.h"

char *config_upper_case(char *name)
{
	for (char *c = name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return name;
}

char *config_variable_name(const char *section, const char *key)
{
	bool core = strcmp(section, CONFIG_CORE_SECTION) == 0;
	char *name = core ? xasprintf(CONFIG_VARIABLE_PREFIX "%s", key) :
			    xasprintf(CONFIG_VARIABLE_PREFIX "%s_%s", section, key);

	return config_upper_case(name);
}

static void add_variable(struct config_variables *variables, char *name, size_t section, size_t option)
{
	variables->items = xreallocarray(variables->items, variables->count + 1, sizeof(*variables->items));
	variables->items[variables->count++] = (struct config_variable){
		.name = name,
		.section = section,
		.option = option,
	};
}

static void add_options(struct config_variables *variables, const struct config *config, size_t section)
{
	const struct config_section *in = &config->sections[section];

	for (size_t i = 0; i < in->value_count; i++)
		add_variable(variables, config_variable_name(in->name, in->values[i].option->name), section, i);
}

static void add_aliases(struct config_variables *variables, const struct config *config, size_t section,
			const struct bpflock_table *aliases)
{
	const struct config_section *in = &config->sections[section];

	for (__u32 i = 0; i < aliases->count; i++) {
		const struct config_value *value;
		struct bpflock_alias alias;

		table_copy_row(aliases, i, &alias, sizeof(alias));
		value = config_value(in, alias.option);
		if (value)
			add_variable(variables, xstrdup(alias.variable), section, (size_t)(value - in->values));
	}
}

void config_variables_build(struct config_variables *ret, const struct config *config,
			    const struct config_schema *schema)
{
	*ret = (struct config_variables){ 0 };
	for (size_t i = 0; i < config->section_count; i++)
		add_options(ret, config, i);
	for (size_t i = 0; i < config->section_count; i++)
		add_aliases(ret, config, i, &schema->sections[i].aliases);
}

void config_variables_clear(struct config_variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		free(variables->items[i].name);
	free(variables->items);
	*variables = (struct config_variables){ 0 };
}

const struct config_variable *config_variable_find(const struct config_variables *variables, const char *name)
{
	for (size_t i = 0; i < variables->count; i++)
		if (strcmp(variables->items[i].name, name) == 0)
			return &variables->items[i];
	return NULL;
}

/*
 * For a Service whose name begins with bpflock, Kubernetes sets such variables in every pod of the namespace:
 * BPFLOCK_METRICS_SERVICE_HOST, _SERVICE_PORT, _SERVICE_PORT_HTTP, _PORT, _PORT_80_TCP, _PORT_80_TCP_ADDR and so on.
 */
static bool is_of_kubernetes(const char *name)
{
	regex_t service;
	int error =
		regcomp(&service, "_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)$",
			REG_EXTENDED | REG_NOSUB);
	bool found;

	assert(!error);
	found = regexec(&service, name, 0, NULL, 0) == 0;
	regfree(&service);
	return found;
}

bool config_variable_is_foreign(const char *name, struct report *report)
{
	if (!is_of_kubernetes(name))
		return false;
	report_add(report, REPORT_NOTICE, "config_notice", name, "ignored: Kubernetes sets it for a Service");
	return true;
}

void config_variable_unknown(const struct config_variables *variables, const char *name, struct report *report)
{
	CLEANUP(config_names_clear) struct config_names valid = { 0 };

	for (size_t i = 0; i < variables->count; i++)
		config_names_add(&valid, variables->items[i].name);
	config_suggest_nearest(config_error(report, name, "there is no such variable"), &valid, name);
}
