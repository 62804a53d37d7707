/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page that needs nothing else: no script, no picture, no font, no address. Its policy forbids them as well, should
 * a name ever get into the markup. Nothing of the log is written but by put_text().
 */
#include <string.h>

#include "advise/advice.h"
#include "terminal.h"
#include "util/json.h"
#include "util/memory.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
	"base-uri 'none'; form-action 'none'\">\n"
	"<meta name=\"referrer\" content=\"no-referrer\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>bpflock: advice</title>\n"
	"<style>\n"
	":root { color-scheme: light dark; --text: #1c2330; --dim: #5c6675; --page: #fff; --line: #d5dae1;\n"
	"  --allowed: #2f7d4f; --doubt: #b26a00; --denied: #b3261e; }\n"
	"@media (prefers-color-scheme: dark) { :root { --text: #e3e7ee; --dim: #98a2b3; --page: #14181f;\n"
	"  --line: #323a46; --allowed: #62c28a; --doubt: #e0a243; --denied: #f2776b; } }\n"
	"body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 2rem auto;\n"
	"  max-width: 75rem; padding: 0 1rem; }\n"
	"h1, h2, h3 { line-height: 1.2; }\n"
	"h3 { margin: 2rem 0 .3rem; }\n"
	"p { margin: .3rem 0; }\n"
	".dim { color: var(--dim); }\n"
	".caveat { border-left: 4px solid var(--doubt); padding-left: .7rem; }\n"
	".scroll { overflow-x: auto; }\n"
	"table { border-collapse: collapse; width: 100%; }\n"
	"th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line);\n"
	"  vertical-align: top; overflow-wrap: anywhere; }\n"
	"th { overflow-wrap: normal; }\n"
	"td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }\n"
	"svg { width: 100%; height: 48px; display: block; border-bottom: 1px solid var(--line); }\n"
	".allowed { fill: var(--allowed); } .doubt { fill: var(--doubt); } .denied { fill: var(--denied); }\n"
	"i.allowed, i.doubt, i.denied { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em; }\n"
	"i.allowed { background: var(--allowed); } i.doubt { background: var(--doubt); }\n"
	"i.denied { background: var(--denied); }\n"
	".axis { display: flex; justify-content: space-between; }\n"
	"pre { border: 1px solid var(--line); padding: 1rem; overflow-x: auto; }\n"
	"</style>\n"
	"</head>\n"
	"<body>\n"
	"<h1>bpflock: what was used, and what can be blocked</h1>\n";

static const char *const classes[VERDICTS] = {
	[VERDICT_ALLOWED] = "allowed",
	[VERDICT_WOULD_DENY] = "doubt",
	[VERDICT_DENIED] = "denied",
};

static const char *const titles[VERDICTS] = {
	[VERDICT_ALLOWED] = "allowed",
	[VERDICT_WOULD_DENY] = "would be denied",
	[VERDICT_DENIED] = "denied",
};

static const char *entity_of(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void put_markup_free(const char *text, FILE *stream)
{
	for (; *text; text++) {
		const char *entity = entity_of(*text);

		if (entity)
			fputs(entity, stream);
		else
			putc(*text, stream);
	}
}

/* Also without control characters, which no reader would show. */
static void put_text(const char *text, FILE *stream)
{
	CLEANUP(cleanup_free) char *escaped = terminal_escaped(text);

	put_markup_free(escaped, stream);
}

static void put_cell(const char *text, FILE *stream)
{
	fputs("<td>", stream);
	put_text(text, stream);
	fputs("</td>", stream);
}

static void put_time_cell(time_t when, FILE *stream)
{
	char text[ADVICE_TIME_SIZE];

	advice_time(when, text);
	fprintf(stream, "<td>%s</td>", text);
}

static __u64 highest_of(const struct usage *usage)
{
	__u64 highest = 1;

	for (size_t i = 0; i < TIMELINE_BUCKETS; i++) {
		__u64 sum = 0;

		for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
			sum += usage->timeline[i][verdict];
		if (sum > highest)
			highest = sum;
	}
	return highest;
}

/* One column, the verdicts above each other. Whatever happened once can be seen. */
static void put_bucket(const struct advice *advice, const struct usage *usage, size_t bucket, __u64 highest,
		       FILE *stream)
{
	char when[ADVICE_TIME_SIZE];
	double top = 100;

	advice_time(advice->start + (time_t)bucket * advice->width, when);
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
		__u64 count = usage->timeline[bucket][verdict];
		double height = 4 + 88 * (double)count / (double)highest;

		if (!count)
			continue;
		top -= height;
		fprintf(stream,
			"<rect class=\"%s\" x=\"%zu\" y=\"%.1f\" width=\"0.9\" height=\"%.1f\"><title>%s: %llu %s</title>"
			"</rect>\n",
			classes[verdict], bucket, top, height, when, count, titles[verdict]);
	}
}

