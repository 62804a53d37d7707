/* SPDX-License-Identifier: Apache-2.0 */
#include "log/writer.h"

static bool is_before(const struct timespec *time, const struct timespec *other)
{
	return time->tv_sec < other->tv_sec || (time->tv_sec == other->tv_sec && time->tv_nsec < other->tv_nsec);
}

bool log_loss_is_none(const struct log_loss *loss)
{
	return !loss->events && !loss->messages;
}

/* Records are not in the order of their times: a line with `count=` has the time of its last decision. */
void log_loss_add(struct log_loss *loss, const struct log_loss *more)
{
	if (log_loss_is_none(more))
		return;
	if (log_loss_is_none(loss) || is_before(&more->since, &loss->since))
		loss->since = more->since;
	if (log_loss_is_none(loss) || is_before(&loss->until, &more->until))
		loss->until = more->until;
	loss->events += more->events;
	loss->messages += more->messages;
}

void log_loss_add_line(struct log_loss *loss, const struct log_line *line)
{
	const struct log_loss more = {
		.events = line->events,
		.messages = !line->events,
		.since = line->time,
		.until = line->time,
	};

	log_loss_add(loss, &more);
}

void log_loss_add_lines(struct log_loss *loss, const struct log_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		log_loss_add_line(loss, &lines->lines[i]);
}
