/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the counts. Nothing that worked is to stop, and nothing that was denied is to be allowed. */
#include <ctype.h>
#include <string.h>

#include "advise/advice.h"
#include "util/json.h"
#include "util/memory.h"

/* Shorter times do not show what runs once a day. */
#define ENOUGH (7L * 24 * 60 * 60)

const char *conclusion_name(enum conclusion conclusion)
{
	static const char *const names[] = {
		[CONCLUDE_BLOCK] = "block",
		[CONCLUDE_BASELINE] = "baseline",
		[CONCLUDE_ALLOW] = "allow",
		[CONCLUDE_NOTHING] = "none",
	};

	return names[conclusion];
}

void advice_time(time_t when, char ret[ADVICE_TIME_SIZE])
{
	struct tm parts = { 0 };

	if (!gmtime_r(&when, &parts) || !strftime(ret, ADVICE_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts))
		snprintf(ret, ADVICE_TIME_SIZE, "?");
}

bool user_has_unit(const struct user *user)
{
	const char *suffix = strrchr(user->unit, '.');

	if (*user->container || !suffix || suffix == user->unit || strlen(user->unit) > 128)
		return false;
	for (const char *c = user->unit; *c; c++)
		if (!isascii(*c) || (!isalnum((unsigned char)*c) && !strchr("-_.@:\\", *c)))
			return false;
	return strcmp(suffix, ".service") == 0 || strcmp(suffix, ".slice") == 0;
}

char *user_text(const struct user *user)
{
	CLEANUP(cleanup_free) char *where = xstrdup("");

	if (*user->unit)
		xappend(&where, ", ", "unit %s", user->unit);
	if (*user->container)
		xappend(&where, ", ", "container %s", user->container);
	return xasprintf("%s%s%s%s%s", *user->program ? user->program : "?", user->several ? " and others" : "",
			 *where ? " (" : "", where, *where ? ")" : "");
}

static __u64 user_total(const struct user *user)
{
	__u64 sum = 0;

	for (enum outcome outcome = 0; outcome < OUTCOMES; outcome++)
		sum += user->counts[outcome];
	return sum;
}

/* The same order for the same lines in any order. */
static int compare_users(const void *a, const void *b)
{
	const struct user *first = *(const struct user *const *)a, *second = *(const struct user *const *)b;
	int order = strcmp(first->program, second->program);

	if (user_total(first) != user_total(second))
		return user_total(first) > user_total(second) ? -1 : 1;
	if (!order)
		order = strcmp(first->unit, second->unit);
	return order ? order : strcmp(first->container, second->container);
}

const struct user **usage_sorted(const struct usage *usage, size_t *ret_count)
{
	const struct user **users = xcalloc((size_t)lh_table_length(usage->users) + 1, sizeof(*users));
	const struct lh_entry *entry;

	*ret_count = 0;
	lh_foreach(usage->users, entry)
	{
		users[(*ret_count)++] = lh_entry_v(entry);
	}
	qsort(users, *ret_count, sizeof(*users), compare_users);
	return users;
}

/* Did a task succeed for which baseline needs an exception that is not there yet, and cannot be written down? */
static bool needs_more_than_units(const struct usage *usage, bool exceptions)
{
	const struct lh_entry *entry;

	if (usage->further)
		return true;
	lh_foreach(usage->users, entry)
	{
		const struct user *user = lh_entry_v(entry);

		if (user->counts[OUTCOME_WOULD_CONTAIN] && (!exceptions || !user_has_unit(user)))
			return true;
	}
	return false;
}

static enum conclusion conclude(const struct usage *usage, bool exceptions)
{
	const __u64 *counts = usage->counts;
	bool used =
		counts_of(counts, VERDICT_ALLOWED) > counts[OUTCOME_GRANTED] || counts_of(counts, VERDICT_WOULD_DENY);

	if (!usage->known || (usage->missing && !usage_total(usage) && !usage->counted))
		return CONCLUDE_NOTHING;
	if (!used && counts[OUTCOME_GRANTED])
		return CONCLUDE_NOTHING;
	if (!used)
		return usage->counted ? CONCLUDE_ALLOW : CONCLUDE_BLOCK;
	if (counts[OUTCOME_ALLOWED] || counts[OUTCOME_WOULD_DENY] || needs_more_than_units(usage, exceptions))
		return CONCLUDE_ALLOW;
	return CONCLUDE_BASELINE;
}

static __attribute__((format(printf, 2, 3))) void warn(struct advice *advice, const char *format, ...)
{
	CLEANUP(cleanup_free) char *text = NULL;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	json_append(advice->caveats, json_text(text));
}

static bool allowed_anything(const struct subject *subject)
{
	for (size_t i = 0; i < subject->usage_count; i++)
		if (counts_of(subject->usages[i].counts, VERDICT_DENIED) < usage_total(&subject->usages[i]))
			return true;
	return false;
}

static void conclude_subject(struct advice *advice, struct subject *subject)
{
	for (size_t i = 0; i < subject->usage_count; i++)
		subject->usages[i].conclusion = subject->seen && !subject->guard ?
							conclude(&subject->usages[i], advice->exceptions) :
							CONCLUDE_NOTHING;
	if (subject->lost)
		warn(advice, "%s: %llu events have no line: what looks unused may have been used", subject->name,
		     subject->lost);
	if (!subject->seen)
		warn(advice, "%s: no line of it was read: nothing is known of its operations", subject->name);
	else if (!subject->installed)
		warn(advice, "%s: it is not installed here: nothing is proposed for it", subject->name);
	else if (!subject->guard && !allowed_anything(subject))
		warn(advice,
		     "%s: no line shows that it allowed something: with log = denied this does not mean that "
		     "nobody used its operations",
		     subject->name);
}

void advice_conclude(struct advice *advice)
{
	char since[ADVICE_TIME_SIZE], until[ADVICE_TIME_SIZE];

	advice_time(advice->since, since);
	advice_time(advice->until, until);
	if (advice->lines && advice->until - advice->since < ENOUGH)
		warn(advice, "the lines are from %s to %s only: what is used less often is not in them", since, until);
	if (!advice->exceptions)
		warn(advice, "this machine has not cgroup v2 alone: it can have no exceptions, and none is proposed");
	if (advice->unread)
		warn(advice, "%llu lines were not understood, and are not counted", advice->unread);
	if (advice->lost)
		warn(advice, "%llu events have no line: what looks unused may have been used", advice->lost);
	for (size_t i = 0; i < advice->subject_count; i++)
		conclude_subject(advice, &advice->subjects[i]);
}
