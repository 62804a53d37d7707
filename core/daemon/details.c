/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/details.h"

#include "daemon/explain.h"
#include "kernel/namespaces.h"
#include "log/keys.h"
#include "util/memory.h"

void details_open(struct details *details, const struct manager *manager)
{
	CLEANUP(cleanup_free) char *root = cgroup_root("/proc/self/mounts");
	/* There the root of the hierarchy is some cgroup, in which others may have chosen the names. */
	bool contained = namespaces_cgroup_is_contained();

	*details = (struct details){ .manager = manager, .names = root && !contained ? cgroup_names_open(root) : NULL };
}

void details_close(struct details *details)
{
	details->names = cgroup_names_close(details->names);
}

static bool is_in_logfmt(const struct details *details)
{
	return config_number(settings_core(details->manager->config), "log_details");
}

/* The field that was appended last. */
static void finish(const struct details *details, struct log_record *record)
{
	record->fields[record->field_count - 1].json_only = !is_in_logfmt(details);
	record_move_forward(record);
}

/* Details that are in the record. */
static void show_details(const struct details *details, struct log_record *record)
{
	for (size_t i = 0; i < record->field_count; i++)
		if (record->fields[i].detail)
			record->fields[i].json_only = !is_in_logfmt(details);
}

static void add_text(const struct details *details, struct log_record *record, enum log_key key, const char *text)
{
	if (!*text)
		return;
	log_str(record, log_keys[key], text);
	finish(details, record);
}

static void add_names(const struct details *details, __u64 cgroupid, struct log_record *record)
{
	const struct cgroup_name *name = details->names ? cgroup_names_find(details->names, cgroupid) : NULL;

	if (!name)
		return;
	add_text(details, record, LOG_KEY_UNIT, name->unit);
	add_text(details, record, LOG_KEY_CONTAINER, name->container);
}

static bool is_denial(const struct bpflock_decision *decision)
{
	return decision->verdict == BPFLOCK_VERDICT_DENIED || decision->verdict == BPFLOCK_VERDICT_WOULD_DENY;
}

static void add_origin(const struct details *details, const struct bus_source *source,
		       const struct bpflock_decision *decision, struct log_record *record)
{
	const struct managed_plugin *managed = manager_plugin_of(details->manager, source);
	struct policy_decider decider;

	if (explain_find_decider(managed, decision, &decider) && decider.value)
		add_text(details, record, LOG_KEY_ORIGIN, explain_place(&decider));
}

void details_annotate(void *context, const struct bus_source *source, const struct bpflock_event *event,
		      struct log_record *record)
{
	const struct bpflock_decision *decision = (const struct bpflock_decision *)event;
	const struct bpflock_event_type *type = plugin_event_type(source->plugin, event->type);
	const struct details *details = context;

	show_details(details, record);
	if (type->flags & BPFLOCK_EVENT_NO_TASK)
		return;
	if (event->loginuid != BPFLOCK_NO_LOGINUID) {
		log_uint(record, log_keys[LOG_KEY_LOGINUID], event->loginuid);
		finish(details, record);
	}
	add_names(details, event->cgroupid, record);
	if (type->flags & BPFLOCK_EVENT_DECISION && is_denial(decision))
		add_origin(details, source, decision, record);
}
