/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the lines of a log. */
#include "advise/advice.h"

#include <stdint.h>
#include <string.h>

#include "util/json.h"
#include "util/memory.h"
#include "util/words.h"

/* More in one line is nonsense; sums of such numbers would wrap. */
#define COUNT_MAX UINT32_MAX

/* The fixed texts of core/policy/policy.c; of two that fit, the first counts. */
static const struct {
	const char *reason;
	enum outcome outcome;
} reasons[] = {
	{ "allow (baseline)", OUTCOME_HOST },
	{ "allow (exception)", OUTCOME_EXCEPTED },
	{ "allow (grant)", OUTCOME_GRANTED },
	{ "allow (", OUTCOME_ALLOWED },
	{ "would deny (baseline)", OUTCOME_WOULD_CONTAIN },
	{ "would deny (", OUTCOME_WOULD_DENY },
	{ "denied (baseline)", OUTCOME_CONTAINED },
	{ "denied (", OUTCOME_DENIED },
};

static bool outcome_of(const char *reason, enum outcome *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (strncmp(reason, reasons[i].reason, strlen(reasons[i].reason)) == 0) {
			*ret = reasons[i].outcome;
			return true;
		}
	return false;
}

enum verdict outcome_verdict(enum outcome outcome)
{
	if (outcome >= OUTCOME_CONTAINED)
		return VERDICT_DENIED;
	return outcome >= OUTCOME_WOULD_CONTAIN ? VERDICT_WOULD_DENY : VERDICT_ALLOWED;
}

__u64 counts_of(const __u64 counts[OUTCOMES], enum verdict verdict)
{
	__u64 sum = 0;

	for (enum outcome outcome = 0; outcome < OUTCOMES; outcome++)
		if (outcome_verdict(outcome) == verdict)
			sum += counts[outcome];
	return sum;
}

__u64 usage_total(const struct usage *usage)
{
	__u64 sum = 0;

	for (enum outcome outcome = 0; outcome < OUTCOMES; outcome++)
		sum += usage->counts[outcome];
	return sum;
}

static void free_user(struct lh_entry *entry)
{
	struct user *user = (struct user *)(uintptr_t)lh_entry_v(entry);

	free(user->program);
	free(user->unit);
	free(user->container);
	free(user);
	free(lh_entry_k(entry));
}

static struct usage *add_usage(struct subject *subject, const char *name, const char *text)
{
	struct usage *usage;

	if (subject->usage_count == USAGES_MAX)
		return NULL;
	subject->usages = xreallocarray(subject->usages, subject->usage_count + 1, sizeof(*subject->usages));
	usage = &subject->usages[subject->usage_count++];
	*usage = (struct usage){
		.name = xstrdup(name),
		.text = xstrdup(text),
		.aliases = xstrdup(""),
		.summary = xstrdup(""),
		.users = lh_kchar_table_new(16, free_user),
	};
	return usage;
}

static void add_operation(struct subject *subject, const struct json_object *operation)
{
	struct usage *usage = add_usage(subject, json_get_text(operation, "name"), json_get_text(operation, "text"));

	if (!usage)
		return;
	free(usage->aliases);
	free(usage->summary);
	usage->aliases = xstrdup(json_get_text(operation, "aliases"));
	usage->summary = xstrdup(json_get_text(operation, "summary"));
	usage->missing = json_get_bool(operation, "missing");
	usage->known = true;
}

static struct subject *add_subject(struct advice *advice, const char *name)
{
	struct subject *subject;

	if (advice->subject_count == SUBJECTS_MAX)
		return NULL;
	advice->subjects = xreallocarray(advice->subjects, advice->subject_count + 1, sizeof(*advice->subjects));
	subject = &advice->subjects[advice->subject_count++];
	*subject = (struct subject){ .name = xstrdup(name) };
	return subject;
}

static void add_plugin(struct advice *advice, const struct json_object *plugin)
{
	const struct json_object *operations = json_get_list(plugin, "operations");
	const char *name = json_get_text(plugin, "name"), *kind = json_get_text(plugin, "kind");
	struct subject *subject;

	if (!*kind)
		return;
	if (strcmp(kind, "observer") == 0) {
		xappend(&advice->observers, " ", "%s", name);
		return;
	}
	subject = add_subject(advice, name);
	if (!subject)
		return;
	subject->installed = true;
	subject->guard = strcmp(kind, "guard") == 0;
	for (size_t i = 0; i < json_length(operations); i++)
		add_operation(subject, json_object_array_get_idx(operations, i));
}

void advice_open(struct advice *advice, const struct json_object *description)
{
	const struct json_object *plugins = json_get_list(description, "plugins");

	*advice = (struct advice){
		.observers = xstrdup(""),
		.exceptions = json_get_bool(description, "exceptions"),
		.caveats = json_new_list(),
	};
	for (size_t i = 0; i < json_length(plugins); i++)
		add_plugin(advice, json_object_array_get_idx(plugins, i));
}

static struct subject *find_subject(const struct advice *advice, const char *name)
{
	for (size_t i = 0; i < advice->subject_count; i++)
		if (strcmp(advice->subjects[i].name, name) == 0)
			return &advice->subjects[i];
	return NULL;
}

static bool is_named(const struct usage *usage, const char *op, const char *text)
{
	if (*op)
		return strcmp(usage->name, op) == 0 || words_have(usage->aliases, ' ', op);
	return strcmp(usage->text, text) == 0;
}

