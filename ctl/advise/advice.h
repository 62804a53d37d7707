/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lines of a log say about the operations of each enforcer, and what follows from it.
 *
 * Memory does not grow with the number of lines. It grows with the number of operations and of different users of each,
 * which are limited.
 */
#ifndef BPFLOCKCTL_ADVISE_ADVICE_H
#define BPFLOCKCTL_ADVISE_ADVICE_H

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "entry.h"

/* What a decision was, as far as it matters for what a policy has to permit. */
enum outcome {
	OUTCOME_HOST,	       /* baseline allowed a task of the initial namespaces */
	OUTCOME_EXCEPTED,      /* an exception allowed what baseline would have denied */
	OUTCOME_GRANTED,       /* a grant allowed what the policy denies */
	OUTCOME_ALLOWED,       /* allowed, whatever the task's namespaces were */
	OUTCOME_WOULD_CONTAIN, /* baseline would have denied it; audit_only allowed it */
	OUTCOME_WOULD_DENY,    /* another rule would have denied it; audit_only allowed it */
	OUTCOME_CONTAINED,     /* baseline denied it */
	OUTCOME_DENIED,	       /* another rule denied it */
	OUTCOMES,
};

/* How outcomes are shown. */
enum verdict { VERDICT_ALLOWED, VERDICT_WOULD_DENY, VERDICT_DENIED, VERDICTS };

#define TIMELINE_BUCKETS 120

/**
 * struct user - who asked for an operation
 * @several:   and other programs: comms=several
 * @unit, @container: "" where the line does not say
 */
struct user {
	char *program;
	bool several;
	char *unit;
	char *container;
	__u64 counts[OUTCOMES];
	time_t first;
	time_t last;
};

enum conclusion {
	CONCLUDE_BLOCK,	   /* nobody used it */
	CONCLUDE_BASELINE, /* baseline permits what was used */
	CONCLUDE_ALLOW,	   /* only `allow` surely permits what was used */
	CONCLUDE_NOTHING,  /* this kernel lacks it, or nothing is known of it here */
	CONCLUSIONS,
};

/**
 * struct usage - of one operation
 * @known:     it is an operation of the installed plugin
 * @missing:   this kernel does not have it
 * @counted:   how often the kernel had allowed it, by event=decisions; also without lines
 * @users:     struct user, by a text of their names
 * @further:   requests of users that are more than USERS_MAX
 * @timeline:  by the scale of struct advice
 */
struct usage {
	char *name;
	char *text;
	char *aliases;
	char *summary;
	bool known;
	bool missing;
	__u64 counts[OUTCOMES];
	__u64 counted;
	struct lh_table *users;
	__u64 further;
	__u64 timeline[TIMELINE_BUCKETS][VERDICTS];
	enum conclusion conclusion;
};

#define USERS_MAX 1000
#define USAGES_MAX 512
#define SUBJECTS_MAX 64

/**
 * struct subject - an enforcer
 * @installed:  its tables are known here
 * @guard:      nothing is proposed for it
 * @seen:       a line shows that it ran
 * @restricted: its profile was `restricted`
 * @lost:       events without a line
 */
struct subject {
	char *name;
	bool installed;
	bool guard;
	bool seen;
	bool restricted;
	__u64 lost;
	struct usage *usages;
	size_t usage_count;
};

/**
 * struct advice - of all lines
 * @exceptions: this machine can have exceptions
 * @observers: names of installed plugins that decide nothing, separated by blanks
 * @events:    decisions
 * @unread:    lines that are not bpflock's, or beyond the limits
 * @lost:      events of no plugin that is known to decide
 * @since, @until: times of the first and the last line
 * @width:     of a bucket of the timelines, in seconds
 * @start:     of the first bucket
 * @caveats:   a list of texts
 */
struct advice {
	struct subject *subjects;
	size_t subject_count;
	bool exceptions;
	char *observers;
	__u64 lines;
	__u64 events;
	__u64 unread;
	__u64 lost;
	time_t since;
	time_t until;
	time_t width;
	time_t start;
	struct json_object *caveats;
};

/* `description`: what `bpflock --describe plugins` prints. */
void advice_open(struct advice *advice, const struct json_object *description);
void advice_add(struct advice *advice, const struct entry *entry);
/* Makes room for a time in all timelines. Returns the bucket. */
size_t advice_bucket(struct advice *advice, time_t when);
/* Call it behind the last line. */
void advice_conclude(struct advice *advice);
void advice_close(struct advice *advice);

enum verdict outcome_verdict(enum outcome outcome);
/* The sum of the outcomes with that verdict. */
__u64 counts_of(const __u64 counts[OUTCOMES], enum verdict verdict);
const char *conclusion_name(enum conclusion conclusion);
__u64 usage_total(const struct usage *usage);
/* The users of an operation, the most frequent first, *ret_count of them (to be freed, but not what it points to). */
const struct user **usage_sorted(const struct usage *usage, size_t *ret_count);
/* Can the user be named in except_units? The unit comes again under the same name, and the INI file takes it. */
bool user_has_unit(const struct user *user);
/* "Xorg (unit a.service, container 12)", with nothing escaped (to be freed). */
char *user_text(const struct user *user);

#define ADVICE_TIME_SIZE 32
void advice_time(time_t when, char ret[ADVICE_TIME_SIZE]);

/* The outputs. Each escapes names as its reader needs it. */
void advice_print(const struct advice *advice);
void advice_print_ini(const struct advice *advice, FILE *stream);
/* The same as a text (to be freed). */
char *advice_ini(const struct advice *advice);
void advice_print_html(const struct advice *advice, FILE *stream);
struct json_object *advice_json(const struct advice *advice);

#endif
