/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/grants.h"

#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "policy/grants.h"
#include "util/clock.h"
#include "util/memory.h"

/* Grants are for enforcers that run, and never for guards. NULL for others. */
static struct bpflock_grants *grants_of(const struct managed_plugin *managed)
{
	if (!managed->instance || !plugin_wants_guard(managed->plugin))
		return NULL;
	return managed->instance->state->grants;
}

static size_t publish(const struct managed_plugin *managed)
{
	struct plugin_state *state = managed->instance->state;

	return grants_publish(state->kernel_grants, state->grants);
}

static char *refuse(const char *text)
{
	return xstrdup(text);
}

static char *find_cgroup(const struct grant_request *request, struct bpflock_grant *grant)
{
	CLEANUP(cleanup_free) char *root = cgroup_root("/proc/self/mounts");
	int error;

	grant->scope = BPFLOCK_GRANT_CGROUP;
	if (!root)
		return refuse("no cgroup v2 hierarchy is mounted");
	if (request->cgroup &&
	    (!cgroup_is_path(request->cgroup) || cgroup_id(root, request->cgroup, &grant->cgroupid) < 0))
		return xasprintf("there is no cgroup %s", request->cgroup);
	error = request->unit ? cgroup_id_of_unit(root, request->unit, &grant->cgroupid) : 0;
	if (!error)
		return NULL;
	return xasprintf(error == -ENOTUNIQ ? "several units have the name %s: name the cgroup" :
					      "no cgroup is that of the unit %s",
			 request->unit);
}

/* The grant of the request, without number and operations. Returns NULL, or why it is refused (to be freed). */
static char *begin_grant(const struct manager *manager, const struct grant_request *request, __u64 now,
			 struct bpflock_grant *ret)
{
	const struct config_section *core = settings_core(manager->config);
	__u64 max = config_number(core, "grant_max");

	if (!max)
		return refuse("grant_max = 0 in [bpflock] forbids grants");
	if (request->seconds <= 0)
		return refuse("the time must be longer than 0");
	if ((__u64)request->seconds > max / NANOSECONDS)
		return xasprintf("%lld seconds are more than grant_max, %llu seconds", request->seconds,
				 max / NANOSECONDS);
	if (!request->operation_count)
		return refuse("no operation is named");
	if (!*request->reason)
		return refuse("a grant needs a reason");
	if (strlen(request->reason) >= BPFLOCK_GRANT_REASON_LEN)
		return xasprintf("the reason is longer than %d bytes", BPFLOCK_GRANT_REASON_LEN - 1);
	if (!!request->cgroup + !!request->unit + request->everyone > 1)
		return refuse("it is for one unit, for one cgroup or for everyone");
	*ret = (struct bpflock_grant){
		.until = now + (__u64)request->seconds * NANOSECONDS,
		.scope = request->everyone ? BPFLOCK_GRANT_EVERYONE : BPFLOCK_GRANT_HOST,
		.since = now,
	};
	snprintf(ret->reason, sizeof(ret->reason), "%s", request->reason);
	return request->cgroup || request->unit ? find_cgroup(request, ret) : NULL;
}

/* Adds the operations of one enforcer that an item names. Returns whether there are any. */
static bool add_item(const struct managed_plugin *managed, const char *item, struct bpflock_grant *grant)
{
	const struct operations *operations = &managed->plugin->operations;
	bool any = false;

	for (size_t i = 0; i < operations->count; i++) {
		const struct operation *operation = &operations->items[i];

		if (operation->index < 0 || !policy_item_means(item, operation))
			continue;
		grant_add_operation(grant, (__u32)operation->index);
		any = true;
	}
	return any;
}

/* The grants of one change, by plugin. */
struct change_of_grants {
	struct bpflock_grant *grants;
	bool *wanted;
};

static char *resolve(const struct manager *manager, const struct grant_request *request,
		     struct change_of_grants *change)
{
	for (size_t i = 0; i < request->operation_count; i++) {
		bool known = false;

		for (size_t j = 0; j < manager->count; j++) {
			const struct managed_plugin *managed = &manager->plugins[j];

			if (!grants_of(managed) || !add_item(managed, request->operations[i], &change->grants[j]))
				continue;
			change->wanted[j] = known = true;
		}
		if (!known)
			return xasprintf("no enforcer that runs decides '%s' on this kernel", request->operations[i]);
	}
	return NULL;
}

static __u32 next_id(const struct manager *manager)
{
	__u32 last = 0;

	for (size_t i = 0; i < manager->count; i++) {
		const struct bpflock_grants *grants = grants_of(&manager->plugins[i]);
		__u32 id = grants ? grants_last_id(grants) : 0;

		last = id > last ? id : last;
	}
	/* The number in a record has 16 bits; 0 is none. */
	return last % UINT16_MAX + 1;
}

static char *operations_text(const struct plugin *plugin, const struct bpflock_grant *grant)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < plugin->operations.count; i++) {
		const struct operation *operation = &plugin->operations.items[i];

		if (operation->index >= 0 && grant_has_operation(grant, (__u32)operation->index))
			xappend(&text, ",", "%s", operation->name);
	}
	return text;
}

