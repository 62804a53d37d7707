/* SPDX-License-Identifier: Apache-2.0 */
#include "entry.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json_object.h>
#include <string.h>

#include "log/logfmt_reader.h"
#include "util/json.h"
#include "util/memory.h"

static const char *const names[ENTRY_KEYS] = {
	[ENTRY_TIME] = "time",		 [ENTRY_BPFPROG] = "bpfprog",
	[ENTRY_SUBSYS] = "subsys",	 [ENTRY_EVENT] = "event",
	[ENTRY_OPERATION] = "operation", [ENTRY_OP] = "op",
	[ENTRY_COMM] = "comm",		 [ENTRY_COMMS] = "comms",
	[ENTRY_COUNT] = "count",	 [ENTRY_REASON] = "reason",
	[ENTRY_UNIT] = "unit",		 [ENTRY_CONTAINER] = "container",
	[ENTRY_ALLOWED] = "allowed",	 [ENTRY_WOULD_DENY] = "would_deny",
};

/* The first value of a key counts. */
static void set(struct entry *entry, enum entry_key key, const char *value, size_t length)
{
	if (!entry->values[key])
		entry->values[key] = xstrndup(value, length < ENTRY_VALUE_MAX ? length : ENTRY_VALUE_MAX);
}

static void set_by_name(void *context, const char *name, const char *value, size_t length)
{
	for (enum entry_key key = 0; key < ENTRY_KEYS; key++)
		if (strcmp(names[key], name) == 0)
			set(context, key, value, length);
}

static void set_from_json(struct entry *entry, enum entry_key key, const struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value))
		return;
	if (json_object_is_type(value, json_type_string))
		set(entry, key, json_object_get_string(value), (size_t)json_object_get_string_len(value));
	else if (json_object_is_type(value, json_type_int))
		set(entry, key, json_object_get_string(value), strlen(json_object_get_string(value)));
}

static void set_all_from_json(struct entry *entry, const struct json_object *object)
{
	for (enum entry_key key = 0; key < ENTRY_KEYS; key++)
		set_from_json(entry, key, object, names[key]);
}

/* The journal has a field BPFLOCK_KEY for each value. In logfmt the message lacks some of them. */
static void set_all_from_journal(struct entry *entry, const struct json_object *object)
{
	for (enum entry_key key = 0; key < ENTRY_KEYS; key++) {
		CLEANUP(cleanup_free) char *name = xasprintf("BPFLOCK_%s", names[key]);

		for (char *letter = name; *letter; letter++)
			*letter = (char)toupper((unsigned char)*letter);
		set_from_json(entry, key, object, name);
	}
}

/* The line that an entry of the journal carries. */
static bool read_message(struct entry *entry, const struct json_object *object)
{
	CLEANUP(cleanup_free) char *line = xstrdup(json_get_text(object, "MESSAGE"));
	CLEANUP(cleanup_json) struct json_object *message = NULL;

	if (*line != '{')
		return logfmt_read(line, strlen(line), set_by_name, entry) == 0;
	message = json_parse(line, strlen(line));
	if (message)
		set_all_from_json(entry, message);
	return message;
}

static bool read_json(struct entry *entry, const char *line, size_t length)
{
	CLEANUP(cleanup_json) struct json_object *object = json_parse(line, length);

	if (!json_object_is_type(object, json_type_object))
		return false;
	if (!json_object_object_get_ex(object, "MESSAGE", NULL)) {
		set_all_from_json(entry, object);
		return true;
	}
	if (!read_message(entry, object))
		return false;
	set_all_from_journal(entry, object);
	return true;
}

/* RFC 3339 in UTC; what is less than a second does not matter here. */
static bool read_time(const char *text, time_t *ret)
{
	struct tm parts = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);

	if (!rest)
		return false;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	*ret = timegm(&parts);
	return strcmp(rest, "Z") == 0;
}

static size_t trimmed(const char *line, size_t length)
{
	while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	return length;
}

bool entry_read(struct entry *entry, char *line, size_t length)
{
	bool is_json = length && *line == '{';

	*entry = (struct entry){ 0 };
	length = trimmed(line, length);
	if (!(is_json ? read_json(entry, line, length) : logfmt_read(line, length, set_by_name, entry) == 0))
		return false;
	for (enum entry_key key = 0; key < ENTRY_KEYS; key++)
		set(entry, key, "", 0);
	return *entry->values[ENTRY_SUBSYS] && *entry->values[ENTRY_EVENT] &&
	       read_time(entry->values[ENTRY_TIME], &entry->time);
}

void entry_clear(struct entry *entry)
{
	for (enum entry_key key = 0; key < ENTRY_KEYS; key++)
		free(entry->values[key]);
}

__u64 entry_number(const struct entry *entry, enum entry_key key, __u64 missing)
{
	const char *text = entry->values[key];
	char *end;
	__u64 number;

	errno = 0;
	number = strtoull(text, &end, 10);
	return !isdigit((unsigned char)*text) || *end || errno ? missing : number;
}
