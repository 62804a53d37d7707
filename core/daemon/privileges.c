/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>

static bool is_permitted(unsigned int capability)
{
	return capng_have_capability(CAPNG_PERMITTED, capability);
}

/* A daemon that has CAP_SYS_ADMIN but not both CAP_BPF and CAP_PERFMON needs it for every later load. */
static void select_capabilities(void)
{
	const capng_type_t types = (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
	bool admin = !is_permitted(CAP_BPF) || !is_permitted(CAP_PERFMON);

	capng_clear(CAPNG_SELECT_ALL);
	if (admin)
		capng_update(CAPNG_ADD, types, CAP_SYS_ADMIN);
	else
		capng_updatev(CAPNG_ADD, types, CAP_BPF, CAP_PERFMON, -1);
}

/* Narrowing the bounding set needs CAP_SETPCAP. Without it the bounding set stays; no_new_privs is set anyway. */
static int apply_capabilities(void)
{
	capng_select_t sets = CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT;

	if (capng_get_caps_process() < 0)
		return -1;
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		sets = CAPNG_SELECT_ALL;
	select_capabilities();
	return capng_apply(sets);
}

void privileges_drop(struct report *report)
{
	struct report_item *item;

	/* no_new_privs is set first, so that no program that is executed meanwhile gains privileges. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && apply_capabilities() == 0)
		return;
	item = report_add(report, REPORT_WARNING, "privileges_kept", NULL,
			  "cannot give up capabilities that are not needed any more: %s", strerror(errno));
	report_remedy(item, "allow the system calls prctl and capset where this process is started");
}