/* By `op`, where the line has it. The table of this kernel may lack what another host has used. */
static struct usage *find_usage(struct subject *subject, const char *op, const char *text)
{
	for (size_t i = 0; i < subject->usage_count; i++)
		if (is_named(&subject->usages[i], op, text))
			return &subject->usages[i];
	return add_usage(subject, *op ? op : text, text);
}

static struct usage *usage_of(struct subject *subject, const struct entry *entry)
{
	return find_usage(subject, entry->values[ENTRY_OP], entry->values[ENTRY_OPERATION]);
}

static void note_time(time_t *first, time_t *last, time_t when, bool begun)
{
	if (!begun || when < *first)
		*first = when;
	if (!begun || when > *last)
		*last = when;
}

static struct user *new_user(const struct entry *entry, bool several)
{
	struct user *user = xcalloc(1, sizeof(*user));

	user->program = xstrdup(entry->values[ENTRY_COMM]);
	user->several = several;
	user->unit = xstrdup(entry->values[ENTRY_UNIT]);
	user->container = xstrdup(entry->values[ENTRY_CONTAINER]);
	user->first = user->last = entry->time;
	return user;
}

/* NULL where there are too many. */
static struct user *find_user(struct usage *usage, const struct entry *entry)
{
	const char *program = entry->values[ENTRY_COMM], *unit = entry->values[ENTRY_UNIT];
	bool several = *entry->values[ENTRY_COMMS];
	CLEANUP(cleanup_free)
	char *key = xasprintf("%d%zu:%s%zu:%s%s", several, strlen(program), program, strlen(unit), unit,
			      entry->values[ENTRY_CONTAINER]);
	const struct lh_entry *found = lh_table_lookup_entry(usage->users, key);
	struct user *user;

	if (found)
		return (struct user *)(uintptr_t)lh_entry_v(found);
	if (lh_table_length(usage->users) >= USERS_MAX)
		return NULL;
	user = new_user(entry, several);
	if (lh_table_insert(usage->users, key, user) < 0)
		abort();
	key = NULL;
	return user;
}

static void add_decision(struct advice *advice, struct subject *subject, const struct entry *entry)
{
	__u64 count = entry_number(entry, ENTRY_COUNT, 1);
	struct usage *usage = usage_of(subject, entry);
	enum outcome outcome;
	struct user *user;

	if (!usage || count > COUNT_MAX || !outcome_of(entry->values[ENTRY_REASON], &outcome)) {
		advice->unread++;
		return;
	}
	user = find_user(usage, entry);
	usage->counts[outcome] += count;
	usage->timeline[advice_bucket(advice, entry->time)][outcome_verdict(outcome)] += count;
	advice->events += count;
	if (strstr(entry->values[ENTRY_REASON], "(restricted)"))
		subject->restricted = true;
	if (!user) {
		usage->further += count;
		return;
	}
	user->counts[outcome] += count;
	note_time(&user->first, &user->last, entry->time, true);
}

/* The kernel's counts are those since the plugin was loaded, so the largest is the one to keep. */
static void add_counts(struct subject *subject, const struct entry *entry)
{
	__u64 allowed = entry_number(entry, ENTRY_ALLOWED, 0) + entry_number(entry, ENTRY_WOULD_DENY, 0);
	struct usage *usage = usage_of(subject, entry);

	if (usage && allowed > usage->counted)
		usage->counted = allowed;
}

/* Lines of the daemon itself. */
static void add_daemon_line(struct advice *advice, struct subject *subject, const struct entry *entry)
{
	static const char running[] = "plugin_running enforcement decisions records";
	const char *event = entry->values[ENTRY_EVENT];

	if (strcmp(event, "events_lost") == 0 || strcmp(event, "runs_skipped") == 0)
		*(subject ? &subject->lost : &advice->lost) += entry_number(entry, ENTRY_COUNT, 1);
	if (!subject || !words_have(running, ' ', event))
		return;
	subject->seen = true;
	if (strcmp(event, "decisions") == 0)
		add_counts(subject, entry);
}

void advice_add(struct advice *advice, const struct entry *entry)
{
	bool decision = strcmp(entry->values[ENTRY_SUBSYS], "bpf") == 0 && *entry->values[ENTRY_REASON];
	struct subject *subject = find_subject(advice, entry->values[ENTRY_BPFPROG]);

	note_time(&advice->since, &advice->until, entry->time, advice->lines++);
	if (!decision) {
		/* What an observer has lost says nothing about operations. */
		if (subject || !words_have(advice->observers, ' ', entry->values[ENTRY_BPFPROG]))
			add_daemon_line(advice, subject, entry);
		return;
	}
	if (!subject)
		subject = add_subject(advice, entry->values[ENTRY_BPFPROG]);
	if (!subject) {
		advice->unread++;
		return;
	}
	subject->seen = true;
	add_decision(advice, subject, entry);
}

static void free_subject(struct subject *subject)
{
	for (size_t i = 0; i < subject->usage_count; i++) {
		struct usage *usage = &subject->usages[i];

		free(usage->name);
		free(usage->text);
		free(usage->aliases);
		free(usage->summary);
		lh_table_free(usage->users);
	}
	free(subject->usages);
	free(subject->name);
}

void advice_close(struct advice *advice)
{
	for (size_t i = 0; i < advice->subject_count; i++)
		free_subject(&advice->subjects[i]);
	free(advice->subjects);
	free(advice->observers);
	json_object_put(advice->caveats);
}
