/* SPDX-License-Identifier: Apache-2.0 */
#include "control/call.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#include <string.h>

#include "control/permission.h"
#include "interfaces.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/memory.h"

#define SERVICE "org.varlink.service"

/* Deeper than any parameter of a method. */
#define DEPTH_MAX 8

/* One line about refused calls in this time. */
#define REFUSED_INTERVAL (10 * NANOSECONDS)

static void cleanup_tokener(struct json_tokener **tokener)
{
	json_tokener_free(*tokener);
}

/* NULL for anything but exactly one object. */
static struct json_object *parse(const char *message, size_t length)
{
	CLEANUP(cleanup_tokener) struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *object;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_PARSER_FLAGS);
	object = json_tokener_parse_ex(tokener, message, (int)length);
	if (object && json_object_is_type(object, json_type_object) && json_tokener_get_parse_end(tokener) == length)
		return object;
	json_object_put(object);
	return NULL;
}

/* The value of a key that may be missing. Returns -EBADMSG where it has another type. */
static int get(const struct json_object *object, const char *key, enum json_type type, struct json_object **ret)
{
	*ret = NULL;
	if (!json_object_object_get_ex(object, key, ret) || !*ret)
		return 0;
	return json_object_is_type(*ret, type) ? 0 : -EBADMSG;
}

/* Without "method" it is a reply, or nothing of Varlink. */
static int read_request(struct control_call *call)
{
	struct json_object *method, *oneway, *more;

	if (get(call->request, "method", json_type_string, &method) < 0 || !method ||
	    get(call->request, "parameters", json_type_object, &call->parameters) < 0 ||
	    get(call->request, "more", json_type_boolean, &more) < 0 ||
	    get(call->request, "oneway", json_type_boolean, &oneway) < 0)
		return -EBADMSG;
	call->method = json_object_get_string(method);
	call->oneway = oneway && json_object_get_boolean(oneway);
	call->more = more && json_object_get_boolean(more) && !call->oneway;
	return 0;
}

