/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proposal as a file of the configuration. Only names of the installed plugins' tables and checked names of units
 * stand outside of comments.
 */
#include <string.h>

#include "advise/advice.h"
#include "terminal.h"
#include "util/json.h"
#include "util/memory.h"

/* Well below what a line may have: CONFIG_LINE_MAX. */
#define LINE_WIDTH 110

/* As many users of an operation are named. */
#define NAMED_MAX 10

static __attribute__((format(printf, 2, 3))) void put_comment(FILE *stream, const char *format, ...)
{
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *escaped = NULL;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	escaped = terminal_escaped(text);
	fprintf(stream, "; %s\n", escaped);
}

/**
 * struct list - the lines of one key, which add up
 * @width: of the line that is being written; 0 before the first
 */
struct list {
	FILE *stream;
	const char *key;
	size_t width;
};

static void list_add(struct list *list, const char *item)
{
	if (list->width && list->width + strlen(item) + 2 <= LINE_WIDTH) {
		fprintf(list->stream, ", %s", item);
		list->width += strlen(item) + 2;
		return;
	}
	fprintf(list->stream, "%s%s = %s", list->width ? "\n" : "", list->key, item);
	list->width = strlen(list->key) + 3 + strlen(item);
}

static void list_end(const struct list *list)
{
	if (list->width)
		putc('\n', list->stream);
}

static void put_list(const struct subject *subject, enum conclusion conclusion, const char *key, FILE *stream)
{
	struct list list = { stream, key, 0 };

	for (size_t i = 0; i < subject->usage_count; i++)
		if (subject->usages[i].conclusion == conclusion)
			list_add(&list, subject->usages[i].name);
	list_end(&list);
}

static void put_user(const struct usage *usage, const struct user *user, FILE *stream)
{
	CLEANUP(cleanup_free) char *text = user_text(user);
	char first[ADVICE_TIME_SIZE], last[ADVICE_TIME_SIZE];

	advice_time(user->first, first);
	advice_time(user->last, last);
	put_comment(stream, "%s: %s: %llu allowed, %llu would be denied, %llu denied, %s to %s", usage->name, text,
		    counts_of(user->counts, VERDICT_ALLOWED), counts_of(user->counts, VERDICT_WOULD_DENY),
		    counts_of(user->counts, VERDICT_DENIED), first, last);
}

/* Who was denied and would need an exception, if that is wanted. */
static void put_needed(const struct usage *usage, const struct user *user, FILE *stream)
{
	if (user->counts[OUTCOME_CONTAINED] && user_has_unit(user))
		put_comment(stream, "    denied so far; it would need: except_units = %s%s", user->unit,
			    usage->conclusion == CONCLUDE_BLOCK ? ", and no block" : "");
	else if (user->counts[OUTCOME_EXCEPTED] && !user_has_unit(user))
		put_comment(stream, "    an exception allows it now: keep that");
	else if (user->counts[OUTCOME_GRANTED])
		put_comment(stream, "    a grant allowed it: nothing is proposed");
}

static void put_usage(const struct usage *usage, FILE *stream)
{
	size_t count;
	CLEANUP(cleanup_free) const struct user **users = usage_sorted(usage, &count);

	if (usage->counted && !usage_total(usage))
		put_comment(stream, "%s: the kernel has allowed it %llu times, and no line says to whom", usage->name,
			    usage->counted);
	for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
		put_user(usage, users[i], stream);
		put_needed(usage, users[i], stream);
	}
	if (count > NAMED_MAX || usage->further)
		put_comment(stream, "%s: and others", usage->name);
}

static bool has(const struct subject *subject, enum conclusion conclusion)
{
	for (size_t i = 0; i < subject->usage_count; i++)
		if (subject->usages[i].conclusion == conclusion)
			return true;
	return false;
}

/* Each once: they are few. */
static bool is_in(const struct json_object *list, const char *text)
{
	for (size_t i = 0; i < json_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), text) == 0)
			return true;
	return false;
}

static void collect_units(const struct usage *usage, struct json_object *units)
{
	const struct lh_entry *entry;

	lh_foreach(usage->users, entry)
	{
		const struct user *user = lh_entry_v(entry);

		if ((user->counts[OUTCOME_EXCEPTED] || user->counts[OUTCOME_WOULD_CONTAIN]) && user_has_unit(user) &&
		    !is_in(units, user->unit))
			json_append(units, json_text(user->unit));
	}
}

static void put_exceptions(const struct subject *subject, FILE *stream)
{
	CLEANUP(cleanup_json) struct json_object *units = json_new_list();
	struct list list = { stream, "except_units", 0 };

	for (size_t i = 0; i < subject->usage_count; i++)
		if (subject->usages[i].conclusion == CONCLUDE_BASELINE)
			collect_units(&subject->usages[i], units);
	if (!json_length(units))
		return;
	fputs("; in namespaces of their own, and allowed so far. The list replaces that of an earlier file:\n", stream);
	for (size_t i = 0; i < json_length(units); i++)
		list_add(&list, json_object_get_string(json_object_array_get_idx(units, i)));
	list_end(&list);
}

/* It is not to become looser. Where baseline has decided something, `restricted` would deny more. */
static const char *profile_of(const struct subject *subject)
{
	return subject->restricted && !has(subject, CONCLUDE_BASELINE) ? "restricted" : "baseline";
}

static void put_proposal(const struct subject *subject, bool exceptions, FILE *stream)
{
	fprintf(stream, "[%s]\nenabled = yes\nprofile = %s\n", subject->name, profile_of(subject));
	if (has(subject, CONCLUDE_BLOCK))
		fputs("; nobody was allowed these, or asked for them:\n", stream);
	put_list(subject, CONCLUDE_BLOCK, "block", stream);
	if (has(subject, CONCLUDE_ALLOW))
		fputs("; used, and only this surely permits it. Where all users are in the initial namespaces, leave "
		      "it out:\n",
		      stream);
	put_list(subject, CONCLUDE_ALLOW, "allow", stream);
	if (exceptions)
		put_exceptions(subject, stream);
	if (has(subject, CONCLUDE_BASELINE))
		fputs("; used, and left to the profile:", stream);
	for (size_t i = 0; i < subject->usage_count; i++)
		if (subject->usages[i].conclusion == CONCLUDE_BASELINE)
			fprintf(stream, " %s", subject->usages[i].name);
	if (has(subject, CONCLUDE_BASELINE))
		putc('\n', stream);
	fputs(";\n", stream);
	for (size_t i = 0; i < subject->usage_count; i++)
		put_usage(&subject->usages[i], stream);
}

void advice_print_ini(const struct advice *advice, FILE *stream)
{
	char since[ADVICE_TIME_SIZE], until[ADVICE_TIME_SIZE];

	advice_time(advice->since, since);
	advice_time(advice->until, until);
	put_comment(stream, "Proposed by bpflockctl advise, from %llu decisions, %s to %s", advice->events, since,
		    until);
	for (size_t i = 0; i < json_length(advice->caveats); i++)
		put_comment(stream, "CAVEAT: %s",
			    json_object_get_string(json_object_array_get_idx(advice->caveats, i)));
	for (size_t i = 0; i < advice->subject_count; i++) {
		const struct subject *subject = &advice->subjects[i];

		if (!subject->seen || !subject->installed || subject->guard)
			continue;
		putc('\n', stream);
		put_proposal(subject, advice->exceptions, stream);
	}
}

char *advice_ini(const struct advice *advice)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		abort();
	advice_print_ini(advice, stream);
	fclose(stream);
	return text;
}
