/* SPDX-License-Identifier: Apache-2.0 */
/* For people, on a terminal. */
#include <string.h>

#include "advise/advice.h"
#include "table.h"
#include "util/json.h"
#include "util/memory.h"

static void add_text(struct table *table, const char *text, enum colour colour)
{
	CLEANUP(cleanup_free) char *escaped = terminal_escaped(text);

	table_add(table, escaped, colour);
}

static void add_counts(struct table *table, const __u64 counts[OUTCOMES])
{
	static const enum colour colours[] = {
		[VERDICT_ALLOWED] = COLOUR_NONE,
		[VERDICT_WOULD_DENY] = COLOUR_DOUBTFUL,
		[VERDICT_DENIED] = COLOUR_BAD,
	};

	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
		__u64 count = counts_of(counts, verdict);

		table_add_number(table, count, count ? colours[verdict] : COLOUR_NONE);
	}
}

static void add_user(struct table *table, const struct usage *usage, const struct user *user)
{
	CLEANUP(cleanup_free) char *program = xasprintf("%s%s", user->program, user->several ? " and others" : "");
	char first[ADVICE_TIME_SIZE], last[ADVICE_TIME_SIZE];

	advice_time(user->first, first);
	advice_time(user->last, last);
	add_text(table, usage->name, COLOUR_NONE);
	table_add(table, conclusion_name(usage->conclusion), COLOUR_NONE);
	add_text(table, program, COLOUR_NONE);
	add_text(table, user->unit, COLOUR_NONE);
	add_text(table, user->container, COLOUR_NONE);
	add_counts(table, user->counts);
	table_add(table, first, COLOUR_NONE);
	table_add(table, last, COLOUR_NONE);
}

static void print_users(const struct subject *subject)
{
	static const char *const headers[] = { "OPERATION",  "ADVICE", "PROGRAM", "UNIT", "CONTAINER", "ALLOWED",
					       "WOULD DENY", "DENIED", "FIRST",	  "LAST", NULL };
	struct table table;

	table_begin(&table, headers);
	for (size_t i = 0; i < subject->usage_count; i++) {
		size_t count;
		CLEANUP(cleanup_free) const struct user **users = usage_sorted(&subject->usages[i], &count);

		for (size_t j = 0; j < count; j++)
			add_user(&table, &subject->usages[i], users[j]);
	}
	table_end(&table);
}

static __u64 total_of(const struct subject *subject)
{
	__u64 sum = 0;

	for (size_t i = 0; i < subject->usage_count; i++)
		sum += usage_total(&subject->usages[i]);
	return sum;
}

static void print_unused(const struct subject *subject)
{
	CLEANUP(cleanup_free) char *names = xstrdup("");

	for (size_t i = 0; i < subject->usage_count; i++)
		if (subject->usages[i].conclusion == CONCLUDE_BLOCK && !usage_total(&subject->usages[i]))
			xappend(&names, ", ", "%s", subject->usages[i].name);
	if (*names)
		printf("Nobody has used these: block them.\n    %s\n", names);
}

static void print_subject(const struct subject *subject)
{
	CLEANUP(cleanup_free) char *name = terminal_escaped(subject->name);

	if (!subject->seen)
		return;
	printf("\n%s%s%s: %llu decisions\n", terminal_colour(COLOUR_HEADER, stdout), name,
	       terminal_colour(COLOUR_END, stdout), total_of(subject));
	if (total_of(subject))
		print_users(subject);
	print_unused(subject);
}

void advice_print(const struct advice *advice)
{
	char since[ADVICE_TIME_SIZE], until[ADVICE_TIME_SIZE];

	advice_time(advice->since, since);
	advice_time(advice->until, until);
	printf("%llu lines, %s to %s\n", advice->lines, since, until);
	for (size_t i = 0; i < json_length(advice->caveats); i++) {
		CLEANUP(cleanup_free)
		char *text = terminal_escaped(json_object_get_string(json_object_array_get_idx(advice->caveats, i)));

		printf("%scaveat%s: %s\n", terminal_colour(COLOUR_DOUBTFUL, stdout),
		       terminal_colour(COLOUR_END, stdout), text);
	}
	for (size_t i = 0; i < advice->subject_count; i++)
		print_subject(&advice->subjects[i]);
	printf("\n%sProposed configuration%s (bpflockctl advise --ini prints it alone):\n\n",
	       terminal_colour(COLOUR_HEADER, stdout), terminal_colour(COLOUR_END, stdout));
	advice_print_ini(advice, stdout);
}