static void log_grant(struct log *log, const char *event, const struct plugin *plugin,
		      const struct bpflock_grant *grant)
{
	static const char *const scopes[] = {
		[BPFLOCK_GRANT_HOST] = "host",
		[BPFLOCK_GRANT_CGROUP] = "cgroup",
		[BPFLOCK_GRANT_EVERYONE] = "everyone",
	};
	CLEANUP(cleanup_free) char *operations = operations_text(plugin, grant);
	struct log_record record = log_daemon_record(LOG_LEVEL_WARNING, event);

	record.bpfprog = plugin->name;
	log_uint(&record, "grant", grant->id);
	log_str(&record, "operations", operations);
	log_str(&record, "scope", scopes[grant->scope]);
	if (grant->scope == BPFLOCK_GRANT_CGROUP)
		log_uint(&record, "cgroupid", grant->cgroupid);
	log_time(&record, "until", clock_wall_time(grant->until, clock_boot_time()));
	log_str(&record, "reason", grant->reason);
	log_write(log, &record);
}

static bool has_place(const struct bpflock_grants *grants, __u64 now)
{
	for (size_t i = 0; i < BPFLOCK_GRANTS_MAX; i++)
		if (!grant_is_active(&grants->items[i], now))
			return true;
	return false;
}

static char *put(struct manager *manager, struct log *log, struct change_of_grants *change, __u64 now, __u32 id)
{
	for (size_t i = 0; i < manager->count; i++)
		if (change->wanted[i] && !has_place(grants_of(&manager->plugins[i]), now))
			return xasprintf("%d grants are in force already; revoke one", BPFLOCK_GRANTS_MAX);
	for (size_t i = 0; i < manager->count; i++) {
		struct bpflock_grant *grant = &change->grants[i];

		if (!change->wanted[i])
			continue;
		grant->id = id;
		(void)grants_put(grants_of(&manager->plugins[i]), grant, now);
		(void)publish(&manager->plugins[i]);
		log_grant(log, "granted", manager->plugins[i].plugin, grant);
	}
	return NULL;
}

int grants_grant(struct manager *manager, struct log *log, const struct grant_request *request, __u32 *ret_id,
		 char **ret_refusal)
{
	CLEANUP(cleanup_free) struct bpflock_grant *grants = xcalloc(manager->count, sizeof(*grants));
	CLEANUP(cleanup_free) bool *wanted = xcalloc(manager->count, sizeof(*wanted));
	struct change_of_grants change = { grants, wanted };
	__u64 now = clock_since_boot();
	struct bpflock_grant grant;

	*ret_refusal = begin_grant(manager, request, now, &grant);
	if (*ret_refusal)
		return -EINVAL;
	for (size_t i = 0; i < manager->count; i++)
		grants[i] = grant;
	*ret_id = next_id(manager);
	*ret_refusal = resolve(manager, request, &change);
	if (!*ret_refusal)
		*ret_refusal = put(manager, log, &change, now, *ret_id);
	return *ret_refusal ? -EINVAL : 0;
}

bool grants_revoke(struct manager *manager, struct log *log, __u32 id)
{
	__u64 now = clock_since_boot();
	bool any = false;

	for (size_t i = 0; i < manager->count; i++) {
		struct bpflock_grants *grants = grants_of(&manager->plugins[i]);
		struct bpflock_grant *grant = grants ? grants_find(grants, id, now) : NULL;

		if (!grant)
			continue;
		log_grant(log, "grant_revoked", manager->plugins[i].plugin, grant);
		grants_end(grant);
		(void)publish(&manager->plugins[i]);
		any = true;
	}
	return any;
}

void grants_each(const struct manager *manager,
		 void (*visit)(void *context, const struct plugin *plugin, const struct bpflock_grant *grant),
		 void *context)
{
	__u64 now = clock_since_boot();

	for (size_t i = 0; i < manager->count; i++) {
		const struct bpflock_grants *grants = grants_of(&manager->plugins[i]);

		for (size_t j = 0; grants && j < BPFLOCK_GRANTS_MAX; j++)
			if (grant_is_active(&grants->items[j], now))
				visit(context, manager->plugins[i].plugin, &grants->items[j]);
	}
}

void grants_log_ended(struct manager *manager, struct log *log)
{
	__u64 now = clock_since_boot();

	for (size_t i = 0; i < manager->count; i++) {
		struct bpflock_grants *grants = grants_of(&manager->plugins[i]);

		for (size_t j = 0; grants && j < BPFLOCK_GRANTS_MAX; j++) {
			struct bpflock_grant *grant = &grants->items[j];

			if (!grant->id || grant_is_active(grant, now) || grant->end_told)
				continue;
			log_grant(log, "grant_ended", manager->plugins[i].plugin, grant);
			grant->end_told = 1;
			(void)publish(&manager->plugins[i]);
		}
	}
}

size_t grants_mend(const struct managed_plugin *managed)
{
	return grants_of(managed) ? publish(managed) : 0;
}
