/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/drift.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/grants.h"
#include "util/memory.h"

static void mend_policy(const struct managed_plugin *managed, struct report *report)
{
	struct bpflock_policy *policy = managed->instance->policy;
	const struct operations *operations = &managed->plugin->operations;

	if (!policy || !managed->policy || policy_is_in_force(policy, operations, managed->policy))
		return;
	report_plugin(report_add(report, REPORT_ERROR, "drift", NULL,
				 "somebody has changed its policy in the kernel; it is written again"),
		      managed->plugin->name);
	policy_init(policy, operations);
	policy_put(policy, managed->policy);
}

static void mend_marks(const struct managed_plugin *managed, struct report *report)
{
	struct report_item *item;
	size_t marked;
	int error = instance_protect(managed->instance, &marked);

	if (!marked)
		return;
	item = report_add(report, REPORT_ERROR, "drift", NULL,
			  "somebody has removed %zu of its objects from the set of what a guard protects; %s", marked,
			  error ? strerror(-error) : "they are in it again");
	report_plugin(item, managed->plugin->name);
}

static void mend_exceptions(const struct managed_plugin *managed, struct report *report)
{
	size_t different = instance_mend_exceptions(managed->instance);

	if (different)
		report_plugin(report_add(report, REPORT_ERROR, "drift", NULL,
					 "somebody has added or removed %zu exceptions in the kernel; they are as "
					 "configured again",
					 different),
			      managed->plugin->name);
}

static void mend_grants(const struct managed_plugin *managed, struct report *report)
{
	size_t different = grants_mend(managed);

	if (different)
		report_plugin(report_add(report, REPORT_ERROR, "drift", NULL,
					 "somebody has made, changed or ended %zu grants in the kernel; they are as "
					 "granted again",
					 different),
			      managed->plugin->name);
}

static void mend_maps(const struct managed_plugin *managed, struct report *report)
{
	size_t different = instance_mend_maps(managed->instance, report);

	if (different)
		report_plugin(
			report_add(report, REPORT_ERROR, "drift", NULL,
				   "somebody has added or removed %zu items of its lists in the kernel; they are as "
				   "configured again",
				   different),
			managed->plugin->name);
}

/* What is at the place of a pin is not ours, and goes. */
static void look_for_lost_pin(struct managed_plugin *managed, struct report *report)
{
	CLEANUP(cleanup_free) char *lost = instance_lost_pin(managed->instance);

	if (!lost)
		return;
	pins_report_lost(managed->plugin->name, lost, report);
	(void)unlink(lost);
	managed->pins_lost = true;
}

int drift_mend(struct manager *manager, struct pins *pins, struct report *report)
{
	int error = pins_mend(pins, report);
	bool lost = false;

	for (size_t i = 0; i < manager->count; i++) {
		struct managed_plugin *managed = &manager->plugins[i];

		if (!managed->instance)
			continue;
		mend_policy(managed, report);
		mend_marks(managed, report);
		mend_exceptions(managed, report);
		mend_grants(managed, report);
		mend_maps(managed, report);
		if (!error)
			look_for_lost_pin(managed, report);
		lost = lost || managed->pins_lost;
	}
	if (!error && lost)
		error = manager_renew(manager, report);
	return error ? error : lost;
}