static void send_reply(struct control_call *call, struct json_object *reply)
{
	size_t length;
	const char *text = json_object_to_json_string_length(
		reply, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	if (!text)
		abort(); /* without memory, as everywhere */
	assert(call->open);
	call->open = false;
	if (!call->oneway)
		(void)call->send(call->context, text, length);
}

void control_reply(struct control_call *call, struct json_object *parameters)
{
	CLEANUP(cleanup_json) struct json_object *reply = json_new();

	json_add(reply, "parameters", parameters ? parameters : json_new());
	send_reply(call, reply);
}

void control_fail(struct control_call *call, const char *error, struct json_object *parameters)
{
	CLEANUP(cleanup_json) struct json_object *reply = json_new();

	json_add_text(reply, "error", error);
	json_add(reply, "parameters", parameters ? parameters : json_new());
	send_reply(call, reply);
}

void control_refuse(struct control_call *call, const char *error, const char *text, const char *remedy)
{
	struct json_object *parameters = json_new();

	json_add_text(parameters, "text", text);
	json_add_text(parameters, "remedy", remedy);
	control_fail(call, error, parameters);
}

bool control_stream(struct control_call *call, void (*ended)(void *stream), void *stream)
{
	if (!call->more) {
		control_fail(call, SERVICE ".ExpectedMore", NULL);
		return false;
	}
	call->ended = ended;
	call->stream = stream;
	return true;
}

bool control_continue(struct control_call *call, const char *parameters)
{
	CLEANUP(cleanup_free) char *text = xasprintf("{\"parameters\":%s,\"continues\":true}", parameters);

	assert(call->ended && call->open);
	return call->send(call->context, text, strlen(text));
}

void control_restrict_to_status(struct control_call *call)
{
	call->peer->status_only = true;
}

/* An error of org.varlink.service: all have one parameter, a name. */
static void fail_service(struct control_call *call, const char *error, const char *parameter, const char *name)
{
	struct json_object *parameters = json_new();

	json_add_text(parameters, parameter, name);
	control_fail(call, error, parameters);
}

struct json_object *control_parameter(const struct control_call *call, const char *name)
{
	struct json_object *value = NULL;

	if (call->parameters)
		json_object_object_get_ex(call->parameters, name, &value);
	return value;
}

static const struct control_parameter *find_parameter(const struct control_method *method, const char *name)
{
	for (size_t i = 0; i < CONTROL_PARAMETERS_MAX && method->parameters[i].name; i++)
		if (strcmp(method->parameters[i].name, name) == 0)
			return &method->parameters[i];
	return NULL;
}

/* The name of the first parameter that is missing, unknown or of another type; or NULL. */
static const char *wrong_parameter(const struct control_call *call, const struct control_method *method)
{
	for (size_t i = 0; i < CONTROL_PARAMETERS_MAX && method->parameters[i].name; i++)
		if (method->parameters[i].required && !control_parameter(call, method->parameters[i].name))
			return method->parameters[i].name;
	if (!call->parameters)
		return NULL;
	json_object_object_foreach(call->parameters, name, value)
	{
		const struct control_parameter *parameter = find_parameter(method, name);

		if (!parameter || (value && !json_object_is_type(value, parameter->type)))
			return name;
	}
	return NULL;
}

static const struct control_method *find_method(const struct control_interface *interface, const char *name)
{
	for (size_t i = 0; i < interface->method_count; i++)
		if (strcmp(interface->methods[i].name, name) == 0)
			return &interface->methods[i];
	return NULL;
}

bool control_interface_at(const struct control_options *options, size_t index, struct control_interface *ret)
{
	const struct control_interface interfaces[] = {
		{ SERVICE, ORG_VARLINK_SERVICE, control_service_methods, control_service_method_count,
		  (void *)(uintptr_t)options },
		{ CONTROL_INTERFACE, IO_BPFLOCK, options->methods, options->method_count, options->context },
	};

	if (index >= ARRAY_SIZE(interfaces))
		return false;
	*ret = interfaces[index];
	return true;
}

bool control_interface_find(const struct control_options *options, const char *name, struct control_interface *ret)
{
	for (size_t i = 0; control_interface_at(options, i, ret); i++)
		if (strcmp(ret->name, name) == 0)
			return true;
	return false;
}

static void add_peer(struct log_record *record, const struct peer *peer)
{
	log_int(record, "pid", peer->pid);
	log_uint(record, "uid", peer->uid);
	if (*peer->loginuid)
		log_str(record, "loginuid", peer->loginuid);
	if (*peer->comm)
		log_str(record, "comm", peer->comm);
	if (*peer->unit)
		log_str(record, "unit", peer->unit);
}

static void log_call(const struct control_calls *calls, const struct peer *peer, const char *method,
		     const char *refusal)
{
	struct log_record record = log_daemon_record(refusal ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
						     refusal ? "control_refused" : "control_call");

	log_str(&record, "method", method);
	add_peer(&record, peer);
	if (refusal)
		log_str(&record, "warning", refusal);
	if (refusal && calls->refused)
		log_uint(&record, "more", calls->refused);
	log_write(*calls->options->log, &record);
}

/* Clients could fill the log with refused calls. */
static void log_refusal(struct control_calls *calls, const struct peer *peer, const char *method, const char *text)
{
	__u64 now = clock_since_boot();

	if (calls->told && now - calls->told < REFUSED_INTERVAL) {
		calls->refused++;
		return;
	}
	log_call(calls, peer, method, text);
	calls->told = now;
	calls->refused = 0;
}

/* Looks whether the client may call the method with these parameters, and lets the handler answer. */
static void call_method(struct control_calls *calls, const struct peer *peer, const struct control_method *method,
			void *context, struct control_call *call)
{
	const struct control_options *options = calls->options;
	bool changes = method->access == CONTROL_CHANGE;
	bool restricted = changes && options->is_restricted(options->context);
	const struct refusal refusal = permission_refuse(peer, method->access, restricted);
	const char *wrong = wrong_parameter(call, method);

	if (refusal.text) {
		if (changes)
			log_refusal(calls, peer, method->name, refusal.text);
		control_refuse(call, CONTROL_REFUSED, refusal.text, refusal.remedy);
	} else if (wrong) {
		fail_service(call, SERVICE ".InvalidParameter", "parameter", wrong);
	} else {
		if (changes)
			log_call(calls, peer, method->name, NULL);
		method->handler(context, call);
	}
}

static void dispatch(struct control_calls *calls, const struct peer *peer, struct control_call *call)
{
	const char *dot = strrchr(call->method, '.');
	CLEANUP(cleanup_free) char *name = xstrndup(call->method, dot ? (size_t)(dot - call->method) : 0);
	const struct control_method *method;
	struct control_interface interface;

	if (!dot || !control_interface_find(calls->options, name, &interface)) {
		fail_service(call, SERVICE ".InterfaceNotFound", "interface", name);
		return;
	}
	method = find_method(&interface, dot + 1);
	if (method)
		call_method(calls, peer, method, interface.context, call);
	else
		fail_service(call, SERVICE ".MethodNotFound", "method", call->method);
}

int control_answer(struct control_calls *calls, struct peer *peer, const char *message, size_t length,
		   struct control_call *call)
{
	control_end(call); /* one that was replied to after its handler had returned */
	call->request = parse(message, length);
	if (!call->request || read_request(call) < 0) {
		control_end(call);
		return -EBADMSG;
	}
	call->open = true;
	call->peer = peer;
	dispatch(calls, peer, call);
	if (!call->open)
		control_end(call);
	return 0;
}

void control_end(struct control_call *call)
{
	if (call->ended)
		call->ended(call->stream);
	json_object_put(call->request);
	*call = (struct control_call){ .send = call->send, .context = call->context };
}