static void put_timeline(const struct advice *advice, const struct usage *usage, FILE *stream)
{
	time_t end = advice->start + TIMELINE_BUCKETS * advice->width;
	__u64 highest = highest_of(usage);
	char first[ADVICE_TIME_SIZE], last[ADVICE_TIME_SIZE];

	fprintf(stream,
		"<svg viewBox=\"0 0 %d 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"timeline\">\n",
		TIMELINE_BUCKETS);
	for (size_t i = 0; i < TIMELINE_BUCKETS; i++)
		put_bucket(advice, usage, i, highest, stream);
	advice_time(advice->start, first);
	advice_time(end, last);
	fprintf(stream, "</svg>\n<p class=\"axis dim\"><span>%s</span><span>%s</span></p>\n", first, last);
}

static void put_counts(const __u64 counts[OUTCOMES], FILE *stream)
{
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
		fprintf(stream, "<td class=\"number\">%llu</td>", counts_of(counts, verdict));
}

static void put_user(const struct user *user, FILE *stream)
{
	CLEANUP(cleanup_free) char *program = xasprintf("%s%s", user->program, user->several ? " and others" : "");

	fputs("<tr>", stream);
	put_cell(program, stream);
	put_cell(user->unit, stream);
	put_cell(user->container, stream);
	put_counts(user->counts, stream);
	put_time_cell(user->first, stream);
	put_time_cell(user->last, stream);
	fputs("</tr>\n", stream);
}

static void put_users(const struct usage *usage, FILE *stream)
{
	size_t count;
	CLEANUP(cleanup_free) const struct user **users = usage_sorted(usage, &count);

	fputs("<div class=\"scroll\"><table>\n<tr><th>program</th><th>unit</th><th>container</th>", stream);
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
		fprintf(stream, "<th class=\"number\">%s</th>", titles[verdict]);
	fputs("<th>first</th><th>last</th></tr>\n", stream);
	for (size_t i = 0; i < count; i++)
		put_user(users[i], stream);
	fputs("</table></div>\n", stream);
	if (usage->further)
		fprintf(stream, "<p>%llu requests of further programs</p>\n", usage->further);
}

static void put_usage(const struct advice *advice, const struct usage *usage, FILE *stream)
{
	fputs("<h3>", stream);
	put_text(usage->name, stream);
	fputs("</h3>\n<p class=\"dim\">", stream);
	put_text(usage->summary, stream);
	fprintf(stream, "</p>\n<p>advice: <b>%s</b></p>\n", conclusion_name(usage->conclusion));
	put_timeline(advice, usage, stream);
	put_users(usage, stream);
}

static void put_unused(const struct subject *subject, FILE *stream)
{
	bool found = false;

	for (size_t i = 0; i < subject->usage_count; i++) {
		const struct usage *usage = &subject->usages[i];

		if (usage->conclusion != CONCLUDE_BLOCK || usage_total(usage))
			continue;
		if (!found)
			fputs("<h3>Used by nobody: block them</h3>\n<div class=\"scroll\"><table>\n", stream);
		found = true;
		fputs("<tr>", stream);
		put_cell(usage->name, stream);
		put_cell(usage->summary, stream);
		fputs("</tr>\n", stream);
	}
	if (found)
		fputs("</table></div>\n", stream);
}

static void put_subject(const struct advice *advice, const struct subject *subject, FILE *stream)
{
	if (!subject->seen)
		return;
	fputs("<h2>", stream);
	put_text(subject->name, stream);
	fputs("</h2>\n", stream);
	for (size_t i = 0; i < subject->usage_count; i++)
		if (usage_total(&subject->usages[i]))
			put_usage(advice, &subject->usages[i], stream);
	put_unused(subject, stream);
}

static void put_summary(const struct advice *advice, FILE *stream)
{
	char since[ADVICE_TIME_SIZE], until[ADVICE_TIME_SIZE];

	advice_time(advice->since, since);
	advice_time(advice->until, until);
	fprintf(stream, "<p>%llu decisions in %llu lines, %s to %s</p>\n<p class=\"dim\">", advice->events,
		advice->lines, since, until);
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
		fprintf(stream, "<i class=\"%s\"></i>%s", classes[verdict], titles[verdict]);
	fputs("</p>\n", stream);
	for (size_t i = 0; i < json_length(advice->caveats); i++) {
		fputs("<p class=\"caveat\">", stream);
		put_text(json_object_get_string(json_object_array_get_idx(advice->caveats, i)), stream);
		fputs("</p>\n", stream);
	}
}

/* Its names are escaped already; its newlines are its own. */
static void put_ini(const struct advice *advice, FILE *stream)
{
	CLEANUP(cleanup_free) char *text = advice_ini(advice);

	fputs("<h2>Proposed configuration</h2>\n<pre>", stream);
	put_markup_free(text, stream);
	fputs("</pre>\n", stream);
}

void advice_print_html(const struct advice *advice, FILE *stream)
{
	fputs(head, stream);
	put_summary(advice, stream);
	for (size_t i = 0; i < advice->subject_count; i++)
		put_subject(advice, &advice->subjects[i], stream);
	put_ini(advice, stream);
	fputs("</body>\n</html>\n", stream);
}
