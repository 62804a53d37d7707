/* SPDX-License-Identifier: Apache-2.0 */
#include "doc_format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "util/memory.h"

/* Of the page: SOURCE_DATE_EPOCH makes it the same wherever it is made. */
static void print_date(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	time_t now = epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
	char month[32], rest[32];
	struct tm when;

	gmtime_r(&now, &when);
	strftime(month, sizeof(month), "%B", &when);
	strftime(rest, sizeof(rest), ", %Y", &when);
	printf(".Dd %s %d%s\n", month, when.tm_mday, rest);
}

/* A line of mdoc(7) that begins with a dot or an apostrophe would be a macro. */
static void man_text(const char *text)
{
	bool begins = true;

	for (const char *c = text; *c; c++) {
		if (begins && (*c == '.' || *c == '\''))
			fputs("\\&", stdout);
		if (*c == '\\')
			fputs("\\e", stdout);
		else
			putchar(*c);
		begins = *c == '\n';
	}
}

static void man_line(const char *text)
{
	man_text(text);
	putchar('\n');
}

static void man_head(const char *name, const char *summary, const char *kind)
{
	puts(".\\\" Made by bpflock-plugin doc.");
	print_date();
	fputs(".Dt BPFLOCK-", stdout);
	for (const char *c = name; *c; c++)
		putchar(toupper((unsigned char)*c));
	printf(" 7\n.Os\n.Sh NAME\n.Nm bpflock-%s\n.Nd %c", name, tolower((unsigned char)*summary));
	man_line(*summary ? summary + 1 : "");
	printf(".Sh DESCRIPTION\nA plugin of\n.Xr bpflock 8 .\nIt is %s %s.\n", *kind == 'g' ? "a" : "an", kind);
	printf("Its options stand in the section\n.Ql [%s]\nof\n.Xr bpflock.conf 5 .\n", name);
}

static void man_section(const char *title)
{
	printf(".Sh %s\n", title);
}

static void man_subsection(const char *event)
{
	printf(".Ss event=%s\n", event);
}

static void man_code(const char *beginning, const char *literal)
{
	man_line(beginning);
	printf(".Ql %s .\n", literal);
}

static void man_variable(const char *name)
{
	printf(".Pp\nVariable:\n.Ev %s\n", name);
}

static void man_list(bool begins, bool of_values)
{
	puts(!begins ? ".El" : of_values ? ".Bl -tag -width Ds -compact" : ".Bl -tag -width Ds");
}

static void man_item(const char *name, bool of_values)
{
	(void)of_values;
	fputs(".It Cm ", stdout);
	man_line(name);
}

static void man_group(const char *name, bool last)
{
	printf(".Cm @%s%s\n", name, last ? "\n." : " ,");
}

static void man_foot(void)
{
	puts(".Sh SEE ALSO\n.Xr bpflock.conf 5 ,\n.Xr bpflock 8 ,\n.Xr bpflockctl 8");
}

static void md_head(const char *name, const char *summary, const char *kind)
{
	printf("# %s\n\n%s.\n\n", name, summary);
	printf("A plugin of bpflock, %s %s. Its options stand in the section `[%s]`.\n", *kind == 'g' ? "a" : "an",
	       kind, name);
}

/* Titles of manual pages are in capitals, those of other texts are not. */
static void md_section(const char *title)
{
	printf("\n## %c", *title);
	for (const char *c = title + 1; *c; c++)
		putchar(tolower((unsigned char)*c));
	puts("\n");
}

static void md_subsection(const char *event)
{
	printf("\n### `event=%s`\n\n", event);
}

static void md_sentence(const char *text)
{
	printf("%s\n", text);
}

static void md_code(const char *beginning, const char *literal)
{
	printf("%s `%s`.\n", beginning, literal);
}

static void md_variable(const char *name)
{
	printf("Variable: `%s`.\n", name);
}

static void md_list(bool begins, bool of_values)
{
	if (begins && !of_values)
		putchar('\n');
}

/* The lines of an item, and the items of a list in it, are indented or continue the line before. */
static void md_item(const char *name, bool of_values)
{
	printf("%s- `%s`: ", of_values ? "  " : "", name);
}

static void md_group(const char *name, bool last)
{
	printf("`@%s`%s\n", name, last ? "." : ",");
}

static void md_foot(void)
{
}

const struct doc_format doc_formats[] = {
	{
		.name = "man",
		.head = man_head,
		.section = man_section,
		.subsection = man_subsection,
		.sentence = man_line,
		.code = man_code,
		.variable = man_variable,
		.list = man_list,
		.item = man_item,
		.group = man_group,
		.foot = man_foot,
	},
	{
		.name = "md",
		.head = md_head,
		.section = md_section,
		.subsection = md_subsection,
		.sentence = md_sentence,
		.code = md_code,
		.variable = md_variable,
		.list = md_list,
		.item = md_item,
		.group = md_group,
		.foot = md_foot,
	},
};

const unsigned int doc_format_count = ARRAY_SIZE(doc_formats);
