/* SPDX-License-Identifier: Apache-2.0 */
/* For programs: --json. */
#include <string.h>

#include "advise/advice.h"
#include "util/json.h"
#include "util/memory.h"

static void add_time(struct json_object *object, const char *key, time_t when)
{
	char text[ADVICE_TIME_SIZE];

	advice_time(when, text);
	json_add_text(object, key, text);
}

static void add_counts(struct json_object *object, const __u64 counts[OUTCOMES])
{
	json_add_uint(object, "allowed", counts_of(counts, VERDICT_ALLOWED));
	json_add_uint(object, "would_deny", counts_of(counts, VERDICT_WOULD_DENY));
	json_add_uint(object, "denied", counts_of(counts, VERDICT_DENIED));
}

static struct json_object *new_user(const struct user *user)
{
	struct json_object *object = json_new();

	json_add_text(object, "comm", user->program);
	json_add_bool(object, "several", user->several);
	json_add_text(object, "unit", *user->unit ? user->unit : NULL);
	json_add_text(object, "container", *user->container ? user->container : NULL);
	add_counts(object, user->counts);
	add_time(object, "first", user->first);
	add_time(object, "last", user->last);
	return object;
}

static struct json_object *new_usage(const struct usage *usage)
{
	struct json_object *object = json_new(), *list = json_new_list();
	size_t count;
	CLEANUP(cleanup_free) const struct user **users = usage_sorted(usage, &count);

	for (size_t i = 0; i < count; i++)
		json_append(list, new_user(users[i]));
	json_add_text(object, "name", usage->name);
	json_add_text(object, "advice", conclusion_name(usage->conclusion));
	json_add_bool(object, "known", usage->known);
	json_add_bool(object, "missing", usage->missing);
	add_counts(object, usage->counts);
	json_add_uint(object, "counted", usage->counted);
	json_add(object, "users", list);
	return object;
}

static struct json_object *new_subject(const struct subject *subject)
{
	struct json_object *object = json_new(), *list = json_new_list();

	for (size_t i = 0; i < subject->usage_count; i++)
		json_append(list, new_usage(&subject->usages[i]));
	json_add_text(object, "name", subject->name);
	json_add_bool(object, "installed", subject->installed);
	json_add_bool(object, "seen", subject->seen);
	json_add_uint(object, "lost", subject->lost);
	json_add(object, "operations", list);
	return object;
}

struct json_object *advice_json(const struct advice *advice)
{
	struct json_object *object = json_new(), *list = json_new_list();
	CLEANUP(cleanup_free) char *ini = advice_ini(advice);

	for (size_t i = 0; i < advice->subject_count; i++)
		json_append(list, new_subject(&advice->subjects[i]));
	add_time(object, "since", advice->since);
	add_time(object, "until", advice->until);
	json_add_uint(object, "lines", advice->lines);
	json_add_uint(object, "unread", advice->unread);
	json_add_uint(object, "lost", advice->lost);
	json_add(object, "caveats", json_object_get(advice->caveats));
	json_add(object, "plugins", list);
	json_add_text(object, "configuration", ini);
	return object;
}
