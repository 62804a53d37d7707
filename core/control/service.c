/* SPDX-License-Identifier: Apache-2.0 */
/* The interface that each service of Varlink has: what it is, and which interfaces there are. */
#include "control/call.h"
#include "util/json.h"
#include "util/memory.h"

static void get_info(void *context, struct control_call *call)
{
	struct json_object *info = json_new(), *interfaces = json_new_list();
	struct control_interface interface;

	for (size_t i = 0; control_interface_at(context, i, &interface); i++)
		json_append(interfaces, json_text(interface.name));
	json_add_text(info, "vendor", "bpflock");
	json_add_text(info, "product", "bpflock");
	json_add_text(info, "version", BPFLOCK_VERSION);
	json_add_text(info, "url", "https://github.com/linux-lock/bpflock");
	json_add(info, "interfaces", interfaces);
	control_reply(call, info);
}

static void get_interface_description(void *context, struct control_call *call)
{
	const char *name = json_object_get_string(control_parameter(call, "interface"));
	struct json_object *parameters = json_new();
	struct control_interface interface;

	if (control_interface_find(context, name, &interface)) {
		json_add_text(parameters, "description", interface.description);
		control_reply(call, parameters);
	} else {
		json_add_text(parameters, "interface", name);
		control_fail(call, "org.varlink.service.InterfaceNotFound", parameters);
	}
}

const struct control_method control_service_methods[] = {
	{ "GetInfo", CONTROL_STATUS, get_info, {} },
	{ "GetInterfaceDescription",
	  CONTROL_STATUS,
	  get_interface_description,
	  { { "interface", json_type_string, true } } },
};
const size_t control_service_method_count = ARRAY_SIZE(control_service_methods);
