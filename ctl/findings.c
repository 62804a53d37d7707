/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

#include <string.h>

#include "terminal.h"
#include "util/json.h"

static enum colour colour_of(const char *level)
{
	if (strcmp(level, "error") == 0)
		return COLOUR_BAD;
	return strcmp(level, "warning") == 0 ? COLOUR_DOUBTFUL : COLOUR_HEADER;
}

static void print_finding(const struct json_object *finding)
{
	const char *level = json_get_text(finding, "level"), *plugin = json_get_text(finding, "plugin");
	const char *source = json_get_text(finding, "source"), *remedy = json_get_text(finding, "remedy");

	fprintf(stderr, "%s%s%s: ", terminal_colour(colour_of(level), stderr), level,
		terminal_colour(COLOUR_END, stderr));
	if (*source)
		fprintf(stderr, "%s: ", source);
	if (*plugin)
		fprintf(stderr, "%s: ", plugin);
	fputs(json_get_text(finding, "text"), stderr);
	if (*remedy)
		fprintf(stderr, " (%s)", remedy);
	putc('\n', stderr);
}

void findings_print(const struct json_object *parameters)
{
	const struct json_object *findings = json_get_list(parameters, "findings");

	for (size_t i = 0; i < json_length(findings); i++)
		print_finding(json_object_array_get_idx(findings, i));
}
