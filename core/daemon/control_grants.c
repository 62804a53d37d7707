/* SPDX-License-Identifier: Apache-2.0 */
/* Grant, Grants and Revoke. */
#include <stdint.h>

#include "daemon/control_methods.h"
#include "daemon/grants.h"
#include "policy/grants.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/memory.h"

static struct json_object *new_operations(const struct plugin *plugin, const struct bpflock_grant *grant)
{
	struct json_object *list = json_new_list();

	for (size_t i = 0; i < plugin->operations.count; i++) {
		const struct operation *operation = &plugin->operations.items[i];

		if (operation->index >= 0 && grant_has_operation(grant, (__u32)operation->index))
			json_append(list, json_text(operation->name));
	}
	return list;
}

static void append_grant(void *context, const struct plugin *plugin, const struct bpflock_grant *grant)
{
	static const char *const scopes[] = {
		[BPFLOCK_GRANT_HOST] = "host",
		[BPFLOCK_GRANT_CGROUP] = "cgroup",
		[BPFLOCK_GRANT_EVERYONE] = "everyone",
	};
	struct json_object *object = json_new();

	json_add_uint(object, "id", grant->id);
	json_add_text(object, "plugin", plugin->name);
	json_add(object, "operations", new_operations(plugin, grant));
	json_add_text(object, "scope", scopes[grant->scope]);
	if (grant->scope == BPFLOCK_GRANT_CGROUP)
		json_add_uint(object, "cgroupid", grant->cgroupid);
	control_add_time(object, "since", grant->since);
	control_add_time(object, "until", grant->until);
	json_add_uint(object, "seconds_left", (grant->until - clock_since_boot()) / NANOSECONDS);
	json_add_text(object, "reason", grant->reason);
	json_append(context, object);
}

void control_grants(void *context, struct control_call *call)
{
	const struct daemon *daemon = context;
	struct json_object *parameters = json_new(), *grants = json_new_list();

	grants_each(&daemon->manager, append_grant, grants);
	json_add(parameters, "grants", grants);
	control_reply(call, parameters);
}

/* The texts of a list (the array to be freed); NULL where it contains anything else. */
static const char **read_texts(const struct json_object *list, size_t *ret_count)
{
	const char **texts;

	*ret_count = json_length(list);
	texts = xcalloc(*ret_count + 1, sizeof(*texts));
	for (size_t i = 0; i < *ret_count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (!json_object_is_type(item, json_type_string)) {
			free(texts);
			return NULL;
		}
		texts[i] = json_object_get_string(item);
	}
	return texts;
}

void control_grant(void *context, struct control_call *call)
{
	struct daemon *daemon = context;
	size_t count;
	CLEANUP(cleanup_free) const char **operations = read_texts(control_parameter(call, "operations"), &count);
	CLEANUP(cleanup_free) char *refusal = NULL;
	const struct grant_request request = {
		.operations = operations,
		.operation_count = count,
		.seconds = json_object_get_int64(control_parameter(call, "seconds")),
		.reason = json_object_get_string(control_parameter(call, "reason")),
		.unit = json_object_get_string(control_parameter(call, "unit")),
		.cgroup = json_object_get_string(control_parameter(call, "cgroup")),
		.everyone = json_object_get_boolean(control_parameter(call, "everyone")),
	};
	struct json_object *parameters;
	__u32 id;

	if (!operations || grants_grant(&daemon->manager, daemon->log, &request, &id, &refusal) < 0) {
		control_refuse(call, CONTROL_INTERFACE ".GrantRefused",
			       refusal ? refusal : "the operations must be texts", "see bpflockctl grant --help");
		return;
	}
	parameters = json_new();
	json_add_uint(parameters, "id", id);
	control_reply(call, parameters);
}

void control_revoke(void *context, struct control_call *call)
{
	__s64 id = json_object_get_int64(control_parameter(call, "id"));
	struct daemon *daemon = context;

	if (id > 0 && id <= UINT32_MAX && grants_revoke(&daemon->manager, daemon->log, (__u32)id))
		control_reply(call, NULL);
	else
		control_refuse(call, CONTROL_INTERFACE ".NoSuchGrant", "no grant of that number is in force",
			       "bpflockctl grants lists them");
}
